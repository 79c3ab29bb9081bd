//! What can go wrong while playing: a request fails.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
#[error("cannot {action}")]
pub struct Error {
    pub(crate) action: &'static str,
    pub(crate) source: Box<kube::Error>,
}

impl Error {
    pub(crate) fn to(action: &'static str) -> impl FnOnce(kube::Error) -> Error {
        move |source| Error { action, source: Box::new(source) }
    }

    /// A conflict is settled by the next look; anything else needs time.
    pub(crate) fn retry_after(&self) -> Duration {
        match &*self.source {
            kube::Error::Api(status) if status.code == 409 => Duration::from_millis(20),
            _ => Duration::from_secs(1),
        }
    }
}

/// What is gone already needs no more doing.
pub(crate) fn unless_gone<T>(outcome: Result<T, kube::Error>) -> Result<Option<T>, kube::Error> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(error),
    }
}
