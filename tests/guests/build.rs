//! Builds the hostile guest the way the built-in plugins are built.

#[path = "../../host/components/build/guests.rs"]
mod guests;

use std::process::ExitCode;

use guests::Guest;

const HOSTILE: Guest = Guest { name: "hostile", package: "windlass-tests-hostile", folder: "tests/guests/hostile" };

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=hostile");
    match guests::build(&[HOSTILE]) {
        Ok(_) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}
