//! `windlass completion SHELL`.

use clap::CommandFactory as _;

use crate::{args::Cli, exit::Exit, output::print};

pub fn run(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "windlass", &mut script);
    print(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
