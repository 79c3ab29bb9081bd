//! A connection to one cluster: what kinds it has, what lives in it, and the only code that writes managed
//! objects.
//!
//! Reads come from a watch cache of compact bytes; a request is made only to change something or to ask
//! for a dry run. Knows nothing of Git, generators or applications beyond the mark on an object.

mod access;
mod cache;
mod connect;
mod discovery;
mod error;
mod fence;
mod follow;
mod part;
mod redact;
mod request;
mod send;
mod trim;
mod watch;
mod write;

pub use access::{Access, introduced};
pub use cache::{Cached, Change, Scope};
pub use connect::{Cluster, Excluded, Options};
pub use discovery::{Kind, Kinds};
pub use error::{Error, Reason};
pub use fence::Fence;
pub use part::Part;
pub use request::Answer;
pub use send::WRITE_TIMEOUT;
pub use write::{Applied, ApplyMode, Deletion, Note};
