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

use crate::{
    args::{Cli, Command},
    exit::Exit,
};

/// Runs the command that was asked for.
pub async fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Up(args) => up::run(args).await,
        // Fetching blocks.
        Command::Render(args) => tokio::task::spawn_blocking(move || render::run(&args)).await?,
        Command::Diff(args) => diff::run(args).await,
        Command::App(command) => app::run(command).await,
        Command::Compare(args) => compare::run(args).await,
        Command::Controller(args) => controller::run(args).await,
        Command::Install(args) => install::run(args),
        Command::Check(args) => check::run(args).await,
        Command::Sandbox(args) => sandbox::run(args).await,
        Command::Plugin(command) => plugin::run(command),
        Command::Completion { shell } => completion::run(shell),
    }
}
