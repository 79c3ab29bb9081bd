use serde_json::json;

use super::document::Document;
use super::keywords;

#[track_caller]
fn check(schema: serde_json::Value, value: serde_json::Value, expected: Result<(), &str>) {
    let outcome = Document::new(&schema)
        .and_then(|document| keywords::validate(&document, &value).map_err(|failure| failure.to_string()));
    assert_eq!(outcome.as_ref().copied().map_err(|text| text.trim_end()), expected, "{value} against {schema}");
}

#[test]
fn failures_read_as_helm_prints_them() {
    let schema =
        json!({"properties": {"n": {"type": ["integer", "null"]}, "s": {"enum": ["a", "b"]}}, "required": ["p"]});
    check(
        schema,
        json!({"n": "x", "s": "c"}),
        Err(
            "- at '': missing property 'p'\n- at '/n': got string, want null or integer\n- at '/s': value must be one of 'a', 'b'",
        ),
    );
    let schema = json!({"anyOf": [{"type": "string"}, {"minimum": 70000}]});
    check(
        schema,
        json!(1),
        Err("- at '': 'anyOf' failed\n  - at '': got number, want string\n  - at '': minimum: got 1, want 70,000"),
    );
}

#[test]
fn references_are_followed_inside_the_document_only() {
    let schema = json!({"$defs": {"port": {"type": "integer"}}, "properties": {"port": {"$ref": "#/$defs/port"}}});
    check(schema.clone(), json!({"port": 1}), Ok(()));
    check(schema, json!({"port": "x"}), Err("- at '/port': got string, want integer"));
    let remote = json!({"$ref": "https://example.com/a.json"});
    check(remote, json!({}), Err("failing loading \"https://example.com/a.json\": remote references are not followed"));
    let named = json!({"$defs": {"x": {"$id": "x.json", "$anchor": "it", "type": "null"}}, "$ref": "x.json#it"});
    check(named, json!(1), Err("- at '': got number, want null"));
}

#[test]
fn references_in_a_circle_end() {
    let schema = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
    check(schema, json!({}), Err("- at '': schema refers to itself causing reference cycle"));
    let recursive = json!({"properties": {"next": {"$ref": "#"}}, "additionalProperties": false});
    check(
        recursive,
        json!({"next": {"next": {"x": 1}}}),
        Err("- at '/next/next': additional properties 'x' not allowed"),
    );
}

#[test]
fn a_schema_that_multiplies_ends() {
    let mut definitions = serde_json::Map::new();
    for level in 0..60 {
        let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
        definitions.insert(format!("l{level}"), json!({"allOf": [next.clone(), {"allOf": [next]}]}));
    }
    definitions.insert("l60".to_owned(), json!(true));
    let schema = json!({"$defs": definitions, "$ref": "#/$defs/l0"});
    check(schema, json!({}), Err("schema takes too many steps to validate"));
}

#[test]
fn drafts_differ_in_items_and_formats() {
    let items = |draft: &str| json!({"$schema": draft, "items": [{"type": "null"}], "additionalItems": false});
    check(
        items("http://json-schema.org/draft-07/schema#"),
        json!([null, 1]),
        Err("- at '': last 1 additionalItem(s) not allowed"),
    );
    let tuple = json!({"prefixItems": [{"type": "null"}], "items": false});
    check(tuple, json!([null, 1]), Err("- at '/1': false schema"));
    let format = |draft: &str| json!({"$schema": draft, "format": "ipv4"});
    check(format("https://json-schema.org/draft/2020-12/schema"), json!("x"), Ok(()));
    check(
        format("http://json-schema.org/draft-07/schema#"),
        json!("x"),
        Err("- at '': 'x' is not valid ipv4: expected four decimals"),
    );
}

#[test]
fn unevaluated_properties_see_through_references() {
    let schema =
        json!({"allOf": [{"properties": {"a": true}}], "properties": {"b": true}, "unevaluatedProperties": false});
    check(schema.clone(), json!({"a": 1, "b": 2}), Ok(()));
    check(schema, json!({"a": 1, "c": 2}), Err("- at '/c': false schema"));
}
