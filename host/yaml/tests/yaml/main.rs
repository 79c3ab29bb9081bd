//! What the reader and the printer promise, each case checked against go-yaml when it was written.

mod errors;
mod limits;
mod printing;
mod properties;
mod reading;
