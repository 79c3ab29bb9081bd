//! Values of another type than their field's, in the words in which Go's JSON decoder refuses them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use windlass_merge::schema::{Scalar, Schema, TypeRef};

use super::META;
use crate::catalog::Resource;
use crate::object::Object;
use crate::rules::quantity;

/// The first value that the kind cannot hold; of a custom resource, that metadata cannot hold.
pub(super) fn problem(resource: &Resource, object: &Object) -> Option<String> {
    if let Some(custom) = &resource.custom {
        return metadata_problem(object).or_else(|| embedded_problem(&custom.schema, object, ""));
    }
    let of = Schema::builtin().kind(&resource.api_version(), &resource.kind)?;
    fields(of, object, "")
}

fn metadata_problem(object: &Object) -> Option<String> {
    let of = Schema::builtin().named(META)?;
    fields(of, object.get("metadata")?.as_object()?, "")
}

/// The first metadata that is none, of an object within a custom resource.
fn embedded_problem(schema: &Value, object: &Object, path: &str) -> Option<String> {
    object.iter().find_map(|(key, value)| {
        let (named, rest) = (&schema["properties"][key.as_str()], &schema["additionalProperties"]);
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        embedded_within(if named.is_null() { rest } else { named }, value, &below)
    })
}

fn embedded_within(schema: &Value, value: &Value, path: &str) -> Option<String> {
    match value {
        _ if !schema.is_object() => None,
        Value::Array(items) => {
            let item =
                |(index, item): (usize, &Value)| embedded_within(&schema["items"], item, &format!("{path}[{index}]"));
            items.iter().enumerate().find_map(item)
        }
        Value::Object(object) => {
            let whole = schema["x-kubernetes-embedded-resource"] == true;
            let own = whole.then(|| metadata_problem(object)).flatten();
            let told = own.map(|problem| format!("{path}.metadata: Invalid value: {}: {problem}", value["metadata"]));
            told.or_else(|| embedded_problem(schema, object, path))
        }
        _ => None,
    }
}

/// The struct field that a value stands in, however deep in lists and maps.
#[derive(Clone, Copy)]
struct Place<'a> {
    of: &'a str,
    path: &'a str,
}

fn fields(of: TypeRef<'_>, object: &Object, path: &str) -> Option<String> {
    let map = of.map()?;
    object.iter().find_map(|(key, value)| {
        let field = map.field(key)?;
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        within(field.of(), value, Place { of: short(of.name()?), path: &path })
    })
}

fn within(of: TypeRef<'_>, value: &Value, place: Place<'_>) -> Option<String> {
    match (value, of.scalar(), of.list(), of.map()) {
        (Value::Null, ..) => None,
        (Value::Array(items), _, Some(list), _) => items.iter().find_map(|item| within(list.element(), item, place)),
        (Value::Object(object), _, _, Some(map)) => match map.rest() {
            Some(rest) => object.values().find_map(|value| within(rest, value, place)),
            None => fields(of, object, place.path),
        },
        (_, Some(scalar), ..) => scalar_problem(scalar, value, place),
        (_, None, None, None) => None,
        _ => Some(mismatch(value, place, &go_type(of))),
    }
}

fn scalar_problem(scalar: Scalar, value: &Value, place: Place<'_>) -> Option<String> {
    let wanted = match scalar {
        Scalar::String => "string",
        Scalar::Boolean => "bool",
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Byte => return bytes_problem(value, place),
        Scalar::Quantity => return quantity_problem(value),
        Scalar::DateTime => return time_problem(value, place),
        // These read themselves, and refuse in words of their own.
        _ => return None,
    };
    let fits = match scalar {
        Scalar::String => value.is_string(),
        Scalar::Boolean => value.is_boolean(),
        Scalar::Int32 => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        _ => value.is_i64() || value.is_u64(),
    };
    (!fits).then(|| mismatch(value, place, wanted))
}

fn bytes_problem(value: &Value, place: Place<'_>) -> Option<String> {
    let Value::String(text) = value else { return Some(mismatch(value, place, "[]uint8")) };
    match STANDARD.decode(text) {
        Ok(_) => None,
        Err(base64::DecodeError::InvalidByte(at, _)) => Some(format!("illegal base64 data at input byte {at}")),
        Err(_) => Some(format!("illegal base64 data at input byte {}", text.len() / 4 * 4)),
    }
}

fn quantity_problem(value: &Value) -> Option<String> {
    const FORM: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    quantity::amount(&text).is_none().then(|| FORM.to_owned())
}

/// Fields whose times have six digits below the second.
const FINE: [&str; 6] = ["acquireTime", "renewTime", "eventTime", "lastObservedTime", "pingTime", "startedAtMicro"];

/// A time that is none, in the words of Go, which reads it piece by piece along a layout.
fn time_problem(value: &Value, place: Place<'_>) -> Option<String> {
    let Value::String(text) = value else { return Some(mismatch(value, place, "string")) };
    let fine = FINE.contains(&place.path.rsplit('.').next().unwrap_or_default());
    let layout = if fine { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" };
    let pieces: &[(&str, &str)] = &[
        ("2006", "dddd"),
        ("-", "-"),
        ("01", "dd"),
        ("-", "-"),
        ("02", "dd"),
        ("T", "T"),
        ("15", "dd"),
        (":", ":"),
        ("04", "dd"),
        (":", ":"),
        ("05", "dd"),
        (".000000", if fine { ".dddddd" } else { "" }),
    ];
    let mut rest = text.as_str();
    for (name, form) in pieces {
        let fits = rest.len() >= form.len()
            && rest.bytes().zip(form.bytes()).all(
                |(byte, wanted)| {
                    if wanted == b'd' { byte.is_ascii_digit() } else { byte == wanted }
                },
            );
        if !fits {
            return Some(format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {name:?}"));
        }
        rest = &rest[form.len()..];
        // Whoever reads whole seconds takes parts of them too.
        if *name == "05" && !fine && rest.starts_with('.') {
            rest = rest[1..].trim_start_matches(|digit: char| digit.is_ascii_digit());
        }
    }
    let zone = rest == "Z" || rest.len() == 6 && rest.starts_with(['+', '-']) && rest.as_bytes()[3] == b':';
    (!zone).then(|| format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as \"Z07:00\""))
}

fn mismatch(value: &Value, place: Place<'_>, wanted: &str) -> String {
    let found = match value {
        Value::Bool(_) => "bool".into(),
        Value::Number(number) if wanted.starts_with("int") => format!("number {number}"),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(_) => "array".into(),
        _ => "object".to_owned(),
    };
    format!("json: cannot unmarshal {found} into Go struct field {}.{} of type {wanted}", place.of, place.path)
}

/// The type as Go writes it.
fn go_type(of: TypeRef<'_>) -> String {
    if let Some(list) = of.list() {
        return format!("[]{}", go_type(list.element()));
    }
    if let Some(rest) = of.map().and_then(|map| map.rest()) {
        return format!("map[string]{}", go_type(rest));
    }
    match (of.name(), of.scalar()) {
        (Some(name), _) => {
            let mut parts = name.rsplit('.');
            let kind = parts.next().unwrap_or_default();
            format!("{}.{kind}", parts.next().unwrap_or_default())
        }
        (None, Some(Scalar::Boolean)) => "bool".into(),
        (None, Some(Scalar::Int32)) => "int32".into(),
        (None, Some(Scalar::Int64)) => "int64".into(),
        (None, Some(Scalar::Byte)) => "[]uint8".into(),
        _ => "string".into(),
    }
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}
