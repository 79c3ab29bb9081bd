//! Whole-program scenarios against the real binary.

mod acceptance;
mod bad_input;
mod commands;
mod deletion;
mod idle;
mod kubectl;
mod notification;
mod once;
mod working_tree;
