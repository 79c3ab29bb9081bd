//! A Git repository in a temporary folder, written with the installed `git` and nobody's configuration.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A repository with a working tree; removed when dropped.
pub struct GitRepository {
    folder: tempfile::TempDir,
}

impl Default for GitRepository {
    fn default() -> Self {
        Self::new()
    }
}

impl GitRepository {
    /// An empty repository on branch `main`.
    pub fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        // Collecting garbage in the background would outlive the test.
        repository.git(&["config", "gc.auto", "0"]);
        repository
    }

    /// The working tree.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, path: &str, body: impl AsRef<[u8]>) -> &Self {
        let path = self.prepare(path);
        fs::write(path, body).expect("a writable file");
        self
    }

    /// Makes a symbolic link, whatever its target.
    pub fn link(&self, path: &str, target: &str) -> &Self {
        let path = self.prepare(path);
        std::os::unix::fs::symlink(target, path).expect("a new link");
        self
    }

    /// Commits everything that is not ignored; returns the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git here and returns what it printed, trimmed. Panics where git fails.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = isolated_git(self.path()).args(arguments).output().expect("git is installed");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn prepare(&self, path: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a writable folder");
        path
    }
}

/// A git command with a cleared environment, fixed author and dates, and no configuration but the repository's.
pub fn isolated_git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.env_clear().current_dir(folder);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.envs([
        ("HOME", "/nonexistent"),
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.com"),
        ("GIT_AUTHOR_DATE", "2024-05-06T07:08:09Z"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.com"),
        ("GIT_COMMITTER_DATE", "2024-05-06T07:08:09Z"),
    ]);
    command
}
