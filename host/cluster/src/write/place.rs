//! Where a request about one desired object goes.

use windlass_model::{Object, names};

use crate::Kind;

/// The kind, the object, and whether it is only tried out.
pub(super) struct Place<'a> {
    pub(super) kind: &'a Kind,
    pub(super) object: &'a Object,
    pub(super) dry_run: bool,
}

impl Place<'_> {
    pub(super) fn uri(&self, query: &str) -> String {
        self.with_query(&self.kind.path(self.object.namespace(), self.object.name()), query)
    }

    pub(super) fn collection_uri(&self) -> String {
        let query = format!("fieldManager={}", names::FIELD_MANAGER);
        self.with_query(&self.kind.path(self.object.namespace(), ""), &query)
    }

    fn with_query(&self, path: &str, query: &str) -> String {
        let dry_run = if self.dry_run { "dryRun=All" } else { "" };
        let parts: Vec<&str> = [query, dry_run].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
    }
}
