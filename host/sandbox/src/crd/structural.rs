//! What the schema of a custom resource must be: structural, and sound in its extensions.

use serde_json::Value;

use super::{pattern, rules, validate};
use crate::error::Cause;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Root,
    Item,
    Field,
}

/// The faults of a schema that stands at `path`.
pub fn check(schema: &Value, path: &str) -> Vec<Cause> {
    if schema.is_null() {
        return Vec::new();
    }
    let mut causes = Vec::new();
    if schema["nullable"] == true {
        causes.push(Cause::forbidden(format!("{path}.nullable"), "nullable cannot be true at the root"));
    }
    let mut form = Vec::new();
    structure(schema, Level::Root, path, &mut form);
    form.sort_by_key(|cause| format!("{}: {}", cause.field, cause.message));
    let is_structural = form.is_empty();
    causes.extend(form);
    let mut defaulted = Vec::new();
    if is_structural {
        defaults(schema, path, &mut defaulted);
    }
    let sound = is_structural && defaulted.is_empty();
    causes.extend(defaulted);
    standard(schema, path, &mut causes);
    if sound && causes.is_empty() {
        causes.extend(rules::check(schema, path));
    }
    causes
}

fn structure(schema: &Value, level: Level, path: &str, causes: &mut Vec<Cause>) {
    let kind = schema["type"].as_str().unwrap_or_default();
    let is_set = |key: &str| schema[key] == true;
    if kind == "array" && !schema["items"].is_object() {
        causes.push(Cause::required(format!("{path}.items"), "must be specified"));
    }
    if schema["items"].is_object() {
        structure(&schema["items"], Level::Item, &format!("{path}.items"), causes);
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        structure(property, Level::Field, &format!("{path}.properties[{key}]"), causes);
    }
    let rest = &schema["additionalProperties"];
    if !rest.is_null() && level == Level::Root {
        causes.push(Cause::forbidden(format!("{path}.additionalProperties"), "must not be used at the root"));
    }
    if rest.is_object() {
        structure(rest, Level::Field, &format!("{path}.additionalProperties"), causes);
    }
    extensions(schema, path, causes);
    values(schema, path, is_int_or_string(schema), causes);
    let at_type = format!("{path}.type");
    if is_set("x-kubernetes-embedded-resource") && kind != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        causes.push(required_or_invalid(at_type, kind, detail));
    } else if kind.is_empty()
        && !is_set("x-kubernetes-int-or-string")
        && !is_set("x-kubernetes-preserve-unknown-fields")
    {
        causes.push(Cause::required(
            at_type,
            match level {
                Level::Root => "must not be empty at the root",
                Level::Item => "must not be empty for specified array items",
                Level::Field => "must not be empty for specified object fields",
            },
        ));
    } else if level == Level::Root && !kind.is_empty() && kind != "object" {
        causes.push(Cause::invalid(at_type, &kind.into(), "must be object at the root"));
    }
    if level == Level::Root || is_set("x-kubernetes-embedded-resource") {
        whole_object(schema, level, path, causes);
    }
}

fn required_or_invalid(field: String, found: &str, detail: &str) -> Cause {
    if found.is_empty() { Cause::required(field, detail) } else { Cause::invalid(field, &found.into(), detail) }
}

/// What every object has is not for the schema to say.
fn whole_object(schema: &Value, level: Level, path: &str, causes: &mut Vec<Cause>) {
    let properties = &schema["properties"];
    for key in ["kind", "apiVersion"] {
        if properties[key].is_object() && properties[key]["type"] != "string" {
            let field = format!("{path}.properties[{key}].type");
            causes.push(Cause::invalid(
                field,
                &Value::from(properties[key]["type"].as_str().unwrap_or_default()),
                "must be string",
            ));
        }
    }
    let Some(metadata) = properties["metadata"].as_object() else { return };
    let field = format!("{path}.properties[metadata]");
    if metadata.get("type").is_none_or(|kind| kind != "object") {
        let kind = metadata.get("type").and_then(Value::as_str).unwrap_or_default();
        causes.push(Cause::invalid(format!("{field}.type"), &kind.into(), "must be object"));
    }
    let named = |key: &String| matches!(key.as_str(), "name" | "generateName");
    let own = metadata.get("properties").and_then(Value::as_object).is_some_and(|own| !own.keys().all(named));
    let other = metadata.keys().any(|key| !matches!(key.as_str(), "type" | "properties" | "default" | "description"));
    if level == Level::Root && (own || other) {
        let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        causes.push(Cause::forbidden(field, detail));
    }
    let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
    if level != Level::Root && !keeps && properties.as_object().is_none_or(|own| own.is_empty()) {
        let detail =
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        causes.push(Cause::required(format!("{path}.properties"), detail));
    }
}

fn extensions(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if schema["x-kubernetes-int-or-string"] != true {
        return;
    }
    for key in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
        if schema[key] == true {
            let detail = "must be false if x-kubernetes-int-or-string is true";
            causes.push(Cause::invalid(format!("{path}.{key}"), &schema[key], detail));
        }
    }
}

/// The one use of types inside alternatives: a number or a text.
fn is_int_or_string(schema: &Value) -> bool {
    let parts = schema["anyOf"].as_array().map_or(&[][..], Vec::as_slice);
    matches!(parts, [one, other] if one == &serde_json::json!({ "type": "integer" }) && other == &serde_json::json!({ "type": "string" }))
}

/// What restricts values, here and in alternatives, where no types may stand.
fn values(schema: &Value, path: &str, skips_any: bool, causes: &mut Vec<Cause>) {
    for key in ["anyOf", "allOf", "oneOf"].into_iter().filter(|key| *key != "anyOf" || !skips_any) {
        for (index, part) in schema[key].as_array().into_iter().flatten().enumerate() {
            let skips = key == "allOf" && index == 0 && is_int_or_string(part);
            nested(part, &format!("{path}.{key}[{index}]"), skips, causes);
        }
    }
    if schema["not"].is_object() {
        nested(&schema["not"], &format!("{path}.not"), false, causes);
    }
    if let Some(text) = schema["pattern"].as_str().filter(|text| !text.is_empty())
        && let Some(fault) = pattern::fault(text)
    {
        let detail = format!("must be a valid regular expression, but isn't: {fault}");
        causes.push(Cause::invalid(format!("{path}.pattern"), &text.into(), detail));
    }
}

fn nested(schema: &Value, path: &str, skips_any: bool, causes: &mut Vec<Cause>) {
    values(schema, path, skips_any, causes);
    if schema["items"].is_object() {
        nested(&schema["items"], &format!("{path}.items"), false, causes);
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        nested(property, &format!("{path}.properties[{key}]"), false, causes);
    }
    let empty = "must be empty to be structural";
    let undefined = "must be undefined to be structural";
    let forbidden = [
        ("type", empty),
        ("additionalProperties", undefined),
        ("default", undefined),
        ("title", empty),
        ("description", empty),
        ("nullable", "must be false to be structural"),
        ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
        ("x-kubernetes-embedded-resource", "must be false to be structural"),
        ("x-kubernetes-int-or-string", "must be false to be structural"),
    ];
    for (key, detail) in forbidden {
        if !schema[key].is_null() && schema[key] != false {
            causes.push(Cause::forbidden(format!("{path}.{key}"), detail));
        }
    }
}

/// A default has to be what its schema asks for.
fn defaults(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if !schema["default"].is_null() {
        causes.extend(validate::of_default(schema, &schema["default"], &format!("{path}.default")));
        return;
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        defaults(property, &format!("{path}.properties[{key}]"), causes);
    }
    for key in ["items", "additionalProperties"].into_iter().filter(|key| schema[*key].is_object()) {
        defaults(&schema[key], &format!("{path}.{key}"), causes);
    }
}

/// What any schema must be, structural or not.
fn standard(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if let Some(kind) = schema["type"].as_str().filter(|kind| !kind.is_empty() && !TYPES.contains(kind)) {
        causes.push(Cause::unsupported(format!("{path}.type"), &kind.into(), &TYPES));
    }
    if schema["uniqueItems"] == true {
        let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        causes.push(Cause::forbidden(format!("{path}.uniqueItems"), detail));
    }
    let has_properties = schema["properties"].as_object().is_some_and(|own| !own.is_empty());
    let rest = &schema["additionalProperties"];
    if has_properties && (rest.is_object() || rest == false) {
        let detail = "additionalProperties and properties are mutual exclusive";
        causes.push(Cause::forbidden(format!("{path}.additionalProperties"), detail));
    }
    if rest.is_object() {
        standard(rest, &format!("{path}.additionalProperties"), causes);
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        standard(property, &format!("{path}.properties[{key}]"), causes);
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for (index, part) in schema[key].as_array().into_iter().flatten().enumerate() {
            standard(part, &format!("{path}.{key}[{index}]"), causes);
        }
    }
    for key in ["not", "items"].into_iter().filter(|key| schema[*key].is_object()) {
        standard(&schema[key], &format!("{path}.{key}"), causes);
    }
    if schema["x-kubernetes-preserve-unknown-fields"] == false {
        let field = format!("{path}.x-kubernetes-preserve-unknown-fields");
        causes.push(Cause::invalid(field, &false.into(), "must be true or undefined"));
    }
    merging(schema, path, causes);
}

/// How lists and maps merge.
fn merging(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    let kind = schema["type"].as_str().unwrap_or_default();
    for (key, wanted, allowed) in [
        ("x-kubernetes-map-type", "object", &["atomic", "granular"][..]),
        ("x-kubernetes-list-type", "array", &["atomic", "set", "map"][..]),
    ] {
        let Some(given) = schema[key].as_str() else { continue };
        if kind != wanted {
            let detail = format!("must be {wanted} if {key} is specified");
            causes.push(required_or_invalid(format!("{path}.type"), kind, &detail));
        }
        if !allowed.contains(&given) {
            causes.push(Cause::unsupported(format!("{path}.{key}"), &given.into(), allowed));
        }
    }
    let (list, keys) = (schema["x-kubernetes-list-type"].as_str(), schema["x-kubernetes-list-map-keys"].as_array());
    let keys = keys.map_or(&[][..], Vec::as_slice);
    if !keys.is_empty() && list != Some("map") {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        let field = format!("{path}.x-kubernetes-list-type");
        causes.push(required_or_invalid(field, list.unwrap_or_default(), detail));
    }
    match list {
        Some("map") => map_list(schema, keys, path, causes),
        Some("set") => set_list(&schema["items"], path, causes),
        _ => {}
    }
}

fn set_list(items: &Value, path: &str, causes: &mut Vec<Cause>) {
    let key = match items["type"].as_str() {
        Some("array") => "x-kubernetes-list-type",
        Some("object") => "x-kubernetes-map-type",
        _ => return,
    };
    let granular = if key == "x-kubernetes-map-type" {
        items[key] != "atomic"
    } else {
        items[key].is_string() && items[key] != "atomic"
    };
    if granular {
        let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
        causes.push(Cause::invalid(format!("{path}.items.{key}"), &items["x-kubernetes-list-type"], detail));
    }
}

fn map_list(schema: &Value, keys: &[Value], path: &str, causes: &mut Vec<Cause>) {
    let (items, at_keys) = (&schema["items"], format!("{path}.x-kubernetes-list-map-keys"));
    if keys.is_empty() {
        causes.push(Cause::required(at_keys.as_str(), "must not be empty if x-kubernetes-list-type is map"));
    }
    if !items.is_object() {
        let detail = "must have a schema if x-kubernetes-list-type is map";
        causes.push(Cause::required(format!("{path}.items"), detail));
        return;
    }
    if items["type"] != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        let kind = items["type"].as_str().unwrap_or_default();
        causes.push(Cause::invalid(format!("{path}.items.type"), &kind.into(), detail));
        return;
    }
    let all = Value::from(keys.to_vec());
    for key in keys.iter().filter_map(Value::as_str) {
        let property = &items["properties"][key];
        let place = format!("{path}.items.properties[{key}]");
        if !property.is_object() {
            causes.push(Cause::invalid(at_keys.as_str(), &all, "entries must all be names of item properties"));
            continue;
        }
        if matches!(property["type"].as_str(), Some("array" | "object")) {
            let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            causes.push(Cause::invalid(format!("{place}.type"), &items["type"], detail));
        }
        let required = items["required"].as_array().is_some_and(|list| list.iter().any(|one| one == key));
        if !required && property["default"].is_null() {
            let detail =
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            causes.push(Cause::required(format!("{place}.default"), detail));
        }
        if property["nullable"] == true {
            let detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            causes.push(Cause::forbidden(format!("{place}.nullable"), detail));
        }
    }
}
