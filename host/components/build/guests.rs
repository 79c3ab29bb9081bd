//! Builds guest crates for wasm32-wasip2 inside the outer cargo call. Shared by the build scripts of this
//! crate and of `tests/guests`; std only, since what a build script depends on is built twice.
#![allow(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-wasip2";

/// A guest crate.
pub struct Guest {
    /// What it is asked for by.
    pub name: &'static str,
    pub package: &'static str,
    /// Its folder, seen from the root of the workspace.
    pub folder: &'static str,
}

/// Builds the guests in one cargo call and writes `OUT_DIR/<name>.wasm`, each with its section, for the
/// crate that lies two folders below the root of the workspace.
pub fn build(guests: &[Guest]) -> Result<Vec<PathBuf>, String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..");
    for path in ["plugins", "wit", "host/keys", "host/yaml", "host/merge", "Cargo.lock", "Cargo.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    // <target>/<profile>/build/<package>/out: a folder of their own, since the outer cargo holds the lock of its own.
    let target = out.ancestors().nth(4).ok_or("OUT_DIR is not where cargo puts it")?.join("guests");
    add_target()?;
    compile(&root, &target, guests)?;
    guests.iter().map(|guest| embed(&root, &target.join(TARGET).join("guest"), &out, guest)).collect()
}

fn add_target() -> Result<(), String> {
    let libdir = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("rustc does not run: {error}"))?;
    if Path::new(String::from_utf8_lossy(&libdir.stdout).trim()).exists() {
        return Ok(());
    }
    println!("cargo::warning=adding the {TARGET} target with rustup");
    match Command::new("rustup").args(["target", "add", TARGET]).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("install the {TARGET} target of your Rust toolchain, e.g. `rustup target add {TARGET}`")),
    }
}

/// Text is searched, compared and counted sixteen bytes at a time. And more is inlined than elsewhere: where fuel is
/// counted, a call stores what is left and loads it again. That takes a tenth off a render, and makes a component a
/// seventh larger.
const FLAGS: &str = "-Ctarget-feature=+simd128 -Cllvm-args=-inline-threshold=600";

fn compile(root: &Path, target: &Path, guests: &[Guest]) -> Result<(), String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.current_dir(root).args(["build", "--locked", "--profile", "guest", "--target", TARGET, "--lib"]);
    for guest in guests {
        cargo.args(["--package", guest.package]);
    }
    cargo.arg("--target-dir").arg(target);
    cargo.env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", FLAGS);
    for (key, _) in env::vars_os() {
        if key.to_str().is_some_and(is_outer) {
            cargo.env_remove(key);
        }
    }
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err("building the guests failed; see the errors above".to_owned()),
    }
}

/// What the outer cargo sets for its own build; clippy, for one, sets a wrapper.
fn is_outer(key: &str) -> bool {
    const NAMES: [&str; 7] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CARGO_TARGET_DIR",
        "CLIPPY_ARGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTFLAGS",
    ];
    const PREFIXES: [&str; 5] = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_FEATURE_", "CARGO_CFG_", "CARGO_PKG_"];
    NAMES.contains(&key) || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// Puts the guest's `plugin.json` into its component and the component into the folder `out`.
fn embed(root: &Path, built: &Path, out: &Path, guest: &Guest) -> Result<PathBuf, String> {
    let mut wasm = read(&built.join(format!("{}.wasm", guest.package.replace('-', "_"))))?;
    wasm.extend(section("windlass:plugin", &read(&root.join(guest.folder).join("plugin.json"))?));
    let path = out.join(format!("{}.wasm", guest.name));
    fs::write(&path, wasm).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// A custom section: at the end of a component it belongs to the component itself.
fn section(name: &str, data: &[u8]) -> Vec<u8> {
    let mut body = leb128(name.len());
    body.extend(name.bytes());
    body.extend(data);
    let mut section = vec![0];
    section.extend(leb128(body.len()));
    section.extend(body);
    section
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
