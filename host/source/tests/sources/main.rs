//! Repositories and folders through the public surface, against real Git.

mod local_repository;
mod mapped_folder;
mod remote_repository;
