//! The servers' binaries: built once from the Go module in `servers/` and kept outside the tree, by version.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The versions stand in the Go module and nowhere else.
const MODULE: &str = include_str!("../servers/go.mod");
const KUBERNETES: &str = "k8s.io/kubernetes";
const ETCD: &str = "go.etcd.io/etcd/server/v3";
/// The last element of each path is the name of its binary.
const PACKAGES: [&str; 5] = [
    "./etcd",
    "./informers",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    "k8s.io/kubernetes/cmd/kubectl",
];

/// A folder with `etcd`, `kube-apiserver`, `kube-controller-manager`, `kubectl`, and the client of `servers/informers`.
#[derive(Clone, Debug)]
pub struct Binaries(PathBuf);

impl Binaries {
    /// Finds them in the cache. `None` where nobody has built them yet.
    pub fn find() -> Option<Self> {
        let folder = home().join("bin");
        folder.is_dir().then_some(Self(folder))
    }

    /// Finds them in the cache, or builds them, which takes minutes. `None` where that needs a Go that is missing.
    pub fn find_or_build() -> io::Result<Option<Self>> {
        let home = home();
        let binaries = Self(home.join("bin"));
        if binaries.are_whole() {
            return Ok(Some(binaries));
        }
        if !has_go() {
            return Ok(None);
        }
        fs::create_dir_all(&binaries.0)?;
        let lock = File::create(home.join("lock"))?;
        // Another process may be at it; it is done once the lock is free.
        lock.lock()?;
        if !binaries.are_whole() {
            build(&home.join("bin.part"))?;
            names().try_for_each(|name| fs::rename(home.join("bin.part").join(name), binaries.path(name)))?;
        }
        Ok(Some(binaries))
    }

    /// Whether none is missing: a folder of an earlier time may lack what has been added since.
    fn are_whole(&self) -> bool {
        names().all(|name| self.path(name).is_file())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    PACKAGES.iter().map(|package| package.rsplit('/').next().unwrap_or(package))
}

/// Where this version's binaries are kept.
fn home() -> PathBuf {
    cache_folder().join(format!("{}-etcd-{}", version(KUBERNETES), version(ETCD)))
}

fn cache_folder() -> PathBuf {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    named.or_else(home).unwrap_or_else(std::env::temp_dir).join("windlass/realcluster")
}

fn has_go() -> bool {
    Command::new("go").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|go| go.success())
}

/// The version of a required module, without its `v`.
fn version(module: &str) -> &'static str {
    let required = MODULE.lines().find_map(|line| {
        let requirement = line.trim().trim_start_matches("require ");
        requirement.strip_prefix(module)?.strip_prefix(" v")?.split(' ').next()
    });
    required.unwrap_or_else(|| panic!("servers/go.mod does not require {module}"))
}

#[expect(clippy::print_stderr, reason = "whoever waits for minutes is told for what")]
fn build(folder: &Path) -> io::Result<()> {
    eprintln!("building Kubernetes {} with Go, once: this takes minutes", version(KUBERNETES));
    fs::create_dir_all(folder)?;
    let status = Command::new("go")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("servers"))
        .args(["build", "-trimpath", "-ldflags", &flags(version(KUBERNETES)), "-o"])
        .arg(folder)
        .args(PACKAGES)
        .status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("go build failed; see above")) }
}

/// Without them the server reports a version that kubectl cannot parse.
fn flags(version: &str) -> String {
    let mut parts = version.split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let set = |name: &str, value: &str| format!("-X k8s.io/component-base/version.{name}={value}");
    let version = set("gitVersion", &format!("v{version}"));
    format!("-s -w {version} {} {}", set("gitMajor", major), set("gitMinor", minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_of_the_go_module() {
        for module in [KUBERNETES, ETCD] {
            assert!(version(module).split('.').all(|part| part.parse::<u32>().is_ok()), "{}", version(module));
        }
        assert!(flags("1.37.2").ends_with("version.gitMinor=37"));
    }
}
