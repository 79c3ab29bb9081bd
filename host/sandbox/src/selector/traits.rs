//! What selectors look at, taken out of an object once for all of them.

use serde_json::Value;

use super::field;
use crate::catalog::Resource;
use crate::object::{self, Object};

/// The labels of an object and the fields that its kind can be selected by.
#[derive(Debug, Default)]
pub struct Traits {
    labels: Box<[(Box<str>, Box<str>)]>,
    fields: Box<[(&'static str, Box<str>)]>,
}

/// An object before and after a change; nothing where it was not, or was not readable.
#[derive(Debug, Default)]
pub struct Sides {
    pub before: Option<Traits>,
    pub after: Option<Traits>,
}

impl Traits {
    pub fn of(resource: &Resource, body: &[u8]) -> Option<Self> {
        let object = object::parse(body).ok()?;
        let labels = object::child(object::metadata(&object), "labels").iter();
        let labels = labels.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into())));
        let fields = field::built_in(resource).map(|path| (path, field::text(&object, path).into()));
        Some(Traits { labels: labels.collect(), fields: fields.collect() })
    }

    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| **name == *key).map(|(_, value)| &**value)
    }

    /// The text of a field; none for those that only a definition names.
    pub(super) fn field(&self, path: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| *name == path).map(|(_, value)| &**value)
    }
}

/// The labels of a whole object, as selectors ask for them.
pub(super) fn labels_of<'a>(object: &'a Object) -> impl Fn(&str) -> Option<&'a str> {
    let labels = object::metadata(object).get("labels").and_then(Value::as_object);
    move |key| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str)
}
