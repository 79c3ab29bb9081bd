//! From bytes to documents: characters, tokens, events, then values.

mod binary;
mod build;
mod cursor;
mod event;
mod go_syntax;
pub(crate) mod json;
pub(crate) mod node;
pub(crate) mod resolve;
mod scan;
pub(crate) mod timestamp;
pub(crate) mod tree;
