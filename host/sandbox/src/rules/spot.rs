//! A place inside an object: its path, what stands there, and the faults that can be found with it.

use serde_json::{Map, Value};

use crate::error::Cause;
use crate::object::Object;

static NULL: Value = Value::Null;
static EMPTY: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Map::new);

#[derive(Clone)]
pub(super) struct Spot<'a> {
    pub path: String,
    pub value: &'a Value,
}

impl<'a> Spot<'a> {
    pub fn new(path: impl Into<String>, value: &'a Value) -> Self {
        Spot { path: path.into(), value }
    }

    /// A field at the top of an object.
    pub fn of(object: &'a Object, key: &str) -> Self {
        Spot::new(key, object.get(key).unwrap_or(&NULL))
    }

    pub fn at(&self, key: &str) -> Self {
        let value = self.value.get(key).unwrap_or(&NULL);
        if self.path.is_empty() { Spot::new(key, value) } else { Spot::new(format!("{}.{key}", self.path), value) }
    }

    pub fn down(&self, keys: &[&str]) -> Self {
        keys.iter().fold(self.clone(), |spot, key| spot.at(key))
    }

    /// An entry of a map whose keys are data.
    pub fn entry(&self, key: &str) -> Self {
        Spot::new(format!("{}[{key}]", self.path), self.value.get(key).unwrap_or(&NULL))
    }

    pub fn entry_at(&self, index: usize) -> Self {
        Spot::new(format!("{}[{index}]", self.path), self.value.get(index).unwrap_or(&NULL))
    }

    pub fn items(&self) -> impl Iterator<Item = Spot<'a>> + use<'a> {
        let path = self.path.clone();
        let items = self.value.as_array().map_or(&[][..], Vec::as_slice);
        items.iter().enumerate().map(move |(index, item)| Spot::new(format!("{path}[{index}]"), item))
    }

    /// The same value under another path, where the real server's paths differ from the fields.
    pub fn named(&self, path: impl Into<String>) -> Self {
        Spot::new(path, self.value)
    }

    pub fn len(&self) -> usize {
        match self.value {
            Value::Array(items) => items.len(),
            Value::Object(entries) => entries.len(),
            _ => 0,
        }
    }

    pub fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    pub fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    pub fn has_text(&self) -> bool {
        !self.text().is_empty()
    }

    pub fn int(&self) -> Option<i64> {
        self.value.as_i64()
    }

    pub fn number(&self) -> i64 {
        self.int().unwrap_or(0)
    }

    pub fn is_true(&self) -> bool {
        self.value == &Value::Bool(true)
    }

    pub fn map(&self) -> &'a Object {
        self.value.as_object().unwrap_or(&EMPTY)
    }

    pub fn required(&self, detail: &str) -> Cause {
        Cause::required(self.path.as_str(), detail)
    }

    pub fn invalid(&self, detail: impl AsRef<str>) -> Cause {
        Cause::invalid(self.path.as_str(), self.value, detail)
    }

    /// A fault whose message shows something else than what stands here.
    pub fn invalid_as(&self, shown: impl Into<Value>, detail: impl AsRef<str>) -> Cause {
        Cause::invalid(self.path.as_str(), &shown.into(), detail)
    }

    pub fn forbidden(&self, detail: impl AsRef<str>) -> Cause {
        Cause::forbidden(self.path.as_str(), detail.as_ref())
    }

    pub fn unsupported(&self, allowed: &[&str]) -> Cause {
        Cause::unsupported(self.path.as_str(), self.value, allowed)
    }

    pub fn duplicate(&self) -> Cause {
        Cause::duplicate(self.path.as_str(), self.value)
    }

    pub fn not_found(&self) -> Cause {
        let message = format!("Not found: {}", self.value);
        Cause { reason: "FieldValueNotFound", message, field: self.path.clone() }
    }

    pub fn too_many(&self, most: usize) -> Option<Cause> {
        (self.len() > most).then(|| Cause {
            reason: "FieldValueTooMany",
            message: format!("Too many: {}: must have at most {most} items", self.len()),
            field: self.path.clone(),
        })
    }

    /// One fault for each reason why the text here is not what it must be.
    pub fn breaches(&self, form: impl Fn(&str) -> Vec<String>) -> Vec<Cause> {
        form(self.text()).into_iter().map(|detail| self.invalid_as(self.text(), detail)).collect()
    }

    /// The same, for a text that may be absent.
    pub fn breaches_if_set(&self, form: impl Fn(&str) -> Vec<String>) -> Vec<Cause> {
        if self.has_text() { self.breaches(form) } else { Vec::new() }
    }

    /// The same, for a text that must be there.
    pub fn breaches_or_required(&self, form: impl Fn(&str) -> Vec<String>) -> Vec<Cause> {
        if self.has_text() { self.breaches(form) } else { vec![self.required("")] }
    }

    pub fn required_text(&self) -> Option<Cause> {
        (!self.has_text()).then(|| self.required(""))
    }

    /// One of these words, where there is one.
    pub fn one_of_if_set(&self, allowed: &[&str]) -> Option<Cause> {
        (self.has_text() && !allowed.contains(&self.text())).then(|| self.unsupported(allowed))
    }

    /// One of these words, and there has to be one.
    pub fn one_of(&self, allowed: &[&str]) -> Option<Cause> {
        if self.has_text() { self.one_of_if_set(allowed) } else { Some(self.required("")) }
    }

    pub fn not_negative(&self) -> Option<Cause> {
        (self.number() < 0).then(|| self.invalid("must be greater than or equal to 0"))
    }

    pub fn between(&self, low: i64, high: i64) -> Option<Cause> {
        let outside = self.int().is_some_and(|number| !(low..=high).contains(&number));
        outside.then(|| self.invalid(between_detail(low, high)))
    }

    /// The value must be that of the former state.
    pub fn unchanged(&self, before: &Spot<'_>) -> Option<Cause> {
        (self.value != before.value).then(|| self.invalid(super::FIELD_IS_IMMUTABLE))
    }
}

pub(super) fn between_detail(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}
