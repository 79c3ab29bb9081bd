//! A live object at rest: its JSON, and where in it stands what is asked for most.

use std::sync::Arc;

use memchr::memmem;
use serde_json::Value;
use windlass_model::Object;

/// A live object at rest. There are as many as the cluster has objects: each word here counts.
#[derive(Clone, Debug)]
pub struct Cached {
    body: Box<[u8]>,
    application: Option<Arc<str>>,
    /// UIDs of the objects that own this one.
    owners: Box<[Box<str>]>,
    uid: Span,
    resource_version: Span,
}

/// A place in the body. Where a text stands more than once, any of them will do.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    length: u32,
}

impl Cached {
    pub(super) fn new(object: &Object, application: Option<Arc<str>>) -> Self {
        let body = object.to_bytes().into_boxed_slice();
        let (uid, resource_version) = (Span::of(object.uid(), &body), Span::of(object.resource_version(), &body));
        Self { application, owners: owners(object), uid, resource_version, body }
    }

    pub(super) fn marked_by(&self, application: Option<Arc<str>>) -> Self {
        Self { application, ..self.clone() }
    }

    pub fn uid(&self) -> &str {
        self.uid.text(&self.body)
    }

    pub fn resource_version(&self) -> &str {
        self.resource_version.text(&self.body)
    }

    /// The application that the object's mark names.
    pub fn application(&self) -> Option<&Arc<str>> {
        self.application.as_ref()
    }

    pub(super) fn owners(&self) -> &[Box<str>] {
        &self.owners
    }

    pub fn is_owned(&self) -> bool {
        !self.owners.is_empty()
    }

    /// Parses the object. The bytes were written by this cache, so this does not fail.
    pub fn object(&self) -> Object {
        Object::from_slice(&self.body).unwrap_or_else(|_| unreachable!("the cache holds what it serialised"))
    }

    /// The object as JSON.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// Whether `other` is the same state, or an older one.
    pub(super) fn is_as_new_as(&self, other: &Object) -> bool {
        let version = other.resource_version();
        self.resource_version() == version || self.is_newer_than(version)
    }

    /// Whether this was written after `version`. Versions grow over all objects of a kind, so that even an object
    /// that was deleted and made again is told from what it was before.
    pub(crate) fn is_newer_than(&self, version: &str) -> bool {
        let number = |text: &str| text.parse::<u64>().ok();
        number(self.resource_version()) > number(version)
    }
}

impl Span {
    fn of(text: &str, body: &[u8]) -> Self {
        let found = memmem::find(body, text.as_bytes()).and_then(|start| u32::try_from(start).ok());
        let length = u32::try_from(text.len()).ok();
        found.zip(length).map(|(start, length)| Self { start, length }).unwrap_or_default()
    }

    fn text(self, body: &[u8]) -> &str {
        let bytes = body.get(self.start as usize..).and_then(|rest| rest.get(..self.length as usize));
        std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }
}

fn owners(object: &Object) -> Box<[Box<str>]> {
    let references = object.at(&["metadata", "ownerReferences"]).and_then(Value::as_array);
    references.into_iter().flatten().filter_map(|owner| owner.get("uid")?.as_str().map(Box::from)).collect()
}
