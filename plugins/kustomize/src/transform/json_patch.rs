//! JSON patches (RFC 6902), with the liberties of the Go library kustomize uses: indices may be negative, and
//! replacing a field that is not there sets it.

use serde_json::Value;

use crate::config;
use crate::error::{Error, Result};
use crate::node::MOST_DEPTH;

/// How many values one patch may copy altogether: each `copy` could double the object.
const MOST_COPIED: usize = 1_000_000;

#[derive(Debug, Clone)]
pub(crate) struct JsonPatch(Vec<Operation>);

#[derive(Debug, Clone)]
struct Operation {
    kind: Kind,
    path: String,
    from: String,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

fn fault(message: impl Into<String>) -> Error {
    Error::invalid(message)
}

impl JsonPatch {
    /// Reads a patch in JSON or YAML; `None` for a text without content.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        let Some(document) = config::parse(text.as_bytes())? else { return Ok(None) };
        let value = document.root.to_json().map_err(|error| fault(error.kind().to_string()).at_line(error.line()))?;
        let Value::Array(operations) = value else { return Err(fault("a JSON patch is a list of operations")) };
        let operations = operations.into_iter().enumerate().map(|(at, operation)| {
            Operation::read(operation).map_err(|error| error.while_doing(format!("operation {at}")))
        });
        operations.collect::<Result<_>>().map(|operations| Some(Self(operations)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn apply(&self, document: &mut Value) -> Result<()> {
        let mut copied = 0;
        for (at, operation) in self.0.iter().enumerate() {
            operation.apply(document, &mut copied).map_err(|error| {
                error.while_doing(format!("operation {at} ({}) at path {:?}", operation.kind.name(), operation.path))
            })?;
        }
        Ok(())
    }
}

impl Kind {
    fn parse(text: &str) -> Result<Self> {
        [Self::Add, Self::Remove, Self::Replace, Self::Move, Self::Copy, Self::Test]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| fault(format!("unexpected kind of operation: {text:?}")))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Move => "move",
            Self::Copy => "copy",
            Self::Test => "test",
        }
    }
}

impl Operation {
    fn read(mut value: Value) -> Result<Self> {
        if !value.is_object() {
            return Err(fault("an operation is a mapping with op and path"));
        }
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let kind = Kind::parse(&text("op").unwrap_or_default())?;
        let path = text("path").ok_or_else(|| fault("missing path"))?;
        let from = match kind {
            Kind::Move | Kind::Copy => text("from").ok_or_else(|| fault("missing from"))?,
            _ => String::new(),
        };
        Ok(Self { kind, path, from, value: value["value"].take() })
    }

    fn apply(&self, document: &mut Value, copied: &mut usize) -> Result<()> {
        match self.kind {
            Kind::Add => add(document, &self.path, self.value.clone()),
            Kind::Remove => remove(document, &self.path).map(drop),
            Kind::Replace if self.path.is_empty() && (self.value.is_object() || self.value.is_array()) => {
                *document = self.value.clone();
                Ok(())
            }
            Kind::Replace => replace(document, &self.path, self.value.clone()),
            Kind::Move => {
                let value = remove(document, &self.from)?;
                add(document, &self.path, value)
            }
            Kind::Copy => {
                let value = get(document, &self.from)?.cloned().unwrap_or_default();
                *copied += measure(&value).0;
                if *copied > MOST_COPIED {
                    return Err(fault("copies make the object too big"));
                }
                add(document, &self.path, value)
            }
            Kind::Test => match get(document, &self.path)?.unwrap_or(&Value::Null) == &self.value {
                true => Ok(()),
                false => Err(fault("testing the value failed")),
            },
        }
    }
}

/// Number of values, and levels of nesting, of a value that is itself bounded in depth.
fn measure(value: &Value) -> (usize, usize) {
    let sum = |parts: &mut dyn Iterator<Item = &Value>| {
        parts.map(measure).fold((1, 1), |(size, depth), (more, below)| (size + more, depth.max(below + 1)))
    };
    match value {
        Value::Array(items) => sum(&mut items.iter()),
        Value::Object(fields) => sum(&mut fields.values()),
        _ => (1, 0),
    }
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// The collection that the last part of the path stands in, and that part.
fn parent<'v>(document: &'v mut Value, path: &str) -> Result<(&'v mut Value, String)> {
    let missing = || fault(format!("the object has no path {path:?}"));
    let (above, last) = path.rsplit_once('/').ok_or_else(missing)?;
    let mut found = document;
    for part in above.split('/').skip(1) {
        let part = unescape(part);
        found = match found {
            Value::Object(fields) => fields.get_mut(&part).ok_or_else(missing)?,
            Value::Array(items) => {
                let at = index(&part, items.len()).map_err(|_| missing())?;
                items.get_mut(at).ok_or_else(missing)?
            }
            _ => return Err(missing()),
        };
    }
    match found {
        Value::Object(_) | Value::Array(_) => Ok((found, unescape(last))),
        _ => Err(missing()),
    }
}

/// An index of a list of this length; a negative one counts from the end.
fn index(part: &str, length: usize) -> Result<usize> {
    let wrong = || fault(format!("invalid index {part:?}"));
    let number: i64 = part.parse().map_err(|_| wrong())?;
    if number >= 0 {
        return usize::try_from(number).map_err(|_| wrong());
    }
    let back = usize::try_from(number.unsigned_abs()).map_err(|_| wrong())?;
    length.checked_sub(back).ok_or_else(wrong)
}

fn get<'v>(document: &'v mut Value, path: &str) -> Result<Option<&'v Value>> {
    if path.is_empty() {
        return Ok(Some(document));
    }
    let (parent, key) = parent(document, path)?;
    match parent {
        Value::Array(items) => {
            let at = index(&key, items.len())?;
            items.get(at).map(Some).ok_or_else(|| fault(format!("invalid index {key:?}")))
        }
        fields => Ok(fields.get(&key)),
    }
}

/// Fails where the value would stand deeper than objects may be nested.
fn check_depth(path: &str, value: &Value) -> Result<()> {
    match path.matches('/').count() + measure(value).1 > MOST_DEPTH {
        true => Err(fault(format!("the object is nested on more than {MOST_DEPTH} levels"))),
        false => Ok(()),
    }
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<()> {
    check_depth(path, &value)?;
    let (parent, key) = parent(document, path)?;
    match parent {
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            let at = index(&key, items.len() + 1)?;
            if at > items.len() {
                return Err(fault(format!("invalid index {key:?}")));
            }
            items.insert(at, value);
        }
        Value::Object(fields) => {
            fields.insert(key, value);
        }
        _ => {}
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<Value> {
    let (parent, key) = parent(document, path)?;
    match parent {
        Value::Array(items) => {
            let at = index(&key, items.len())?;
            if at >= items.len() {
                return Err(fault(format!("invalid index {key:?}")));
            }
            Ok(items.remove(at))
        }
        Value::Object(fields) => {
            fields.remove(&key).ok_or_else(|| fault(format!("unable to remove nonexistent key {key:?}")))
        }
        _ => Ok(Value::Null),
    }
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<()> {
    check_depth(path, &value)?;
    let (parent, key) = parent(document, path)?;
    match parent {
        Value::Array(items) => {
            let at = index(&key, items.len())?;
            let place = items.get_mut(at).ok_or_else(|| fault(format!("invalid index {key:?}")))?;
            *place = value;
        }
        Value::Object(fields) => {
            fields.insert(key, value);
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(patch: &str, expected: Option<Value>) {
        let mut document = json!({"a": {"b/c": 1}, "list": [1, 2]});
        let applied = JsonPatch::parse(patch).unwrap().unwrap().apply(&mut document);
        assert_eq!(applied.is_ok().then_some(document), expected, "{patch}");
    }

    #[test]
    fn operations_do_what_the_go_library_does() {
        check("[{op: add, path: /list/-, value: 3}]", Some(json!({"a": {"b/c": 1}, "list": [1, 2, 3]})));
        check("[{op: remove, path: /list/-1}]", Some(json!({"a": {"b/c": 1}, "list": [1]})));
        check("[{op: replace, path: /a/b~1c, value: x}]", Some(json!({"a": {"b/c": "x"}, "list": [1, 2]})));
        check("[{op: move, from: /a/b~1c, path: /d}]", Some(json!({"a": {}, "d": 1, "list": [1, 2]})));
        check("[{op: test, path: /list/0, value: 1}]", Some(json!({"a": {"b/c": 1}, "list": [1, 2]})));
    }

    #[test]
    fn what_does_not_apply_is_an_error() {
        check("[{op: add, path: /x/y, value: 1}]", None);
        check("[{op: remove, path: /x}]", None);
        check("[{op: add, path: /list/9, value: 1}]", None);
        check("[{op: test, path: /list/0, value: 2}]", None);
    }

    #[test]
    fn copies_that_double_an_object_are_bounded() {
        let doubling = "- {op: copy, from: /a, path: /a/x}\n- {op: copy, from: /a, path: /a/y}\n".repeat(40);
        let patch = JsonPatch::parse(&doubling).unwrap().unwrap();
        assert!(patch.apply(&mut json!({"a": {"b": 1}})).is_err());
    }
}
