//! Builds the guests of tests and examples the way the built-in plugins are built.

#[path = "../../host/components/build/guests.rs"]
mod guests;

use std::process::ExitCode;

use guests::Guest;

const GUESTS: &[Guest] = &[
    Guest { name: "hostile", package: "windlass-tests-hostile", folder: "tests/guests/hostile" },
    Guest { name: "unruly", package: "windlass-tests-unruly", folder: "tests/guests/unruly" },
    Guest { name: "transformer", package: "windlass-example-transformer", folder: "examples/transformer" },
];

fn main() -> ExitCode {
    for folder in ["hostile", "unruly", "../../examples"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    match guests::build(GUESTS) {
        Ok(_) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}
