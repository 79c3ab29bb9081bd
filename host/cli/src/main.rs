//! The `windlass` binary: arguments become settings, and settings become one command each.
//!
//! Data goes to standard output, everything else to standard error; the exit status says how it ended.

mod args;
mod assemble;
mod commands;
mod exit;
mod heap;
mod kubeconfig;
mod logging;
mod manifests;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{args::Cli, output::complain};

fn main() -> ExitCode {
    heap::settle();
    let cli = Cli::parse();
    logging::start(&cli.log);
    // Two TLS providers in one process would panic at the first use; this is the only one.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider is installed already");
    }
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            complain(&format!("{error:#}"));
            exit::of(&error).into()
        }
    }
}
