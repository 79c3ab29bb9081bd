//! The last question before a write: whether this process may still act.

use std::{fmt, sync::Arc};

/// Answers whether writes may begin; with a reason where not.
#[derive(Clone)]
pub struct Fence(Arc<dyn Fn() -> Result<(), String> + Send + Sync>);

impl Fence {
    pub fn new(may_write: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(may_write))
    }

    /// Lets everything through.
    pub fn open() -> Self {
        Self::new(|| Ok(()))
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        (self.0)()
    }
}

impl fmt::Debug for Fence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fence")
    }
}
