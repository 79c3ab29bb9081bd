//! Fields that an apply would take from others, and the words that the API server has for them.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use super::entry::{ManagerId, Operation};
use crate::fields::{FieldSet, Path};

/// One field and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub manager: ManagerId,
    pub path: Path,
}

/// All conflicts of one apply, by manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflicts(pub Vec<Conflict>);

impl Conflicts {
    pub(super) fn new(by_manager: &BTreeMap<ManagerId, FieldSet>) -> Self {
        let mut managers: Vec<(&ManagerId, &FieldSet)> = by_manager.iter().collect();
        managers.sort_by_cached_key(|(id, _)| id.sort_key());
        let conflicts = managers
            .into_iter()
            .flat_map(|(id, fields)| fields.paths().into_iter().map(|path| Conflict { manager: id.clone(), path }));
        Conflicts(conflicts.collect())
    }
}

impl Conflict {
    /// The message of this conflict's cause in the API server's status.
    pub fn cause(&self) -> String {
        format!("conflict with {}", Printed(&self.manager))
    }
}

/// A manager as messages name it.
struct Printed<'a>(&'a ManagerId);

impl Display for Printed<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ManagerId { manager, operation, api_version, subresource } = self.0;
        write!(out, "{manager:?}")?;
        if !subresource.is_empty() {
            write!(out, " with subresource {subresource:?}")?;
        }
        match (operation, api_version) {
            (Operation::Update, Some(version)) => write!(out, " using {version}"),
            _ => Ok(()),
        }
    }
}

impl Display for Conflicts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return write!(out, "Apply failed with 1 conflict: {}: {}", only.cause(), only.path);
        }
        write!(out, "Apply failed with {} conflicts: ", self.0.len())?;
        let mut last = None;
        for Conflict { manager, path } in &self.0 {
            if last != Some(manager) {
                let separator = if last.is_some() { "\n" } else { "" };
                write!(out, "{separator}conflicts with {}:", Printed(manager))?;
                last = Some(manager);
            }
            write!(out, "\n- {path}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Conflicts {}
