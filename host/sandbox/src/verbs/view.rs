//! How one watcher sees changes: which of them, as what kind of event, in which form.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::present;
use crate::api::Call;
use crate::error::ApiError;
use crate::http::accept::Form;
use crate::object;
use crate::selector::{Selector, Traits};
use crate::store::{Event, EventKind};

pub struct View {
    call: Call,
    selector: Selector,
    /// Stored bytes that begin so are sent as they are.
    plain: Option<String>,
    /// Equal for watchers that are sent equal bytes; `None` where too much depends on the watcher.
    shared: Option<Arc<str>>,
}

impl View {
    /// # Errors
    /// Selectors that cannot be read.
    pub fn of(call: Call) -> Result<Self, ApiError> {
        let mut fields = call.query.field_selector.clone();
        if !call.target.name.is_empty() {
            fields = format!("metadata.name={},{fields}", call.target.name);
        }
        let selector = Selector::parse(&call.resource, &call.query.label_selector, &fields)?;
        let shared = shared(&call, &fields);
        Ok(View { plain: present::plain_prefix(&call), call, selector, shared })
    }

    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What the bytes of a batch are shared by; the first rows of a table are the watcher's own, for they have columns.
    pub fn shared(&self, columns: bool) -> Option<&Arc<str>> {
        self.shared.as_ref().filter(|_| !columns || self.call.accept.form != Form::Table)
    }

    /// Whether an event is about a place that the watcher looks at.
    pub fn concerns(&self, event: &Event) -> bool {
        let namespace = self.call.target.namespace.as_str();
        (namespace.is_empty() || *event.name.namespace == *namespace)
            && self.selector.exact_name().is_none_or(|name| *event.name.name == *name)
    }

    pub fn selects(&self, body: &[u8]) -> bool {
        self.selector.matches_bytes(body)
    }

    /// The lines that an event is to this watcher, none or one. A table has its columns once.
    pub fn write(&self, out: &mut Vec<u8>, event: &Event, columns: &mut bool) {
        match (self.kind(event), &event.previous) {
            (None, _) => {}
            // What leaves the view is shown as it was last seen in it, at the version of the change.
            (Some(EventKind::Deleted), Some(previous)) if event.kind != EventKind::Deleted => {
                self.write_object(out, EventKind::Deleted, &at_version(&previous.body, event.version), columns);
            }
            (Some(kind), _) => self.write_object(out, kind, &event.body, columns),
        }
    }

    pub fn write_object(&self, out: &mut Vec<u8>, kind: EventKind, body: &Bytes, columns: &mut bool) {
        if self.plain.as_ref().is_some_and(|prefix| body.starts_with(prefix.as_bytes())) {
            return line(out, kind.word(), body);
        }
        match present::in_form(&self.call, body, *columns) {
            Ok(shown) => {
                *columns = false;
                line(out, kind.word(), &shown);
            }
            Err(error) => tracing::error!(%error, "an event cannot be shown"),
        }
    }

    /// An object may come into view or leave it by a change of what the selectors look at.
    fn kind(&self, event: &Event) -> Option<EventKind> {
        if self.selector.selects_all() {
            return Some(event.kind);
        }
        let sides = event.sides(|body| Traits::of(&self.call.resource, body));
        let matches = |side: &Option<Traits>, body: Option<&Bytes>| match (side, body) {
            (Some(traits), Some(body)) => self.selector.matches_traits(traits).unwrap_or_else(|| self.selects(body)),
            _ => false,
        };
        let before = matches(&sides.before, event.previous.as_ref().map(|stored| &stored.body));
        let after = matches(&sides.after, Some(&event.body));
        match (before, after) {
            (false, true) => Some(EventKind::Added),
            (true, true) => Some(EventKind::Modified),
            (true, false) => Some(EventKind::Deleted),
            (false, false) => None,
        }
    }

    /// What a bookmark shows in place of an object.
    pub fn bookmark(&self, metadata: Value, columns: bool) -> Value {
        let resource = &self.call.resource;
        match self.call.accept.form {
            Form::Table => crate::table::render(resource, metadata, Vec::new(), columns),
            Form::Metadata => {
                json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata })
            }
            Form::Object | Form::Aggregated(_) => {
                json!({ "kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata })
            }
        }
    }
}

/// The columns of a custom resource's table are those of the definition as it was when the watch began.
fn shared(call: &Call, fields: &str) -> Option<Arc<str>> {
    if call.accept.form == Form::Table && call.resource.is_custom() {
        return None;
    }
    let (form, include) = (call.accept.form, &call.query.include_object);
    let (version, labels) = (call.resource.api_version(), &call.query.label_selector);
    Some(format!("{version} {form:?} {include:?} {:?} {labels:?} {fields:?}", call.target.namespace).into())
}

fn at_version(body: &Bytes, version: u64) -> Bytes {
    let Ok(mut object) = object::parse(body) else { return body.clone() };
    object::set_resource_version(&mut object, version);
    object::render(&object)
}

/// One line of a watch.
pub fn line(out: &mut Vec<u8>, word: &str, object: &[u8]) {
    out.reserve(object.len() + 40);
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(word.as_bytes());
    out.extend_from_slice(b"\",\"object\":");
    out.extend_from_slice(object);
    out.extend_from_slice(b"}\n");
}
