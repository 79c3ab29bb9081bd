//! Reading fields of an object that may lack any of them. A field of another type reads as a missing one.

use serde_json::Value;

/// A live object.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a>(pub(crate) &'a Value);

/// One entry of `status.conditions`; a field that is missing is empty.
#[derive(Clone, Copy)]
pub(crate) struct Condition<'a> {
    pub(crate) kind: &'a str,
    pub(crate) status: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
}

impl<'a> Object<'a> {
    /// The value at a JSON pointer, null where nothing is.
    pub(crate) fn at(self, pointer: &str) -> &'a Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(self, pointer: &str) -> &'a str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// Zero where nothing is, as a typed object would have it.
    pub(crate) fn count(self, pointer: &str) -> i64 {
        self.at(pointer).as_i64().unwrap_or_default()
    }

    pub(crate) fn flag(self, pointer: &str) -> bool {
        self.at(pointer).as_bool().unwrap_or_default()
    }

    pub(crate) fn list(self, pointer: &str) -> &'a [Value] {
        self.at(pointer).as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// An annotation; its name may hold slashes, which a pointer could not name plainly.
    pub(crate) fn annotation(self, name: &str) -> Option<&'a str> {
        self.at("/metadata/annotations").get(name)?.as_str()
    }

    pub(crate) fn name(self) -> &'a str {
        self.text("/metadata/name")
    }

    pub(crate) fn conditions(self) -> impl Iterator<Item = Condition<'a>> {
        self.list("/status/conditions").iter().map(|condition| Condition::read(Object(condition)))
    }
}

impl<'a> Condition<'a> {
    fn read(condition: Object<'a>) -> Self {
        Self {
            kind: condition.text("/type"),
            status: condition.text("/status"),
            reason: condition.text("/reason"),
            message: condition.text("/message"),
        }
    }

    pub(crate) fn is(&self, kind: &str, status: &str) -> bool {
        self.kind == kind && self.status == status
    }
}
