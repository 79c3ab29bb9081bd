//! How objects merge, through the public surface only.

mod apply;
mod schema;
