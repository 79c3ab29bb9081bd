//! Finds the `windlass` binary that was built beside the running test.
//!
//! A test of another package is not told where the binary is, as one of the binary's own package would be.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The binary, built now if nobody has built it yet.
pub fn windlass_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let folder = profile_folder();
        let binary = folder.join("windlass");
        if !binary.is_file() {
            build(&folder);
        }
        assert!(binary.is_file(), "no {} even after a build", binary.display());
        binary
    })
}

/// The binary as the sources are now.
pub fn fresh_windlass_binary() -> PathBuf {
    let folder = profile_folder();
    build(&folder);
    folder.join("windlass")
}

/// `target/<profile>`, where programs are; tests are in `deps` below it.
fn profile_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let folder = program.parent().expect("a program is in a folder");
    if folder.ends_with("deps") { folder.parent().expect("`deps` is below target/<profile>") } else { folder }
        .to_owned()
}

fn build(folder: &Path) {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--package", "windlass-cli", "--profile", profile, "--target-dir"])
        .arg(folder.parent().expect("a profile's folder is below the target folder"))
        .status()
        .expect("the cargo that built this test is still there");
    assert!(status.success(), "windlass does not build");
}
