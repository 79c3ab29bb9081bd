//! What can go wrong with a cluster.

use kube::core::Status;

/// A failed action on a cluster. The API server's text is kept, for it is what users can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the cluster does not serve {api_version} {kind}")]
    UnknownKind { api_version: String, kind: String },
    #[error("{message}")]
    Api { reason: Reason, code: u16, message: String, retry_after_s: Option<u32> },
    #[error("cannot reach the cluster: {message}")]
    Unreachable { message: String },
    #[error("the cluster answered {url} with something that is no Kubernetes object: {message}")]
    Malformed { url: String, message: String },
    #[error("nothing was written: {message}")]
    Fenced { message: String },
    #[error("{object} cannot be put together: {message}")]
    Invalid { object: String, message: String },
}

/// The reasons that the caller acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    NotFound,
    AlreadyExists,
    Conflict,
    Gone,
    Invalid,
    Forbidden,
    TooManyRequests,
    Unavailable,
    Other,
}

impl Error {
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Api { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    /// The same, with another text.
    pub(crate) fn with_text(mut self, change: impl FnOnce(String) -> String) -> Self {
        match &mut self {
            Self::UnknownKind { .. } => {}
            Self::Api { message, .. }
            | Self::Unreachable { message }
            | Self::Malformed { message, .. }
            | Self::Fenced { message }
            | Self::Invalid { message, .. } => *message = change(std::mem::take(message)),
        }
        self
    }

    pub fn is_not_found(&self) -> bool {
        self.reason() == Some(Reason::NotFound)
    }

    /// Whether the server knows no such kind of object, rather than no such object.
    pub fn is_no_such_path(&self) -> bool {
        match self {
            Self::Api { reason, message, .. } => {
                *reason == Reason::NotFound && message.starts_with("the server could not find the requested resource")
            }
            _ => false,
        }
    }

    /// Whether server-side apply refuses what client-side apply takes: a field that the schema does not have, a key
    /// that stands twice in a list. A value of a wrong type is refused either way.
    pub fn is_untyped(&self) -> bool {
        let Self::Api { message, .. } = self else { return false };
        message.contains("failed to create typed patch object")
            && ["field not declared in schema", "duplicate entries for key"].iter().any(|why| message.contains(why))
    }

    /// Whether trying again, with nothing changed, may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Fenced { .. } => true,
            Self::Api { reason, .. } => {
                matches!(reason, Reason::TooManyRequests | Reason::Unavailable | Reason::Gone | Reason::Conflict)
            }
            _ => false,
        }
    }

    pub(crate) fn from_status(status: &Status) -> Self {
        let reason = match (status.reason.as_str(), status.code) {
            ("NotFound", _) | (_, 404) => Reason::NotFound,
            ("AlreadyExists", _) => Reason::AlreadyExists,
            ("Conflict", _) | (_, 409) => Reason::Conflict,
            ("Expired" | "Gone", _) | (_, 410) => Reason::Gone,
            ("Invalid", _) | (_, 422) => Reason::Invalid,
            ("Forbidden", _) | (_, 403) => Reason::Forbidden,
            (_, 429) => Reason::TooManyRequests,
            (_, 500..=599) => Reason::Unavailable,
            _ => Reason::Other,
        };
        let retry_after_s = status.details.as_ref().map(|details| details.retry_after_seconds).filter(|s| *s > 0);
        Self::Api { reason, code: status.code, message: status.message.clone(), retry_after_s }
    }
}

impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::from_status(&status),
            other => Self::Unreachable { message: chain(&other) },
        }
    }
}

/// An error with its causes, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
