//! How the real server tells of a strategic patch that makes something impossible: it does not read JSON, but brings Go's
//! maps into the type of the kind.

use serde_json::Value;

/// A value as Go prints it.
pub(super) fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" ")),
        Value::Object(entries) => {
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}:{}", printed(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
        plain => plain.to_string(),
    }
}

/// What a reader of JSON says of a value of the wrong type, in the words of the one that converts maps.
pub(super) fn restored(problem: &str) -> String {
    let parts = problem.strip_prefix("json: cannot unmarshal ").and_then(|rest| rest.split_once(" into "));
    let parts = parts.and_then(|(found, rest)| Some((found, rest.rsplit_once(" of type ")?.1)));
    let Some((found, wanted)) = parts else { return problem.to_owned() };
    let (of, kind) = match found {
        "array" => ("[]interface {}", "slice"),
        "object" => ("map[string]interface {}", "map"),
        "string" | "bool" => (found, found),
        number if number.contains(['.', 'e']) && number != "number" => ("float64", "float64"),
        _ => ("int64", "int64"),
    };
    if wanted.starts_with("map[") {
        format!("cannot restore map from {kind}")
    } else if wanted.starts_with("[]") {
        format!("cannot restore slice from {kind}")
    } else if wanted.contains('.') {
        format!("cannot restore struct from: {kind}")
    } else {
        format!("cannot convert {of} to {wanted}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_is_printed_as_the_map_that_it_is() {
        let patch = json!({ "data": null, "list": [1, "two", true], "map": { "b": {}, "a": "text" } });
        assert_eq!(printed(&patch), "map[data:<nil> list:[1 two true] map:map[a:text b:map[]]]");
    }

    #[test]
    fn types_are_told_by_the_names_of_go() {
        let told = |found: &str, wanted: &str| {
            restored(&format!("json: cannot unmarshal {found} into Go struct field Pod.spec of type {wanted}"))
        };
        assert_eq!(told("number", "string"), "cannot convert int64 to string");
        assert_eq!(told("number 1.5", "int32"), "cannot convert float64 to int32");
        assert_eq!(told("array", "map[string]string"), "cannot restore map from slice");
        assert_eq!(told("string", "v1.PodSpec"), "cannot restore struct from: string");
        assert_eq!(restored("another problem"), "another problem");
    }
}
