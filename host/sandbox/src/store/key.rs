//! What things in the store are called: shelves, and the objects on them.

use std::sync::Arc;

/// Names a shelf: the plural resource name and its group, `deployments.apps`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShelfId(pub(super) Arc<str>);

impl ShelfId {
    pub fn new(group: &str, plural: &str) -> Self {
        ShelfId(if group.is_empty() { plural.into() } else { format!("{plural}.{group}").into() })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where an object lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub shelf: ShelfId,
    pub name: Name,
}

/// Namespace (empty for cluster-scoped kinds) and name; ordered as lists are. Cheap to clone: a list of a shelf has
/// one for each object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl Name {
    pub fn new(namespace: &str, name: &str) -> Self {
        Name { namespace: namespace.into(), name: name.into() }
    }
}
