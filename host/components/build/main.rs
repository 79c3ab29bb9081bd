//! Builds the built-in plugins and embeds them packed, each with the section in which it describes itself.
#![expect(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]

mod guests;
mod pack;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use guests::Guest;

/// The built-in plugins. A new one is a line here.
const GUESTS: &[Guest] = &[
    Guest { name: "directory", package: "windlass-plugin-directory", folder: "plugins/directory" },
    Guest { name: "helm", package: "windlass-plugin-helm", folder: "plugins/helm/component" },
    Guest { name: "kustomize", package: "windlass-plugin-kustomize", folder: "plugins/kustomize/component" },
    Guest { name: "health", package: "windlass-plugin-health", folder: "plugins/health" },
    Guest { name: "jq", package: "windlass-plugin-jq", folder: "plugins/jq" },
    Guest { name: "webhook", package: "windlass-plugin-webhook", folder: "plugins/notify/webhook" },
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

/// Writes the Rust list that includes the components.
fn build() -> Result<(), String> {
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|error| format!("OUT_DIR: {error}"))?);
    let mut list = String::new();
    for (guest, path) in GUESTS.iter().zip(guests::build(GUESTS)?) {
        list += &entry(guest.name, &path, &out)?;
    }
    write(&out.join("components.rs"), format!("[\n{list}]\n").as_bytes())
}

/// Packs the component at `path` into the folder `out`, and says it in Rust.
fn entry(name: &str, path: &Path, out: &Path) -> Result<String, String> {
    let wasm = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let packed = pack::pack(&wasm).map_err(|error| format!("{}: {error}", path.display()))?;
    let (outline, deflated) = (out.join(format!("{name}.outline")), out.join(format!("{name}.deflated")));
    write(&outline, &packed.outline)?;
    write(&deflated, &packed.deflated)?;
    let (digest, size) = (packed.digest, wasm.len());
    Ok(format!(
        "Component {{ name: {name:?}, digest: {digest:?}, size: {size}, \
         outline: include_bytes!({outline:?}), deflated: include_bytes!({deflated:?}) }},\n"
    ))
}

fn write(path: &Path, body: &[u8]) -> Result<(), String> {
    fs::write(path, body).map_err(|error| format!("{}: {error}", path.display()))
}
