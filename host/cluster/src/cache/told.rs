//! An object as the API server tells of it: what the cache goes by is parsed, everything else is copied as it came.
//! Of a hundred thousand objects no tree is ever built for what nobody looks at.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use windlass_model::Object;

use super::sound::is_sound;
use crate::{Kind, trim::worth_keeping};

/// What tells an object, and one state of it from another. Read in passing.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Identity<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) namespace: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) uid: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) resource_version: Cow<'a, str>,
}

impl<'a> Identity<'a> {
    /// `None` where the text is no object.
    pub(crate) fn of(json: &'a [u8]) -> Option<Self> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Whole<'a> {
            #[serde(borrow)]
            metadata: Identity<'a>,
        }
        serde_json::from_slice::<Whole<'_>>(json).ok().map(|whole| whole.metadata)
    }
}

/// An object on its way into the cache.
pub(super) struct Told {
    /// Version, kind and metadata, without the field sets of managers.
    pub(super) head: Object,
    /// The whole object, as it is worth keeping.
    pub(super) body: Vec<u8>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Part<'a> {
    AsItCame(&'a RawValue),
    Text(&'a str),
    Metadata(BTreeMap<String, Part<'a>>),
    Managers(Vec<&'a RawValue>),
}

impl Told {
    /// Reads an object. Items of a list carry no version and kind of their own: they have those of the list.
    pub(super) fn read(json: &[u8], kind: Option<&Kind>, kept_managers: &[String]) -> Option<Self> {
        if !is_sound(json) {
            return None;
        }
        let api_version = kind.map(Kind::api_version);
        let mut fields = parts(json)?;
        if let (Some(kind), Some(api_version)) = (kind, &api_version) {
            fields.entry("apiVersion".into()).or_insert(Part::Text(api_version));
            fields.entry("kind".into()).or_insert(Part::Text(&kind.kind));
        }
        let mut metadata = match fields.remove("metadata") {
            Some(Part::AsItCame(raw)) => parts(raw.get().as_bytes())?,
            _ => BTreeMap::new(),
        };
        let managers = metadata.remove("managedFields");
        let head = head(&fields, &metadata)?;
        if let Some(Part::AsItCame(raw)) = managers {
            let entries = worth_keeping(serde_json::from_str(raw.get()).unwrap_or_default(), kept_managers);
            if !entries.is_empty() {
                metadata.insert("managedFields".into(), Part::Managers(entries));
            }
        }
        fields.insert("metadata".into(), Part::Metadata(metadata));
        let mut body = Vec::with_capacity(json.len());
        serde_json::to_writer(&mut body, &fields).ok()?;
        Some(Self { head, body })
    }
}

fn parts(json: &[u8]) -> Option<BTreeMap<String, Part<'_>>> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(json).ok()?;
    Some(fields.into_iter().map(|(name, raw)| (name, Part::AsItCame(raw))).collect())
}

fn head(fields: &BTreeMap<String, Part<'_>>, metadata: &BTreeMap<String, Part<'_>>) -> Option<Object> {
    let metadata: Option<Map<String, Value>> =
        metadata.iter().map(|(name, part)| Some((name.clone(), part.value()?))).collect();
    let known = ["apiVersion", "kind"].into_iter();
    let mut head: Map<String, Value> =
        known.filter_map(|name| Some((name.to_owned(), fields.get(name)?.value()?))).collect();
    head.insert("metadata".into(), Value::Object(metadata?));
    Object::new(Value::Object(head)).ok()
}

impl Part<'_> {
    fn value(&self) -> Option<Value> {
        match self {
            Self::AsItCame(raw) => serde_json::from_str(raw.get()).ok(),
            other => serde_json::to_value(other).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(object: &Value, kind: Option<&Kind>) -> Value {
        let told = Told::read(object.to_string().as_bytes(), kind, &["kept".to_owned()]).unwrap();
        serde_json::from_slice(&told.body).unwrap()
    }

    fn managed(managers: &[&str]) -> Value {
        let entries: Vec<Value> = managers.iter().map(|name| json!({"manager": name, "fieldsV1": {}})).collect();
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "managedFields": entries}})
    }

    #[test]
    fn what_is_kept_is_the_object_without_the_field_sets_that_nobody_asks_about() {
        assert_eq!(kept(&managed(&["helm", "windlass", "kept"]), None), managed(&["windlass", "kept"]));
        let foreign = managed(&["helm", "kubectl-client-side-apply"]);
        assert_eq!(kept(&foreign, None), foreign, "the list is written back whole");
        let mut bare = managed(&[]);
        bare["metadata"].as_object_mut().unwrap().remove("managedFields");
        assert_eq!(kept(&managed(&["helm"]), None), bare);
    }

    #[test]
    fn an_item_of_a_list_gets_the_version_and_kind_of_the_list() {
        let kind = Kind {
            group: "apps".into(),
            version: "v1".into(),
            kind: "Deployment".into(),
            plural: "deployments".into(),
            namespaced: true,
            watchable: true,
        };
        let item = json!({"metadata": {"name": "a"}, "spec": {"x": 1.0, "y": [null]}});
        let whole = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"x": 1.0, "y": [null]},
        });
        assert_eq!(kept(&item, Some(&kind)), whole);
        let told = Told::read(item.to_string().as_bytes(), Some(&kind), &[]).unwrap();
        assert_eq!((told.head.api_version(), told.head.kind(), told.head.name()), ("apps/v1", "Deployment", "a"));
    }

    #[test]
    fn an_identity_is_read_past_everything_else_and_what_is_no_object_has_none() {
        let json = br#"{"spec":{"metadata":{"name":"no"}},"metadata":{"name":"a\"b","uid":"u","labels":null}}"#;
        let identity = Identity::of(json).unwrap();
        assert_eq!((&*identity.name, &*identity.namespace, &*identity.uid), ("a\"b", "", "u"));
        assert!(Identity::of(b"7").is_none() && Told::read(b"[]", None, &[]).is_none());
    }
}
