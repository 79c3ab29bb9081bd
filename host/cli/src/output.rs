//! The only code that prints.
#![expect(clippy::print_stderr, reason = "this is where the program prints")]

use std::io::{IsTerminal as _, Write as _};

/// Writes data to standard output. A reader that has gone away is no error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Tells the user something that is not data.
pub fn tell(text: &str) {
    eprintln!("{text}");
}

/// Tells the user what went wrong.
pub fn complain(text: &str) {
    eprintln!("windlass: {text}");
}

/// Whether standard output is a terminal that a table can be redrawn on.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Text from elsewhere, without what could steer a terminal.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
