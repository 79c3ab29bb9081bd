//! Label and field selectors of lists and watches.

mod field;
mod label;

use serde_json::Value;

use crate::catalog::Resource;
use crate::error::ApiError;
use crate::object::{self, Object};
use field::FieldSelector;
use label::LabelSelector;

pub use label::{matches_label_selector, selector_text};

/// Both selectors of a request; the default selects everything.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    labels: LabelSelector,
    fields: FieldSelector,
}

impl Selector {
    /// # Errors
    /// A selector that cannot be parsed, or a field that this kind cannot be selected by.
    pub fn parse(resource: &Resource, labels: &str, fields: &str) -> Result<Self, ApiError> {
        Ok(Selector { labels: LabelSelector::parse(labels)?, fields: FieldSelector::parse(resource, fields)? })
    }

    pub fn selects_all(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The one name that can match, when there is one.
    pub fn exact_name(&self) -> Option<&str> {
        self.fields.exact_name()
    }

    pub fn matches(&self, object: &Object) -> bool {
        let labels = object::metadata(object).get("labels").and_then(Value::as_object);
        self.labels.matches(|key| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str))
            && self.fields.matches(object)
    }

    /// As [`Self::matches`], for an object at rest.
    pub fn matches_bytes(&self, body: &[u8]) -> bool {
        self.selects_all() || object::parse(body).is_ok_and(|object| self.matches(&object))
    }
}
