//! What keeps an application from being reconciled, as its conditions tell it.

use windlass_model::{
    GroupKind,
    application::{Condition, ConditionType},
};

/// A problem with one application. Others go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    pub kind: ConditionType,
    pub message: String,
    pub remedy: Remedy,
}

/// What may make a problem go away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Another input.
    Change,
    /// Trying again.
    Time,
    /// Another revision: the one that was asked for is not there, or no longer.
    Revision,
    /// That the cluster is seen again. What is under way waits for it and does not fail.
    Sight,
}

impl Problem {
    pub fn invalid_spec(message: impl Into<String>) -> Self {
        Self { kind: ConditionType::InvalidSpecError, ..Self::comparison(message) }
    }

    pub fn comparison(message: impl Into<String>) -> Self {
        let kind = ConditionType::ComparisonError;
        Self { kind, message: message.into(), remedy: Remedy::Change }
    }

    /// Objects of this kind cannot be seen, so that nobody knows what lives.
    pub fn blindness(kind: &GroupKind, reason: &str) -> Self {
        let message = format!("the cluster's objects of kind {kind} cannot be seen: {reason}");
        Self::comparison(message).with(Remedy::Sight)
    }

    fn with(self, remedy: Remedy) -> Self {
        Self { remedy, ..self }
    }

    /// With what it is about in front.
    pub(crate) fn about(self, what: impl std::fmt::Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    pub fn condition(&self) -> Condition {
        Condition::new(self.kind, self.message.clone())
    }
}

fn time_if(helps: bool) -> Remedy {
    if helps { Remedy::Time } else { Remedy::Change }
}

impl From<windlass_source::Error> for Problem {
    fn from(error: windlass_source::Error) -> Self {
        let remedy = match error {
            windlass_source::Error::RevisionNotFound { .. } => Remedy::Revision,
            _ => time_if(error.is_transient()),
        };
        Self::comparison(error.to_string()).with(remedy)
    }
}

impl From<windlass_runtime::CallError> for Problem {
    fn from(error: windlass_runtime::CallError) -> Self {
        let helps = error.disposition() == windlass_runtime::Disposition::BackOff;
        Self::comparison(error.to_string()).with(time_if(helps))
    }
}

impl From<windlass_cluster::Error> for Problem {
    fn from(error: windlass_cluster::Error) -> Self {
        Self::comparison(error.to_string()).with(time_if(error.is_transient()))
    }
}
