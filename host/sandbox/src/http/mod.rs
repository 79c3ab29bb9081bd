//! The HTTP side of requests and answers, without a meaning yet.

pub mod accept;
pub mod body;
pub mod duration;
pub mod query;
pub mod route;
