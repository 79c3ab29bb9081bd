//! Reads kind files: what a kind is made of, from which the requests that every kind gets are made.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use super::script::until;
use super::{Step, Until, verbs};
use crate::play::merge;

/// The data of one kind.
pub(super) struct Kind {
    /// Path of the group and version: `/apis/apps/v1`.
    pub(super) base: String,
    pub(super) plural: String,
    pub(super) kind: String,
    pub(super) namespaced: bool,
    /// The name of the objects made; kinds whose names follow from their content give it.
    pub(super) name: String,
    /// Without name, kind and version.
    pub(super) minimal: Value,
    pub(super) full: Value,
    /// A merge patch that the kind allows.
    pub(super) change: Value,
    /// Merge patches upon `minimal` that make it invalid.
    pub(super) invalid: Cases,
    /// Merge patches that an existing object refuses, or ignores.
    pub(super) immutable: Cases,
    /// Merge patches that an existing object takes.
    pub(super) allowed: Cases,
    /// A merge patch of the status; null where the kind has no such subresource.
    pub(super) status: Value,
    pub(super) scale: bool,
    /// Field selectors beyond the names.
    pub(super) selectors: Vec<String>,
    /// Places in the content that say what the name begins with.
    follows: Vec<String>,
    /// What the server has done in the background when a new object may be looked at.
    pub(super) settled: Option<Until>,
}

pub(super) type Cases = Vec<(String, Value)>;

pub(super) fn read(document: &Value) -> anyhow::Result<Vec<Step>> {
    let entries = document.as_object().context("a kind is a map")?;
    let kind = Kind::read(entries)?;
    Ok(verbs::steps(&kind))
}

impl Kind {
    fn read(entries: &Map<String, Value>) -> anyhow::Result<Self> {
        let known = [
            "path",
            "kind",
            "cluster",
            "name",
            "minimal",
            "full",
            "change",
            "invalid",
            "immutable",
            "allowed",
            "status",
            "scale",
            "selectors",
            "follows",
            "settled",
        ];
        if let Some(key) = entries.keys().find(|key| !known.contains(&key.as_str())) {
            bail!("the key {key:?} means nothing here");
        }
        let text = |key: &str| entries.get(key).and_then(Value::as_str);
        let flag = |key: &str| entries.get(key).and_then(Value::as_bool).unwrap_or(false);
        let value = |key: &str| entries.get(key).cloned().unwrap_or_default();
        let (base, plural) = text("path").and_then(|path| path.rsplit_once('/')).context("path is missing")?;
        let texts = |key: &str| {
            let list = entries.get(key).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Ok(Kind {
            base: base.into(),
            plural: plural.into(),
            kind: text("kind").context("kind is missing")?.into(),
            namespaced: !flag("cluster"),
            name: text("name").unwrap_or("one").into(),
            minimal: value("minimal"),
            full: value("full"),
            change: value("change"),
            invalid: cases(entries.get("invalid")),
            immutable: cases(entries.get("immutable")),
            allowed: cases(entries.get("allowed")),
            status: value("status"),
            scale: flag("scale"),
            selectors: texts("selectors"),
            follows: texts("follows"),
            settled: entries.get("settled").map(until).transpose()?,
        })
    }

    pub(super) fn api_version(&self) -> &str {
        let base = self.base.trim_start_matches('/');
        base.strip_prefix("apis/").or_else(|| base.strip_prefix("api/")).unwrap_or(base)
    }

    pub(super) fn collection(&self) -> String {
        let within = if self.namespaced { "/namespaces/${ns}" } else { "" };
        format!("{}{within}/{}", self.base, self.plural)
    }

    pub(super) fn object(&self, name: &str) -> String {
        format!("{}/{name}", self.collection())
    }

    /// The name of a further object. Some kinds have names that end in what their content says.
    pub(super) fn other(&self, prefix: &str) -> String {
        if self.name == "one" { prefix.to_owned() } else { format!("{prefix}{}", self.name) }
    }

    /// `content` as a whole object.
    pub(super) fn named(&self, content: &Value, name: &str) -> Value {
        let mut object = json!({ "apiVersion": self.api_version(), "kind": self.kind, "metadata": {} });
        merge(&mut object, content);
        if object["metadata"]["name"].is_null() {
            object["metadata"]["name"] = name.into();
        }
        object["metadata"]["labels"]["replay"] = self.plural.as_str().into();
        self.follow(&mut object);
        object
    }

    fn follow(&self, object: &mut Value) {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let first = Value::from(name.split('.').next().unwrap_or_default());
        for pointer in &self.follows {
            if let Some(place) = object.pointer_mut(pointer) {
                *place = first.clone();
            }
        }
    }

    /// `minimal` with a patch.
    pub(super) fn with(&self, name: &str, patch: &Value) -> Value {
        let mut object = self.named(&self.minimal, name);
        merge(&mut object, patch);
        object
    }
}

fn cases(value: Option<&Value>) -> Cases {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.map(|(name, patch)| (name.clone(), patch.clone())).collect()
}
