//! `windlass app`: one file for each verb. What is shown is made from data by pure functions; the rest reads and
//! writes Applications through the Kubernetes API.

mod delete;
mod diff;
mod explain;
mod filter;
mod findings;
mod get;
mod hand_over;
mod history;
mod list;
mod logs_of_sync;
mod operation;
mod rollback;
mod selection;
mod set;
mod spec;
mod store;
pub mod survey;
mod sync;
mod terminate;
mod tree;
pub mod view;
mod wait;

use crate::{args::app::AppCommand, exit::Exit};

pub async fn run(command: AppCommand) -> anyhow::Result<Exit> {
    match command {
        AppCommand::List(args) => list::run(args).await,
        AppCommand::Get(args) => get::run(args).await,
        AppCommand::Diff(args) => diff::run(args).await,
        AppCommand::Sync(args) => sync::run(args).await,
        AppCommand::Wait(args) => wait::run(args).await,
        AppCommand::History(args) => history::run(args).await,
        AppCommand::Rollback(args) => rollback::run(args).await,
        AppCommand::Terminate(args) => terminate::run(args).await,
        AppCommand::Delete(args) => delete::run(args).await,
        AppCommand::HandOver(args) => hand_over::run(args).await,
        AppCommand::Set(args) => set::run(args).await,
        AppCommand::Tree(args) => tree::run(args).await,
        AppCommand::LogsOfSync(args) => logs_of_sync::run(args).await,
        AppCommand::Explain(args) => explain::run(args).await,
    }
}
