//! A user's surroundings that are nobody's: home, cache, runtime and temporary folders of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::windlass_binary;

/// Empty folders for one test; removed when dropped.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["home", "cache", "run", "tmp"] {
            fs::create_dir(folder.path().join(name)).expect("a writable folder");
        }
        Self { folder }
    }

    /// A path in these surroundings.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, body: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a writable folder");
        fs::write(&path, body).expect("a writable file");
        path
    }

    /// The cache folder that programs of [`Home::command`] use.
    pub fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// `windlass` with these surroundings and nothing of the developer's.
    pub fn windlass(&self) -> Command {
        self.command(windlass_binary())
    }

    /// A program with these surroundings; of the developer's environment only `PATH` is left.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.surround(&mut command);
        command
    }

    /// Gives a command these surroundings.
    pub fn surround(&self, command: &mut Command) {
        command.env_clear().current_dir(self.folder.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.cache())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("TMPDIR", self.path("tmp"))
            .env("LC_ALL", "C");
    }
}
