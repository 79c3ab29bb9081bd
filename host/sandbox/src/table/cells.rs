//! An object as cells look at it, and the phrases that several kinds share.

use serde_json::Value;

use super::age;
use crate::object::{self, Object};
use crate::selector::selector_text;

pub(super) const NONE: &str = "<none>";
pub(super) const UNSET: &str = "<unset>";

pub(super) struct View<'a>(pub(super) &'a Object);

impl<'a> View<'a> {
    /// The value at a dotted path.
    pub(super) fn at(&self, path: &str) -> &'a Value {
        static NULL: Value = Value::Null;
        let mut parts = path.split('.');
        let first = parts.next().and_then(|part| self.0.get(part));
        parts.try_fold(first, |value, part| value.map(|value| value.get(part))).flatten().unwrap_or(&NULL)
    }

    pub(super) fn text(&self, path: &str) -> &'a str {
        self.at(path).as_str().unwrap_or_default()
    }

    pub(super) fn number(&self, path: &str) -> i64 {
        self.at(path).as_i64().unwrap_or(0)
    }

    pub(super) fn list(&self, path: &str) -> &'a [Value] {
        self.at(path).as_array().map_or(&[], Vec::as_slice)
    }

    pub(super) fn map(&self, path: &str) -> Option<&'a Object> {
        self.at(path).as_object()
    }

    pub(super) fn name(&self) -> Value {
        object::name(self.0).into()
    }

    pub(super) fn age(&self) -> Value {
        age::since(self.text("metadata.creationTimestamp")).into()
    }

    /// How long ago the time at a path was.
    pub(super) fn ago(&self, path: &str) -> Value {
        match self.at(path) {
            Value::String(time) => age::since(time).into(),
            _ => "<unknown>".into(),
        }
    }

    pub(super) fn or_none(&self, path: &str) -> Value {
        let text = self.text(path);
        if text.is_empty() { NONE.into() } else { text.into() }
    }

    /// A label selector in its text form.
    pub(super) fn selector(&self, path: &str) -> Value {
        let text = self.map(path).map(selector_text).unwrap_or_default();
        if text.is_empty() { NONE.into() } else { text.into() }
    }

    /// A plain map as `key=value,…`.
    pub(super) fn pairs(&self, path: &str) -> Value {
        let pairs: Vec<String> = self
            .map(path)
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        if pairs.is_empty() { NONE.into() } else { pairs.join(",").into() }
    }

    fn containers(&self, pod: &str, field: &str) -> Value {
        let list = self.list(&format!("{pod}.containers")).iter();
        let words: Vec<&str> = list.filter_map(|container| container[field].as_str()).collect();
        words.join(",").into()
    }

    pub(super) fn template_names(&self) -> Value {
        self.containers("spec.template.spec", "name")
    }

    pub(super) fn template_images(&self) -> Value {
        self.containers("spec.template.spec", "image")
    }

    pub(super) fn job_template_names(&self) -> Value {
        self.containers("spec.jobTemplate.spec.template.spec", "name")
    }

    pub(super) fn job_template_images(&self) -> Value {
        self.containers("spec.jobTemplate.spec.template.spec", "image")
    }

    pub(super) fn spec_selector(&self) -> Value {
        self.selector("spec.selector")
    }

    /// `ready/wanted`.
    pub(super) fn ratio(&self, ready: &str, wanted: &str) -> Value {
        format!("{}/{}", self.number(ready), self.number(wanted)).into()
    }
}

/// Joined by commas, `<none>` where there is nothing.
pub(super) fn joined(words: impl Iterator<Item = String>) -> Value {
    let words: Vec<String> = words.collect();
    if words.is_empty() { NONE.into() } else { words.join(",").into() }
}
