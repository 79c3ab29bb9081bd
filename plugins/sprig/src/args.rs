//! Reading arguments whose types the signature has already settled, and the signatures themselves.

use std::borrow::Cow;
use std::rc::Rc;

use windlass_gotemplate::{Failure, Kind, List, Map, Signature, Type, Value};

pub(crate) type Answer = Result<Value, Failure>;

pub(crate) const STRING: Signature = Signature::fixed(&[Type::String]);
pub(crate) const STRING_STRING: Signature = Signature::fixed(&[Type::String, Type::String]);
pub(crate) const STRING_STRING_STRING: Signature = Signature::fixed(&[Type::String, Type::String, Type::String]);
pub(crate) const STRING_STRING_INT: Signature = Signature::fixed(&[Type::String, Type::String, Type::INT]);
pub(crate) const INT: Signature = Signature::fixed(&[Type::INT]);
pub(crate) const INT_STRING: Signature = Signature::fixed(&[Type::INT, Type::String]);
pub(crate) const INT_INT: Signature = Signature::fixed(&[Type::INT, Type::INT]);
pub(crate) const INT_INT_STRING: Signature = Signature::fixed(&[Type::INT, Type::INT, Type::String]);
pub(crate) const ANY: Signature = Signature::fixed(&[Type::Any]);
pub(crate) const ANY_ANY: Signature = Signature::fixed(&[Type::Any, Type::Any]);
pub(crate) const ANYS: Signature = Signature::variadic(&[], Type::Any);
pub(crate) const ANY_ANYS: Signature = Signature::variadic(&[Type::Any], Type::Any);
pub(crate) const STRING_ANY: Signature = Signature::fixed(&[Type::String, Type::Any]);

pub(crate) fn bytes(args: &[Value], index: usize) -> &[u8] {
    match args.get(index) {
        Some(Value::String(text)) => text.as_bytes(),
        _ => &[],
    }
}

pub(crate) fn string(args: &[Value], index: usize) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes(args, index))
}

pub(crate) fn int(args: &[Value], index: usize) -> i64 {
    match args.get(index) {
        Some(Value::Int(number, _)) => *number,
        _ => 0,
    }
}

/// A map parameter; a nil map is one without entries.
pub(crate) fn map(args: &[Value], index: usize) -> Option<&Rc<Map>> {
    args.get(index).and_then(Value::as_map)
}

/// What Go says when reflection is asked for the type of nothing.
pub(crate) fn nil_dereference() -> Failure {
    Failure::new("runtime error: invalid memory address or nil pointer dereference")
}

/// The items of a slice.
///
/// # Errors
/// `problem` and the kind, for anything else.
pub(crate) fn items<'v>(value: &'v Value, problem: &str) -> Result<Cow<'v, [Value]>, Failure> {
    match value {
        Value::List(list) => Ok(Cow::Borrowed(list.items())),
        Value::Bytes(bytes) => {
            let byte = |byte: &u8| Value::Uint((*byte).into(), windlass_gotemplate::UintKind::Uint8);
            Ok(Cow::Owned(bytes.iter().map(byte).collect()))
        }
        Value::Nil => Err(nil_dereference()),
        // A named slice type, such as Helm's list of API versions, is a slice to reflection.
        Value::Object(object) => match object.underlying() {
            Some(Value::List(list)) => Ok(Cow::Owned(list.items().to_vec())),
            _ => Err(Failure::new(format!("{problem} {}", value.kind().name()))),
        },
        other => Err(Failure::new(format!("{problem} {}", other.kind().name()))),
    }
}

pub(crate) fn strings(items: Vec<Vec<u8>>) -> Value {
    Value::from(List::strings(items))
}

/// Texts found by searching: none is a nil slice.
pub(crate) fn found(items: Vec<Vec<u8>>) -> Value {
    if items.is_empty() { Value::from(List::nil(windlass_gotemplate::Elem::String)) } else { strings(items) }
}

pub(crate) fn is_slice(value: &Value) -> bool {
    value.kind() == Kind::Slice
}
