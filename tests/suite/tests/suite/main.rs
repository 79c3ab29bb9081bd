//! Whole-program scenarios against the real binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what is skipped is said")]

mod acceptance;
mod applications;
mod bad_input;
mod chaos;
mod clusters;
mod commands;
mod controller;
mod deletion;
mod fetching;
mod functions;
mod generation;
mod hostile_sources;
mod idle;
mod installation;
mod kills;
mod kubectl;
mod leader;
mod lent_sources;
mod moving;
mod never_pruned;
mod notification;
mod once;
mod out_of_sight;
mod projects;
mod restore;
mod running;
mod settings;
mod system;
mod working_tree;
