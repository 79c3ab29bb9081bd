//! A schema of OpenAPI v3 in the form of v2: references lead elsewhere and stand alone, and of what may be several types
//! one is told. The numbers are those of `openapi.v2.Schema`.

use serde_json::{Map, Value};

use super::message::Message;

const REFERENCE: u32 = 1;
const FORMAT: u32 = 2;
const DESCRIPTION: u32 = 4;
const REQUIRED: u32 = 19;
const ENUM: u32 = 20;
const ADDITIONAL: u32 = 21;
const TYPE: u32 = 22;
const ITEMS: u32 = 23;
const PROPERTIES: u32 = 25;
const EXTENSION: u32 = 31;

const V3: &str = "#/components/schemas/";

/// A schema under its name, as properties and definitions hold it.
pub(super) fn named(name: &str, schema: &Value) -> Message {
    Message::default().text(1, name).message(2, of(schema))
}

fn of(schema: &Value) -> Message {
    let text = |key: &str| schema[key].as_str();
    // A reference with a description beside it is told as the only one of all that apply.
    let referred = [&schema["$ref"], &schema["allOf"][0]["$ref"]].into_iter().find_map(Value::as_str);
    let referred = referred.and_then(|path| path.strip_prefix(V3)).map(|name| format!("#/definitions/{name}"));
    let mut message = Message::default()
        .texts(REFERENCE, referred.as_deref())
        .texts(FORMAT, text("format"))
        .texts(DESCRIPTION, text("description"))
        .texts(REQUIRED, texts(&schema["required"]));
    for value in schema["enum"].as_array().into_iter().flatten() {
        message = message.message(ENUM, any(value));
    }
    match &schema["additionalProperties"] {
        Value::Bool(allowed) => message = message.message(ADDITIONAL, Message::default().flag(2, *allowed)),
        Value::Null => {}
        rest => message = message.message(ADDITIONAL, Message::default().message(1, of(rest))),
    }
    if let Some(kind) = kind(schema) {
        message = message.message(TYPE, Message::default().text(1, kind));
    }
    if !schema["items"].is_null() {
        message = message.message(ITEMS, Message::default().message(1, of(&schema["items"])));
    }
    with_entries(message, schema)
}

fn with_entries(mut message: Message, schema: &Value) -> Message {
    if let Some(properties) = schema["properties"].as_object() {
        message = message.message(PROPERTIES, all(properties));
    }
    let extensions = schema.as_object().into_iter().flatten().filter(|(key, _)| key.starts_with("x-"));
    extensions.fold(message, |message, (key, value)| {
        message.message(EXTENSION, Message::default().text(1, key).message(2, any(value)))
    })
}

/// Schemas by name.
pub(super) fn all(schemas: &Map<String, Value>) -> Message {
    schemas.iter().fold(Message::default(), |message, (name, schema)| message.message(1, named(name, schema)))
}

/// Of what may be a number or a text, the text is told.
fn kind(schema: &Value) -> Option<&str> {
    let several = schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["type"].as_str());
    schema["type"].as_str().or_else(|| several.max_by_key(|kind| *kind == "string"))
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A value is told as YAML, of which JSON is a part.
fn any(value: &Value) -> Message {
    Message::default().text(2, &format!("{value}\n"))
}
