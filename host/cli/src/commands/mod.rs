//! One file for each command.

mod app;
mod check;
mod compare;
mod completion;
mod connect;
mod controller;
mod diff;
mod install;
mod owners;
mod plugin;
mod render;
mod render_options;
mod sandbox;
mod table;
mod up;

use anyhow::Context as _;

use crate::{
    args::{Cli, Command},
    exit::Exit,
};

/// Runs the command that was asked for. One that talks to nobody has no use for threads, and starts none.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Up(args) => wait_for(up::run(args)),
        Command::Render(args) => render::run(&args),
        Command::Diff(args) => wait_for(diff::run(args)),
        Command::App(command) => wait_for(app::run(command)),
        Command::Compare(args) => wait_for(compare::run(args)),
        Command::Controller(args) => wait_for(controller::run(args)),
        Command::Install(args) => install::run(args),
        Command::Check(args) => wait_for(check::run(args)),
        Command::Sandbox(args) => wait_for(sandbox::run(args)),
        Command::Plugin(command) => plugin::run(command),
        Command::Completion { shell } => completion::run(shell),
    }
}

fn wait_for(command: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let ended = runtime.block_on(command);
    runtime.shutdown_background();
    ended
}
