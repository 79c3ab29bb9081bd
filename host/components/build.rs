//! Builds the built-in guests for wasm32-wasip2 inside the outer cargo call, and embeds them with the
//! section in which each describes itself. std only: what this crate depends on is built twice.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const TARGET: &str = "wasm32-wasip2";

/// A built-in plugin: the name it is asked for by, its package, its folder.
const GUESTS: [(&str, &str, &str); 3] = [
    ("directory", "windlass-plugin-directory", "plugins/directory"),
    ("health", "windlass-plugin-health", "plugins/health"),
    ("webhook", "windlass-plugin-webhook", "plugins/notify/webhook"),
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..");
    for path in ["plugins", "wit", "host/yaml", "host/merge", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    // <target>/<profile>/build/<package>/out: a folder of their own, since the outer cargo holds the lock of its own.
    let guests = out.ancestors().nth(4).ok_or("OUT_DIR is not where cargo puts it")?.join("guests");
    add_target()?;
    compile(&root, &guests)?;
    embed(&root, &guests.join(TARGET).join("guest"), &out)
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

fn compile(root: &Path, guests: &Path) -> Result<(), String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.current_dir(root).args(["build", "--locked", "--profile", "guest", "--target", TARGET, "--lib"]);
    for (_, package, _) in GUESTS {
        cargo.args(["--package", package]);
    }
    cargo.arg("--target-dir").arg(guests);
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

/// Writes each guest with its section, and the Rust list that includes them.
fn embed(root: &Path, built: &Path, out: &Path) -> Result<(), String> {
    let mut list = String::new();
    for (name, package, folder) in GUESTS {
        let mut wasm = read(&built.join(format!("{}.wasm", package.replace('-', "_"))))?;
        wasm.extend(section("windlass:plugin", &read(&root.join(folder).join("plugin.json"))?));
        let path = out.join(format!("{name}.wasm"));
        fs::write(&path, wasm).map_err(|error| format!("{}: {error}", path.display()))?;
        list += &format!("Component {{ name: {name:?}, wasm: include_bytes!({path:?}) }},\n");
    }
    let path = out.join("components.rs");
    fs::write(&path, format!("[\n{list}]\n")).map_err(|error| format!("{}: {error}", path.display()))
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
