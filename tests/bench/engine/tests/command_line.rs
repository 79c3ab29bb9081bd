//! The command line of the bench; what it measures is run by hand.

use std::process::Command;

#[test]
fn what_it_does_not_know_is_named_with_what_there_is() {
    let output = Command::new(env!("CARGO_BIN_EXE_windlass-tests-bench-engine")).args(["--scale", "huge"]).output();
    let output = output.expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("--scale huge") && said.contains("small|full"), "{said}");
}
