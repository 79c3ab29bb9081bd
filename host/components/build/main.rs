//! Builds the built-in plugins and embeds them, each with the section in which it describes itself.
#![expect(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]

mod guests;

use std::{env, fs, path::Path, process::ExitCode};

use guests::Guest;

/// The built-in plugins. A new one is a line here, and a function in `lib.rs`.
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
    let mut list = String::new();
    for (guest, path) in GUESTS.iter().zip(guests::build(GUESTS)?) {
        list += &format!("Component {{ name: {:?}, wasm: include_bytes!({path:?}) }},\n", guest.name);
    }
    let out = env::var("OUT_DIR").map_err(|error| format!("OUT_DIR: {error}"))?;
    let path = Path::new(&out).join("components.rs");
    fs::write(&path, format!("[\n{list}]\n")).map_err(|error| format!("{}: {error}", path.display()))
}
