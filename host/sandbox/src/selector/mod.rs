//! Label and field selectors of lists and watches.

mod field;
mod label;
mod traits;

use crate::catalog::Resource;
use crate::error::ApiError;
use crate::object::{self, Object};
use field::FieldSelector;
use label::LabelSelector;

pub use label::{matches_label_selector, selector_text};
pub use traits::{Sides, Traits};

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
        self.labels.matches(traits::labels_of(object)) && self.fields.matches(|path| field::text(object, path))
    }

    /// As [`Self::matches`], for an object at rest.
    pub fn matches_bytes(&self, body: &[u8]) -> bool {
        self.selects_all() || object::parse(body).is_ok_and(|object| self.matches(&object))
    }

    /// As [`Self::matches`], by what was read before; `None` where it does not hold all that is asked for.
    pub fn matches_traits(&self, traits: &Traits) -> Option<bool> {
        let known = self.fields.paths().all(|path| traits.field(path).is_some());
        known.then(|| {
            self.labels.matches(|key| traits.label(key))
                && self.fields.matches(|path| traits.field(path).unwrap_or_default())
        })
    }
}
