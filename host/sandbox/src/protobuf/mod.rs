//! Kubernetes' protobuf bodies as JSON: what typed Go clients send for built-in kinds.
//!
//! Only requests: every such client reads JSON answers as well. Which number is which field is in `messages.txt`.

mod table;
mod wire;

use serde_json::{Map, Value, json};

use crate::catalog::split_api_version;
use crate::object::Object;
use table::{Field, Message, Shape};
use wire::{Reader, Wire};

/// Why a body cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("empty data")]
    Empty,
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    Prefix,
    #[error("empty body")]
    NoEnvelope,
    #[error("unexpected EOF")]
    Malformed,
    #[error("{kind} of {api_version} is not known in protobuf")]
    UnknownKind { api_version: String, kind: String },
    #[error("the protobuf body is nested too deep")]
    TooDeep,
}

const MAGIC: &[u8] = b"k8s\0";
const MAX_DEPTH: usize = 100;

/// Decodes an enveloped object.
///
/// # Errors
/// A body that is malformed, or of a kind without a published protobuf form.
pub fn decode(body: &[u8]) -> Result<Value, Error> {
    if body.is_empty() {
        return Err(Error::Empty);
    }
    let envelope = body.strip_prefix(MAGIC).ok_or(Error::Prefix)?;
    if envelope.is_empty() {
        return Err(Error::NoEnvelope);
    }
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for entry in Reader(envelope) {
        match entry? {
            (1, Wire::Bytes(meta)) => {
                for entry in Reader(meta) {
                    match entry? {
                        (1, Wire::Bytes(text)) => api_version = String::from_utf8_lossy(text).into_owned(),
                        (2, Wire::Bytes(text)) => kind = String::from_utf8_lossy(text).into_owned(),
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let message = find(&api_version, &kind)
        .ok_or_else(|| Error::UnknownKind { api_version: api_version.clone(), kind: kind.clone() })?;
    let mut object = self::message(message, raw, 0)?;
    object.insert("apiVersion".into(), api_version.into());
    object.insert("kind".into(), kind.into());
    Ok(Value::Object(object))
}

fn find(api_version: &str, kind: &str) -> Option<&'static Message> {
    let (group, version) = split_api_version(api_version);
    let package = match group.split('.').next() {
        Some("") | None => "core",
        Some(first) => first,
    };
    let shared = matches!(kind, "DeleteOptions" | "WatchEvent").then(|| format!("apis.meta.v1.{kind}"));
    table::find(&shared.unwrap_or_else(|| format!("{package}.{version}.{kind}")))
}

fn message(of: &Message, bytes: &[u8], depth: usize) -> Result<Object, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep);
    }
    let mut object = Map::new();
    for entry in Reader(bytes) {
        let (number, wire) = entry?;
        // A field of a newer release than this table is passed over, as Go does.
        let Some(field) = of.field(number) else { continue };
        put(&mut object, field, wire, depth)?;
    }
    Ok(object)
}

fn put(object: &mut Object, field: &Field, wire: Wire<'_>, depth: usize) -> Result<(), Error> {
    match field.shape {
        Shape::One => {
            let value = single(&field.of, wire, depth)?;
            match value {
                Value::Object(inner) if field.inline => object.extend(inner),
                value if field.drop_zero && is_zero(&value) => {}
                value => drop(object.insert(field.name.clone(), value)),
            }
        }
        Shape::List => {
            let value = single(&field.of, wire, depth)?;
            let list = object.entry(&field.name).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(value);
            }
        }
        Shape::Map => {
            let Wire::Bytes(entry) = wire else { return Err(Error::Malformed) };
            let (mut key, mut value) = (String::new(), default_of(&field.of));
            for part in Reader(entry) {
                match part? {
                    (1, Wire::Bytes(text)) => key = String::from_utf8_lossy(text).into_owned(),
                    (2, wire) => value = single(&field.of, wire, depth)?,
                    _ => {}
                }
            }
            crate::object::child_mut(object, &field.name).insert(key, value);
        }
    }
    Ok(())
}

fn default_of(of: &str) -> Value {
    if matches!(of, "string" | "bytes") { "".into() } else { Value::Null }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn single(of: &str, wire: Wire<'_>, depth: usize) -> Result<Value, Error> {
    match (of, wire) {
        ("string", Wire::Bytes(text)) => Ok(String::from_utf8_lossy(text).into_owned().into()),
        ("bytes", Wire::Bytes(bytes)) => Ok(base64(bytes).into()),
        ("bool", Wire::Number(number)) => Ok((number != 0).into()),
        ("int32" | "int64", Wire::Number(number)) => Ok((number as i64).into()),
        ("uint32" | "uint64", Wire::Number(number)) => Ok(number.into()),
        ("double", Wire::Number(bits)) => Ok(f64::from_bits(bits).into()),
        (_, Wire::Bytes(bytes)) => well_known(of, bytes, depth),
        _ => Err(Error::Malformed),
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Messages whose JSON is not an object of their fields.
fn well_known(of: &str, bytes: &[u8], depth: usize) -> Result<Value, Error> {
    let fields = Reader(bytes).collect::<Result<Vec<_>, _>>();
    let number = |fields: &[(u32, Wire<'_>)], wanted: u32| {
        fields.iter().find_map(|(number, wire)| match wire {
            Wire::Number(value) if *number == wanted => Some(*value as i64),
            _ => None,
        })
    };
    let text = |fields: &[(u32, Wire<'_>)], wanted: u32| {
        fields.iter().find_map(|(number, wire)| match wire {
            Wire::Bytes(bytes) if *number == wanted => Some(bytes.to_vec()),
            _ => None,
        })
    };
    match of {
        "api.resource.Quantity" => {
            let amount = text(&fields?, 1).unwrap_or_default();
            Ok(String::from_utf8_lossy(&amount).into_owned().into())
        }
        "util.intstr.IntOrString" => {
            let fields = fields?;
            if number(&fields, 1) == Some(1) {
                let word = text(&fields, 3).unwrap_or_default();
                return Ok(String::from_utf8_lossy(&word).into_owned().into());
            }
            Ok(number(&fields, 2).unwrap_or(0).into())
        }
        "apis.meta.v1.Time" | "apis.meta.v1.MicroTime" => {
            let fields = fields?;
            let Some(seconds) = number(&fields, 1) else { return Ok(Value::Null) };
            let nanos = i32::try_from(number(&fields, 2).unwrap_or(0)).unwrap_or(0);
            let time = jiff::Timestamp::new(seconds, nanos).map_err(|_| Error::Malformed)?;
            let form = if of.ends_with("MicroTime") { "%Y-%m-%dT%H:%M:%S.%6fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
            Ok(time.strftime(form).to_string().into())
        }
        "apis.meta.v1.FieldsV1" | "runtime.RawExtension" => {
            let raw = text(&fields?, 1).unwrap_or_default();
            Ok(serde_json::from_slice(&raw).unwrap_or(Value::Null))
        }
        _ => match table::find(of) {
            Some(known) => message(known, bytes, depth + 1).map(Value::Object),
            None => Err(Error::Malformed),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(content.len()).expect("short")];
        out.extend_from_slice(content);
        out
    }

    #[test]
    fn an_enveloped_namespace_is_read_and_zero_values_are_left_out() {
        let meta = [bytes(1, b"v1"), bytes(2, b"Namespace")].concat();
        let metadata =
            [bytes(1, b"team"), bytes(2, b""), bytes(8, b""), bytes(11, &[bytes(1, b"a"), bytes(2, b"b")].concat())];
        let raw = [bytes(1, &metadata.concat()), bytes(2, b""), bytes(3, b"")].concat();
        let body = [MAGIC.to_vec(), bytes(1, &meta), bytes(2, &raw)].concat();
        let expected = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": "team", "labels": { "a": "b" } },
            "spec": {},
            "status": {},
        });
        assert_eq!(decode(&body).expect("a whole body"), expected);
    }

    #[test]
    fn a_cut_off_body_is_an_error() {
        assert!(decode(b"k8s\0\x0a\x7f").is_err());
        assert!(decode(b"{}").is_err());
    }
}
