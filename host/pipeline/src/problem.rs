//! What keeps an application from being reconciled, as its conditions tell it.

use windlass_model::application::{Condition, ConditionType};

/// A problem with one application. Others go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    pub kind: ConditionType,
    pub message: String,
    /// Whether trying again with nothing changed may help.
    pub transient: bool,
}

impl Problem {
    pub fn invalid_spec(message: impl Into<String>) -> Self {
        Self { kind: ConditionType::InvalidSpecError, message: message.into(), transient: false }
    }

    pub fn comparison(message: impl Into<String>) -> Self {
        Self { kind: ConditionType::ComparisonError, message: message.into(), transient: false }
    }

    /// With what it is about in front.
    pub(crate) fn about(self, what: impl std::fmt::Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    pub fn condition(&self) -> Condition {
        Condition::new(self.kind, self.message.clone())
    }
}

impl From<windlass_source::Error> for Problem {
    fn from(error: windlass_source::Error) -> Self {
        Self { transient: error.is_transient(), ..Self::comparison(error.to_string()) }
    }
}

impl From<windlass_runtime::CallError> for Problem {
    fn from(error: windlass_runtime::CallError) -> Self {
        let transient = error.disposition() == windlass_runtime::Disposition::BackOff;
        Self { transient, ..Self::comparison(error.to_string()) }
    }
}

impl From<windlass_cluster::Error> for Problem {
    fn from(error: windlass_cluster::Error) -> Self {
        Self { transient: error.is_transient(), ..Self::comparison(error.to_string()) }
    }
}
