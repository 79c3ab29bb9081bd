//! One processor for the servers and another for the client, by `taskset`: what a process starts is where it is.

use std::process::{Command, Stdio};

#[derive(Clone, Copy)]
pub enum Side {
    Servers,
    Client,
    Anywhere,
}

/// Whether servers and client can be kept apart here.
pub fn is_possible() -> bool {
    pin(Side::Client)
}

/// Moves this process, all its threads and whatever it starts from now on; returns whether that worked.
pub fn pin(side: Side) -> bool {
    let processors = match side {
        Side::Servers => "0",
        Side::Client => "1",
        Side::Anywhere => "0-1",
    };
    let pid = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["-a", "-c", "-p", processors, &pid]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
