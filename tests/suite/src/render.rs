//! `windlass render`, as a person runs it.

use windlass_tests_support::Home;

/// What it prints, or says when it fails.
pub fn render(home: &Home, arguments: &[&str]) -> Result<String, String> {
    let output = home.windlass().arg("render").args(arguments).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("windlass prints text");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
