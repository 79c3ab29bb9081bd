//! `kustomize build` over the real file system, to be scored against a corpus of kustomizations.
//!
//! Usage: `kustomize-build DIRECTORY [--load-restrictor LoadRestrictionsNone]`. The tree is the whole file system, so
//! that bases are found wherever they are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use windlass_kustomize::{File, FileError, Files, LoadRestriction, Options, build};

struct Disk;

impl Disk {
    fn resolve(path: &str) -> Result<PathBuf, FileError> {
        std::fs::canonicalize(Path::new("/").join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => FileError::Missing,
            std::io::ErrorKind::NotADirectory => FileError::NotADirectory,
            _ => FileError::Unreadable(error.to_string()),
        })
    }

    fn shown(path: &Path) -> String {
        path.to_string_lossy().trim_start_matches('/').to_owned()
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<File, FileError> {
        let resolved = Self::resolve(path)?;
        if resolved.is_dir() {
            return Err(FileError::NotAFile);
        }
        let content = std::fs::read(&resolved).map_err(|error| FileError::Unreadable(error.to_string()))?;
        Ok(File { path: Self::shown(&resolved), content })
    }

    fn directory(&self, path: &str) -> Result<String, FileError> {
        let resolved = Self::resolve(path)?;
        if resolved.is_dir() { Ok(Self::shown(&resolved)) } else { Err(FileError::NotADirectory) }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_free = arguments.iter().any(|argument| argument == "LoadRestrictionsNone");
    let Some(directory) = arguments.first().and_then(|path| std::path::absolute(path).ok()) else {
        return fail("usage: kustomize-build DIRECTORY [--load-restrictor LoadRestrictionsNone]");
    };
    let load_restriction = if is_free { LoadRestriction::None } else { LoadRestriction::RootOnly };
    let options = Options { load_restriction, ..Options::default() };
    match build(&Disk, &Disk::shown(&directory), &options) {
        Err(error) => fail(&format!("Error: {error}")),
        Ok(built) => match std::io::stdout().write_all(built.to_yaml().as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
    }
}

#[expect(clippy::print_stderr, reason = "a program says on standard error why it failed")]
fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}
