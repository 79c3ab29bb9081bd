//! Finds other people's programs. A transcript whose program is missing is left out, visibly.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use windlass_tests_realcluster::Binaries;

use crate::transcript::Transcript;

/// Of each program the start of what it says of its version: another version prints other words.
const RECORDED: &[(&str, &[&str], &str)] = &[
    ("kubectl", &["version", "--client"], "Client Version: v1.37."),
    ("helm", &["version", "--short"], "v4.3"),
    ("informers", &["--version"], "client-go v0.37"),
];

/// The programs that are here, by name.
#[derive(Clone, Debug, Default)]
pub struct Tools(BTreeMap<&'static str, PathBuf>);

impl Tools {
    /// Those that were built with the real cluster, or are in the `PATH`, in the version that recorded.
    pub fn find() -> Self {
        let built = Binaries::find();
        let find = |name: &str, arguments: &[&str], version: &str| {
            let candidates = built.iter().map(|binaries| binaries.path(name)).chain(in_path(name));
            candidates.into_iter().find(|path| says(path, arguments, version))
        };
        let found =
            RECORDED.iter().filter_map(|(name, arguments, version)| Some((*name, find(name, arguments, version)?)));
        Tools(found.collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.0.iter().map(|(name, path)| (*name, path.as_path()))
    }

    /// The program that a transcript needs and that is not here.
    pub fn missing<'a>(&self, transcript: &'a Transcript) -> Option<&'a str> {
        transcript.needs().find(|name| !self.0.contains_key(name))
    }
}

fn says(program: &Path, arguments: &[&str], version: &str) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with(version))
}

fn in_path(program: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).filter(|path| path.is_file()).collect()
}
