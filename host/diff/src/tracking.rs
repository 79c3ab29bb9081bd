//! Which application an object belongs to.
//!
//! The annotation value is `<application>:<group>/<kind>:<namespace>/<name>`. An id that does not describe
//! the object it stands on was copied there by somebody else and proves nothing.

use std::fmt;

use windlass_model::{Object, ObjectKey, names};

/// `application.resourceTrackingMethod` of `argocd-cm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrackingMethod {
    #[default]
    Annotation,
    Label,
    AnnotationAndLabel,
}

impl TrackingMethod {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "annotation" | "" => Self::Annotation,
            "label" => Self::Label,
            "annotation+label" => Self::AnnotationAndLabel,
            _ => return None,
        })
    }
}

/// A parsed tracking id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingId {
    pub application: String,
    pub group: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

impl TrackingId {
    pub fn new(application: &str, key: &ObjectKey) -> Self {
        Self {
            application: application.into(),
            group: key.kind.group.to_string(),
            kind: key.kind.kind.to_string(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
        }
    }

    /// Three parts at the first two colons; names of RBAC objects may hold more of them.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let (application, kind, object) = (parts.next()?, parts.next()?, parts.next()?);
        let (group, kind) = split_once_only(kind)?;
        let (namespace, name) = split_once_only(object)?;
        Some(Self {
            application: application.into(),
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        })
    }

    /// Whether the id was written for `key`. A cluster-scoped object has no namespace of its own to compare.
    pub fn describes(&self, key: &ObjectKey) -> bool {
        *self.group == *key.kind.group
            && *self.kind == *key.kind.kind
            && *self.name == *key.name
            && (key.namespace.is_empty() || *self.namespace == *key.namespace)
    }
}

fn split_once_only(text: &str) -> Option<(&str, &str)> {
    let (left, right) = text.split_once('/')?;
    (!right.contains('/')).then_some((left, right))
}

impl fmt::Display for TrackingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}:{}/{}", self.application, self.group, self.kind, self.namespace, self.name)
    }
}

/// How this installation marks and recognises objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracker {
    pub method: TrackingMethod,
    pub label_key: String,
    /// Tells several installations on one cluster apart; empty where there is one.
    pub installation_id: String,
}

impl Default for Tracker {
    fn default() -> Self {
        Self {
            method: TrackingMethod::default(),
            label_key: names::INSTANCE_LABEL.into(),
            installation_id: String::new(),
        }
    }
}

/// Longest value that a label can hold.
const LABEL_VALUE_MAX: usize = 63;

impl Tracker {
    /// Writes the mark of `application` on an object that is about to be applied. CRDs never carry one.
    pub fn mark(&self, object: &mut Object, application: &str, key: &ObjectKey) {
        if key.kind.is("apiextensions.k8s.io", "CustomResourceDefinition") {
            return;
        }
        if self.method != TrackingMethod::Label {
            object.set_annotation(names::TRACKING_ID, &TrackingId::new(application, key).to_string());
            if !self.installation_id.is_empty() {
                object.set_annotation(names::INSTALLATION_ID, &self.installation_id);
            }
        }
        match self.method {
            TrackingMethod::Annotation => {}
            TrackingMethod::Label => object.set_label(&self.label_key, application),
            TrackingMethod::AnnotationAndLabel => object.set_label(&self.label_key, shortened(application)),
        }
    }

    /// The application named by the mark on `object`, whether or not the mark describes it.
    pub fn application_of<'a>(&self, object: &'a Object) -> Option<&'a str> {
        match self.method {
            TrackingMethod::Label => object.label(&self.label_key),
            _ => {
                let id = object.annotation(names::TRACKING_ID)?;
                let same_installation = object.annotation(names::INSTALLATION_ID).unwrap_or_default()
                    == self.installation_id
                    || self.installation_id.is_empty();
                (same_installation && TrackingId::parse(id).is_some()).then(|| id.split(':').next())?
            }
        }
    }

    /// Whether the mark on `live` proves that it may be deleted as ours. An id that describes its bearer was written for
    /// it; a label is written by others too, by `helm install` for one, and needs our hand in managedFields besides.
    pub fn is_proof(&self, live: &Object, key: &ObjectKey) -> bool {
        match self.method {
            TrackingMethod::Label => was_applied_by_us(live),
            TrackingMethod::Annotation | TrackingMethod::AnnotationAndLabel => self.refers_to(live, key),
        }
    }

    /// Whether the mark on `live` refers to `expected`: the desired object's key where there is one,
    /// else its own. A copied mark does not.
    pub fn refers_to(&self, live: &Object, expected: &ObjectKey) -> bool {
        self.method == TrackingMethod::Label
            || live.annotation(names::TRACKING_ID).and_then(TrackingId::parse).is_none_or(|id| id.describes(expected))
    }
}

/// Whether managedFields say that this controller, or Argo CD's before it, has applied the object.
fn was_applied_by_us(live: &Object) -> bool {
    let entries = live.at(&["metadata", "managedFields"]).and_then(serde_json::Value::as_array);
    let manager = |entry: &serde_json::Value| entry.get("manager")?.as_str().map(str::to_owned);
    let ours = [names::FIELD_MANAGER, names::ARGOCD_MANAGER];
    entries.into_iter().flatten().filter_map(manager).any(|name| ours.contains(&name.as_str()))
}

fn shortened(application: &str) -> &str {
    let mut end = application.len().min(LABEL_VALUE_MAX);
    while !application.is_char_boundary(end) {
        end -= 1;
    }
    application[..end].trim_end_matches(['-', '_', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_model::GroupKind;

    #[test]
    fn ids_split_at_the_first_two_colons() {
        let id = TrackingId::parse("shop:rbac.authorization.k8s.io/Role:web/system:reader").unwrap();
        assert_eq!((id.application.as_str(), id.name.as_str()), ("shop", "system:reader"));
        assert_eq!(TrackingId::parse("shop:/ConfigMap:web/a").unwrap().group, "");
        for bad in ["", "shop", "shop:a:b/c", "shop:a/b/c:d/e", "shop:a/b:c"] {
            assert_eq!(TrackingId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_label_alone_is_no_proof_and_an_id_that_describes_its_bearer_is() {
        let key = ObjectKey::new(GroupKind::new("", "ConfigMap"), "web", "extra");
        let plain = json!({"metadata": {"name": "extra", "namespace": "web"}});
        let applied = json!({"metadata": {
            "name": "extra", "namespace": "web", "managedFields": [{"manager": names::ARGOCD_MANAGER}],
        }});
        for (method, live, proof) in [
            (TrackingMethod::Annotation, &plain, true),
            (TrackingMethod::AnnotationAndLabel, &plain, true),
            (TrackingMethod::Label, &plain, false),
            (TrackingMethod::Label, &applied, true),
        ] {
            let tracker = Tracker { method, ..Tracker::default() };
            let mut object = Object::new(live.clone()).unwrap();
            tracker.mark(&mut object, "shop", &key);
            assert_eq!(tracker.is_proof(&object, &key), proof, "{method:?}");
        }
    }

    #[test]
    fn a_copied_mark_does_not_refer_to_its_bearer() {
        let key = ObjectKey::new(GroupKind::new("", "ConfigMap"), "web", "original");
        let mut object = Object::new(json!({"metadata": {"name": "copy", "namespace": "web"}})).unwrap();
        let tracker = Tracker::default();
        tracker.mark(&mut object, "shop", &key);
        assert_eq!(tracker.application_of(&object), Some("shop"));
        assert!(tracker.refers_to(&object, &key));
        assert!(!tracker.refers_to(&object, &ObjectKey::new(GroupKind::new("", "ConfigMap"), "web", "copy")));
    }
}
