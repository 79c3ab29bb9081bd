//! A live object at rest: its JSON, and where in it stands what is asked for most.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use memchr::memmem;
use serde_json::Value;
use windlass_model::Object;

use super::told::Told;

/// A live object at rest. There are as many as the cluster has objects: each word here counts.
#[derive(Debug)]
pub struct Cached {
    /// The body, and the name behind it.
    bytes: Box<[u8]>,
    application: Option<Arc<str>>,
    /// UIDs of the objects that own this one.
    owners: Box<[Box<str>]>,
    uid: Span,
    resource_version: Span,
    /// Where the body ends and the name begins.
    end: u32,
    /// The list that has told of it last.
    list: AtomicU32,
}

/// A place in the body. Where a text stands more than once, any of them will do.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    length: u32,
}

impl Cached {
    /// `None` for one that is larger than an API server would ever take.
    pub(super) fn new(told: &Told, application: Option<Arc<str>>) -> Option<Self> {
        let Told { head, body } = told;
        Some(Self {
            application,
            owners: owners(head),
            uid: Span::of(head.uid(), body),
            resource_version: Span::of(head.resource_version(), body),
            end: u32::try_from(body.len()).ok()?,
            list: AtomicU32::new(0),
            // In one piece of just this size: what a buffer had too much would lie idle between two objects.
            bytes: [body.as_slice(), head.name().as_bytes()].concat().into_boxed_slice(),
        })
    }

    pub(super) fn marked_by(&self, application: Option<Arc<str>>) -> Self {
        let Self { bytes, owners, uid, resource_version, end, list, .. } = self;
        let (bytes, owners, list) = (bytes.clone(), owners.clone(), AtomicU32::new(list.load(Ordering::Relaxed)));
        Self { bytes, application, owners, uid: *uid, resource_version: *resource_version, end: *end, list }
    }

    pub(super) fn name(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.end as usize..]).unwrap_or_default()
    }

    pub fn uid(&self) -> &str {
        self.uid.text(self.body())
    }

    pub fn resource_version(&self) -> &str {
        self.resource_version.text(self.body())
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

    /// Whether a text stands anywhere in the object's JSON.
    pub fn mentions(&self, text: &str) -> bool {
        memmem::find(self.body(), text.as_bytes()).is_some()
    }

    /// Parses the object. The bytes were written by this cache, so this does not fail.
    pub fn object(&self) -> Object {
        Object::from_slice(self.body()).unwrap_or_else(|_| unreachable!("the cache holds what it serialised"))
    }

    /// The object as JSON.
    pub fn body(&self) -> &[u8] {
        &self.bytes[..self.end as usize]
    }

    pub fn size(&self) -> usize {
        self.end as usize
    }

    /// Notes that a list has told of this state, or of an older one.
    pub(super) fn tell_in(&self, list: u32) {
        self.list.store(list, Ordering::Relaxed);
    }

    pub(super) fn was_told_in(&self, list: u32) -> bool {
        self.list.load(Ordering::Relaxed) == list
    }

    /// Whether `version` is the same state, or an older one.
    pub(super) fn is_as_new_as(&self, version: &str) -> bool {
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
