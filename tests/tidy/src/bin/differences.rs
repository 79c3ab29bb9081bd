//! Prints the page about differences from Argo CD.
#![expect(clippy::print_stdout, reason = "a program whose output is a page")]

fn main() -> Result<(), String> {
    print!("{}", windlass_tests_tidy::differences::page(include_str!("../../../../host/docs/differences.toml"))?);
    Ok(())
}
