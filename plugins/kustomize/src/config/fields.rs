//! Reading the fields of a mapping into settings, in the way of Go's JSON decoder.

use std::borrow::Cow;
use std::collections::BTreeMap;

use windlass_yaml::{Dialect, Document, Limits, Node, NodeKind, Value};

use crate::error::{Error, Result};

/// How strict the reader is: kustomize reads its own files and the settings of plugins differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Fields that nobody asks for are errors.
    pub(crate) refuses_unknown: bool,
    /// Numbers and booleans are taken where text is wanted.
    pub(crate) converts: bool,
}

impl Reading {
    pub(crate) const KUSTOMIZATION: Self = Self { refuses_unknown: true, converts: false };
    pub(crate) const CONFIGURATION: Self = Self { refuses_unknown: true, converts: true };
    pub(crate) const PLUGIN: Self = Self { refuses_unknown: false, converts: true };
}

/// The first document of a text, which is all that kustomize reads of such files.
pub(crate) fn parse(content: &[u8]) -> Result<Option<Document>> {
    let documents = windlass_yaml::parse(content, Dialect::V2, &Limits::default())
        .map_err(|error| Error::invalid(format!("malformed YAML: {}", error.kind())).at_line(error.line()))?;
    Ok(documents.into_iter().next().filter(|document| !document.root.is_null()))
}

/// The fields of one mapping. Names match regardless of case, the exact spelling first; null is absence.
pub(crate) struct Fields<'a> {
    entries: Vec<(Cow<'a, str>, &'a Node, bool)>,
    path: String,
    line: u32,
    reading: Reading,
}

impl<'a> Fields<'a> {
    /// Fails if the node is no mapping. `path` names it in errors; it is empty for a whole file.
    pub(crate) fn new(node: &'a Node, path: &str, reading: Reading) -> Result<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            return Err(wrong(node, "a mapping", path));
        };
        let mut own = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let NodeKind::Scalar(key) = &key.kind else {
                return Err(wrong(key_node(entries, value), "text as key", path));
            };
            own.push((key_text(key), value, false));
        }
        Ok(Self { entries: own, path: path.to_owned(), line: node.line, reading })
    }

    pub(crate) fn line(&self) -> u32 {
        self.line
    }

    pub(crate) fn path(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// An error about one of the fields.
    pub(crate) fn fault(&self, field: &str, message: impl Into<String>) -> Error {
        let line = self.entries.iter().find(|(name, ..)| name == field).map_or(self.line, |(_, node, _)| node.line);
        Error::invalid(message).in_field(&self.path(field)).at_line(line)
    }

    /// The value of a field, which counts as known from now on.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a Node> {
        let at = self.entries.iter().position(|(key, ..)| key == name);
        let at = at.or_else(|| self.entries.iter().position(|(key, ..)| key.eq_ignore_ascii_case(name)))?;
        let (_, node, taken) = &mut self.entries[at];
        *taken = true;
        (!node.is_null()).then_some(*node)
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String> {
        Ok(self.optional_text(name)?.unwrap_or_default())
    }

    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>> {
        let path = self.path(name);
        self.take(name).map(|node| text(node, &path, self.reading)).transpose()
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool> {
        let path = self.path(name);
        match self.take(name) {
            None => Ok(false),
            Some(node) => match &node.kind {
                NodeKind::Scalar(windlass_yaml::Scalar { value: Value::Bool(flag), .. }) => Ok(*flag),
                _ => Err(wrong(node, "true or false", &path)),
            },
        }
    }

    pub(crate) fn integer(&mut self, name: &str) -> Result<i64> {
        let path = self.path(name);
        match self.take(name) {
            None => Ok(0),
            Some(node) => match &node.kind {
                NodeKind::Scalar(windlass_yaml::Scalar { value: Value::Int(number), .. }) => Ok(*number),
                NodeKind::Scalar(windlass_yaml::Scalar { value: Value::Float(number), .. })
                    if number.fract() == 0.0 && number.abs() < 9e15 =>
                {
                    Ok(*number as i64)
                }
                _ => Err(wrong(node, "a whole number", &path)),
            },
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>> {
        let path = self.path(name);
        let reading = self.reading;
        items(self.take(name), &path)?.map(|(node, path)| text(node, &path, reading)).collect()
    }

    pub(crate) fn map(&mut self, name: &str) -> Result<BTreeMap<String, String>> {
        let path = self.path(name);
        let reading = self.reading;
        let Some(node) = self.take(name) else { return Ok(BTreeMap::new()) };
        let fields = Self::new(node, &path, reading)?;
        let pair = |(key, value, _): &(Cow<'_, str>, &Node, bool)| {
            let text = if value.is_null() { String::new() } else { text(value, &format!("{path}.{key}"), reading)? };
            Ok((key.clone().into_owned(), text))
        };
        fields.entries.iter().map(pair).collect()
    }

    /// The mapping in a field.
    pub(crate) fn child(&mut self, name: &str) -> Result<Option<Fields<'a>>> {
        let path = self.path(name);
        let reading = self.reading;
        self.take(name).map(|node| Fields::new(node, &path, reading)).transpose()
    }

    /// One setting from a mapping in a field.
    pub(crate) fn optional<T>(&mut self, name: &str, read: fn(&mut Fields<'a>) -> Result<T>) -> Result<Option<T>> {
        self.child(name)?.map(|mut fields| fields.finish_with(read)).transpose()
    }

    /// A setting from each mapping of a list.
    pub(crate) fn list<T>(&mut self, name: &str, read: fn(&mut Fields<'a>) -> Result<T>) -> Result<Vec<T>> {
        let path = self.path(name);
        let reading = self.reading;
        let items = items(self.take(name), &path)?;
        items.map(|(node, path)| Fields::new(node, &path, reading)?.finish_with(read)).collect()
    }

    /// Reads everything and then refuses what is left, if the reading is strict.
    pub(crate) fn finish_with<T>(&mut self, read: impl FnOnce(&mut Fields<'a>) -> Result<T>) -> Result<T> {
        let read = read(self)?;
        let unknown = self.entries.iter().find(|(_, _, taken)| !taken);
        match unknown.filter(|_| self.reading.refuses_unknown) {
            None => Ok(read),
            Some((name, node, _)) => {
                let message = format!("unknown field {name:?}");
                Err(Error::invalid(message).in_field(&self.path(name)).at_line(node.line))
            }
        }
    }

    /// Whether anything but nulls, empty texts and `false` stands in fields other than these.
    pub(crate) fn has_content_besides(&self, names: &[&str]) -> bool {
        let is_zero = |node: &Node| match &node.kind {
            NodeKind::Scalar(scalar) => match scalar.value {
                Value::Null | Value::Bool(false) => true,
                _ => scalar.text.is_empty(),
            },
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => false,
        };
        self.entries.iter().any(|(name, node, _)| !names.contains(&name.as_ref()) && !is_zero(node))
    }
}

/// A key as JSON has it: `yes` is `true`, `010` is `8`.
fn key_text(key: &windlass_yaml::Scalar) -> Cow<'_, str> {
    match key.value {
        Value::Bool(flag) => flag.to_string().into(),
        Value::Int(number) => number.to_string().into(),
        _ => key.text.as_str().into(),
    }
}

fn key_node<'a>(entries: &'a [(Node, Node)], value: &'a Node) -> &'a Node {
    entries.iter().find(|(_, other)| std::ptr::eq(other, value)).map_or(value, |(key, _)| key)
}

fn wrong(node: &Node, wanted: &str, path: &str) -> Error {
    let found = match &node.kind {
        NodeKind::Mapping(_) => "a mapping",
        NodeKind::Sequence(_) => "a list",
        NodeKind::Scalar(scalar) => match scalar.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => "a number",
            Value::Timestamp | Value::String => "text",
        },
    };
    let error = Error::invalid(format!("expected {wanted} but found {found}")).at_line(node.line);
    if path.is_empty() { error } else { error.in_field(path) }
}

fn text(node: &Node, path: &str, reading: Reading) -> Result<String> {
    match &node.kind {
        NodeKind::Scalar(scalar) => match scalar.value {
            Value::String | Value::Timestamp => Ok(scalar.text.clone()),
            Value::Null => Ok(String::new()),
            Value::Bool(flag) if reading.converts => Ok(flag.to_string()),
            Value::Int(number) if reading.converts => Ok(number.to_string()),
            Value::Uint(_) | Value::Float(_) if reading.converts => Ok(scalar.text.clone()),
            _ => Err(wrong(node, "text (quote it)", path)),
        },
        _ => Err(wrong(node, "text", path)),
    }
}

/// The items of a list with their paths; none if the field is absent.
fn items<'a>(node: Option<&'a Node>, path: &str) -> Result<impl Iterator<Item = (&'a Node, String)> + use<'a>> {
    let items = match node.map(|node| (&node.kind, node)) {
        None => &[][..],
        Some((NodeKind::Sequence(items), _)) => items,
        Some((_, node)) => return Err(wrong(node, "a list", path)),
    };
    let path = path.to_owned();
    Ok(items.iter().enumerate().map(move |(at, node)| (node, format!("{path}[{at}]"))))
}
