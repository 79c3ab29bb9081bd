//! Writes the kubeconfig of the embedded API to a file of its own, readable by its owner only.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use windlass_source::MapRule;

/// The first line of every file that we write; a file without it is not ours to replace.
const MARK: &str = "# written by windlass";

/// Before `URL=PATH` in lines that say which local folder stands for which repository.
const MAP: &str = "# map ";

/// Writes `text` to `file`, or to a new private folder. A file that is not ours is never touched. `maps` are kept in
/// it for commands that generate manifests themselves.
pub fn write(file: Option<&Path>, text: &str, maps: &[MapRule]) -> anyhow::Result<PathBuf> {
    let path = match file {
        Some(file) => file.to_owned(),
        None => private_folder()?.join("kubeconfig"),
    };
    match fs::read_to_string(&path) {
        Ok(present) if !present.starts_with(MARK) => {
            bail!("{} exists and was not written by windlass: give another file", path.display());
        }
        Ok(_) => fs::remove_file(&path).with_context(|| format!("cannot replace {}", path.display()))?,
        Err(_) => {}
    }
    let mut opened = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let maps: String = maps.iter().map(|map| format!("{MAP}{}={}\n", map.url.as_str(), map.folder.display())).collect();
    opened
        .write_all(format!("{MARK}\n{maps}{text}").as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The local folders that the writer of a kubeconfig serves in place of repositories; none where it is not ours.
pub fn maps(file: Option<&Path>) -> Vec<MapRule> {
    let named = std::env::var_os("KUBECONFIG").map(PathBuf::from);
    let Some(path) = file.map(Path::to_owned).or(named) else { return Vec::new() };
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines();
    if lines.next() != Some(MARK) {
        return Vec::new();
    }
    lines.map_while(|line| line.strip_prefix(MAP)).filter_map(|map| MapRule::parse(map).ok()).collect()
}

/// A folder of this process, not guessable by others and open to nobody else.
fn private_folder() -> anyhow::Result<PathBuf> {
    let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = base.join(format!("windlass-{}", std::process::id()));
    match fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("cannot make {}", folder.display()))
        }
        _ => Ok(folder),
    }
}
