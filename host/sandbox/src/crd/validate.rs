//! Structural schemas: what a value must be. Messages are the API server's.

use regex::Regex;
use serde_json::Value;

use crate::error::Cause;
use crate::object::Object;

/// More causes than these tell nobody more.
const MOST: usize = 100;

/// The faults of an object under the schema of its version.
pub fn validate(schema: &Value, object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if schema.is_null() {
        return causes;
    }
    fields(schema, object, "", &mut causes);
    causes.truncate(MOST);
    causes
}

/// The faults of a status that is written by itself.
pub fn of_status(schema: &Value, object: &Object) -> Vec<Cause> {
    match (&schema["properties"]["status"], object.get("status")) {
        (Value::Null, _) | (_, None) => Vec::new(),
        (schema, Some(status)) => of_default(schema, status, "status"),
    }
}

/// The faults of a default that stands at `place`.
pub(super) fn of_default(schema: &Value, default: &Value, place: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    value(schema, default, "", &mut causes);
    for cause in &mut causes {
        cause.field = if cause.field.is_empty() { place.to_owned() } else { format!("{place}.{}", cause.field) };
    }
    causes
}

/// In the order of the real server: the type, schemas inside the schema, what texts, numbers and lists are held to,
/// the values that are listed, and at last what is inside.
fn value(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if value.is_null() && schema["nullable"] == true || causes.len() >= MOST {
        return;
    }
    if !has_type(schema, value) {
        let wanted = schema["type"].as_str().unwrap_or("integer,string");
        let found = type_of(value);
        let detail = format!("{path} in body must be of type {wanted}: \"{found}\"");
        causes.push(Cause::type_invalid(path, found, detail));
    }
    if value.is_null() {
        enumerated(schema, value, path, causes);
        return;
    }
    combined(schema, value, path, causes);
    match value {
        Value::String(text) => string(schema, text, path, causes),
        Value::Number(number) => super::number::bounds(schema, number, path, causes),
        Value::Array(items) => list(schema, items, path, causes),
        _ => {}
    }
    enumerated(schema, value, path, causes);
    if let Value::Object(object) = value {
        fields(schema, object, path, causes);
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    if schema["x-kubernetes-int-or-string"] == true {
        return value.is_i64() || value.is_u64() || value.is_string();
    }
    match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        _ => true,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn fields(schema: &Value, object: &Object, path: &str, causes: &mut Vec<Cause>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(key) {
            causes.push(Cause::required(below(key), ""));
        }
    }
    if schema["x-kubernetes-embedded-resource"] == true {
        let missing = ["apiVersion", "kind"].into_iter().filter(|key| !object.contains_key(*key));
        causes.extend(missing.map(|key| Cause::required(below(key), "")));
    }
    count(schema, object.len(), "Properties", path, causes);
    for (key, child) in object {
        // Metadata has rules of its own.
        if path.is_empty() && matches!(key.as_str(), "metadata" | "apiVersion" | "kind") {
            continue;
        }
        let (named, rest) = (&schema["properties"][key.as_str()], &schema["additionalProperties"]);
        match named {
            Value::Null if rest.is_object() => value(rest, child, &below(key), causes),
            Value::Null => {}
            named => value(named, child, &below(key), causes),
        }
    }
}

fn list(schema: &Value, items: &[Value], path: &str, causes: &mut Vec<Cause>) {
    count(schema, items.len(), "Items", path, causes);
    for (index, item) in items.iter().enumerate() {
        value(&schema["items"], item, &format!("{path}[{index}]"), causes);
    }
    duplicates(schema, items, path, causes);
}

/// Lists that are sets or maps hold each member once.
fn duplicates(schema: &Value, items: &[Value], path: &str, causes: &mut Vec<Cause>) {
    let keys = schema["x-kubernetes-list-map-keys"].as_array();
    let mut seen = std::collections::BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let identity = match (schema["x-kubernetes-list-type"].as_str(), keys) {
            (Some("set"), _) => item.clone(),
            (Some("map"), Some(keys)) => {
                let pairs = keys.iter().filter_map(Value::as_str).map(|key| (key.to_owned(), item[key].clone()));
                Value::Object(pairs.collect())
            }
            _ => return,
        };
        if !seen.insert(identity.to_string()) {
            causes.push(Cause::duplicate(format!("{path}[{index}]"), &identity));
        }
    }
}

fn count(schema: &Value, found: usize, what: &str, path: &str, causes: &mut Vec<Cause>) {
    let limit = |key: String| schema[key.as_str()].as_u64();
    let unit = if what == "Items" { "items" } else { "properties" };
    if limit(format!("max{what}")).is_some_and(|most| found as u64 > most) {
        let most = limit(format!("max{what}")).unwrap_or_default();
        let message = format!("Too many: {found}: must have at most {most} items");
        causes.push(Cause { reason: "FieldValueTooMany", message, field: path.into() });
    }
    if let Some(least) = limit(format!("min{what}")).filter(|least| (found as u64) < *least) {
        let detail = format!("{path} in body should have at least {least} {unit}");
        causes.push(Cause::invalid(path, &Value::from(found), detail));
    }
}

/// Of length and pattern only the first fault is told.
fn string(schema: &Value, text: &str, path: &str, causes: &mut Vec<Cause>) {
    let length = text.chars().count() as u64;
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        let message = format!("Too long: may not be more than {most} bytes");
        causes.push(Cause { reason: "FieldValueTooLong", message, field: path.into() });
    } else if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        let detail = format!("{path} in body should be at least {least} chars long");
        causes.push(Cause::invalid(path, &text.into(), detail));
    } else if let Some(pattern) = schema["pattern"].as_str()
        && Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
    {
        let detail = format!("{path} in body should match '{pattern}'");
        causes.push(Cause::invalid(path, &text.into(), detail));
    }
    if let Some(format) = schema["format"].as_str().filter(|format| !fits_format(format, text)) {
        causes.push(Cause::type_invalid(path, text, format!("{path} in body must be of type {format}: {text:?}")));
    }
}

/// The formats whose breach the API server refuses; others mean nothing to it.
fn fits_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "byte" => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(text).is_ok()
        }
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        _ => true,
    }
}

fn enumerated(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
        let words: Vec<String> =
            allowed.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        causes.push(Cause::unsupported(path, value, &words));
    }
}

fn combined(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let parts = |key: &str| schema[key].as_array().map_or(&[][..], Vec::as_slice);
    let faults = |part: &Value| {
        let mut found = Vec::new();
        self::value(part, value, path, &mut found);
        found
    };
    let tried = |key: &str| parts(key).iter().map(|part| (part, faults(part))).collect::<Vec<_>>();
    let any = tried("anyOf");
    if !any.is_empty() && any.iter().all(|(_, found)| !found.is_empty()) {
        causes.push(Cause::nowhere(format!("{path:?} must validate at least one schema (anyOf)")));
        causes.extend(nearest(any, value));
    }
    let one = tried("oneOf");
    let fitting = one.iter().filter(|(_, found)| found.is_empty()).count();
    if !one.is_empty() && fitting != 1 {
        let count =
            if fitting == 0 { "Found none valid".into() } else { format!("Found {fitting} valid alternatives") };
        causes.push(Cause::nowhere(format!("{path:?} must validate one and only one schema (oneOf). {count}")));
        if fitting == 0 {
            causes.extend(nearest(one, value));
        }
    }
    let all = tried("allOf");
    let (wanted, fitting) = (all.len(), all.iter().filter(|(_, found)| found.is_empty()).count());
    causes.extend(all.into_iter().flat_map(|(_, found)| found));
    if fitting < wanted {
        let none = if fitting == 0 { ". None validated" } else { "" };
        causes.push(Cause::nowhere(format!("{path:?} must validate all the schemas (allOf){none}")));
    }
    if schema["not"].is_object() && faults(&schema["not"]).is_empty() {
        causes.push(Cause::nowhere(format!("{path:?} must not validate the schema (not)")));
    }
}

/// The faults under the alternative that says most about the value; of several the first.
fn nearest(tried: Vec<(&Value, Vec<Cause>)>, value: &Value) -> Vec<Cause> {
    let most = tried.iter().map(|(part, _)| checks(part, value)).max().unwrap_or_default();
    tried.into_iter().find(|(part, _)| checks(part, value) == most).map(|(_, found)| found).unwrap_or_default()
}

/// How many checks a schema makes of a value.
fn checks(schema: &Value, value: &Value) -> usize {
    let inner: usize = match value {
        Value::Object(entries) => {
            let below = |key: &String| match &schema["properties"][key.as_str()] {
                Value::Null => &schema["additionalProperties"],
                named => named,
            };
            entries
                .iter()
                .map(|(key, child)| (below(key), child))
                .filter(|(of, _)| of.is_object())
                .map(|(of, child)| checks(of, child))
                .sum()
        }
        Value::Array(items) => {
            items.iter().filter(|_| schema["items"].is_object()).map(|item| checks(&schema["items"], item)).sum()
        }
        _ => 0,
    };
    inner + 1 + usize::from(!schema["type"].is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: Value, object: Value, expected: &[&str]) {
        let Value::Object(object) = object else { panic!("an object") };
        let found: Vec<String> =
            validate(&schema, &object).into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn faults_name_the_field_in_the_words_of_the_api_server() {
        let schema = json!({ "type": "object", "properties": { "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": { "type": "integer", "minimum": 1 },
                "mode": { "type": "string", "enum": ["a", "b"] },
            },
        }}});
        check(schema.clone(), json!({ "spec": { "size": 2, "mode": "a" } }), &[]);
        check(schema.clone(), json!({ "spec": {} }), &["spec.size: Required value"]);
        check(
            schema.clone(),
            json!({ "spec": { "size": "2" } }),
            &["spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\""],
        );
        check(
            schema,
            json!({ "spec": { "size": 0, "mode": "c" } }),
            &[
                "spec.mode: Unsupported value: \"c\": supported values: \"a\", \"b\"",
                "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
            ],
        );
    }
}
