//! Live objects for generators that may see some: what the application's project would let it have, from the cache.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use windlass_cluster::Cluster;
use windlass_engine::ProjectRules;
use windlass_model::{GroupKind, Lookup, ObjectKey, application::Destination};
use windlass_runtime::{Refused, Services};

/// The live objects that one application's generators may see.
pub(crate) struct LiveObjects {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) project: Arc<ProjectRules>,
    pub(crate) destination: Destination,
    pub(crate) control_namespace: String,
}

impl Services for LiveObjects {
    fn lookup(&self, query: &Lookup) -> Result<Vec<Vec<u8>>, Refused> {
        let kinds = self.cluster.kinds();
        let kind = kinds.find(&query.api_version, &query.kind).ok_or(Refused::NotFound)?.clone();
        let kept = kinds.preferred(&kind.group_kind()).map(|kind| kind.api_version());
        if let Some(kept) = kept.filter(|kept| *kept != query.api_version) {
            let Lookup { api_version, kind, .. } = query;
            return Err(Refused::Unavailable(format!(
                "{kind} is kept as {kept} and not as {api_version}: ask for that"
            )));
        }
        let labels = labels(&query.selector)?;
        // What cannot be seen is not missing.
        if let Some(reason) = self.cluster.blindness(&kind.group_kind()) {
            return Err(Refused::Unavailable(format!("{} cannot be seen now: {reason}", query.kind)));
        }
        let (kind, namespaced) = (kind.group_kind(), kind.namespaced);
        let Some(name) = &query.name else { return Ok(self.list(query, &kind, namespaced, &labels)) };
        let key = ObjectKey::new(kind, query.namespace.as_deref().unwrap_or_default(), name);
        if let Some(reason) = self.refusal(&key, namespaced) {
            return Err(Refused::Denied(reason));
        }
        self.body(&key, &labels).map(|body| vec![body]).ok_or(Refused::NotFound)
    }

    fn secret(&self, _: &str) -> Result<Vec<u8>, Refused> {
        Err(Refused::NotFound)
    }
}

impl LiveObjects {
    /// What is refused is left out, as if it were not there.
    fn list(
        &self,
        query: &Lookup,
        kind: &GroupKind,
        namespaced: bool,
        labels: &BTreeMap<String, String>,
    ) -> Vec<Vec<u8>> {
        let mut keys = self.cluster.keys_of(kind);
        keys.retain(|key| query.namespace.as_ref().is_none_or(|namespace| *namespace == *key.namespace));
        keys.retain(|key| self.refusal(key, namespaced).is_none());
        keys.sort();
        keys.iter().filter_map(|key| self.body(key, labels)).collect()
    }

    fn refusal(&self, key: &ObjectKey, namespaced: bool) -> Option<String> {
        if key.kind.is("", "Secret") && *key.namespace == *self.control_namespace {
            return Some(format!("Secrets in namespace {} are not shown to plugins", self.control_namespace));
        }
        self.project.refuses(key, namespaced, &self.destination)
    }

    fn body(&self, key: &ObjectKey, labels: &BTreeMap<String, String>) -> Option<Vec<u8>> {
        let object = self.cluster.get(key)?.object();
        if !labels.iter().all(|(name, value)| object.label(name) == Some(value)) {
            return None;
        }
        let mut value = object.to_value();
        if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        serde_json::to_vec(&value).ok()
    }
}

/// `name=value` pairs; other selectors are not served.
fn labels(selector: &str) -> Result<BTreeMap<String, String>, Refused> {
    let pairs = selector.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if !name.is_empty() && !name.contains('!') => {
            Ok((name.trim().to_owned(), value.trim_start_matches('=').trim().to_owned()))
        }
        _ => Err(Refused::Unavailable(format!("the selector `{pair}` is not served: write name=value"))),
    };
    pairs.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_a_list_of_equal_labels_and_others_are_refused_by_name() {
        let pairs = labels("app=web, tier == front").unwrap();
        assert_eq!(
            pairs.into_iter().collect::<Vec<_>>(),
            [("app".into(), "web".into()), ("tier".into(), "front".into())]
        );
        assert_eq!(labels("").unwrap().len(), 0);
        for selector in ["app!=web", "app", "app in (a)"] {
            let Err(Refused::Unavailable(reason)) = labels(selector) else { panic!("{selector}") };
            assert!(reason.contains(selector), "{reason}");
        }
    }
}
