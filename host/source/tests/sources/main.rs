//! Repositories and folders through the public surface, against real Git.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests by the lint")]

mod charts;
mod local_repository;
mod mapped_folder;
mod remote_repository;
