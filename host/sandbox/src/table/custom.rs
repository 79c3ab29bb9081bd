//! Columns that a CRD asks for: a JSONPath each, without filters and recursion, as CRDs may have.

use serde_json::{Value, json};

use super::age;
use crate::crd::{CustomVersion, PrinterColumn};
use crate::object::{self, Object};

pub(super) fn definitions(version: &CustomVersion) -> Vec<Value> {
    let mut definitions = vec![json!({
        "name": "Name", "type": "string", "format": "name", "description": "", "priority": 0,
    })];
    if version.columns.is_empty() {
        definitions.push(json!({ "name": "Age", "type": "date", "format": "", "description": "", "priority": 0 }));
    }
    definitions.extend(version.columns.iter().map(definition));
    definitions
}

fn definition(column: &PrinterColumn) -> Value {
    json!({
        "name": column.name,
        "type": column.kind,
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    })
}

pub(super) fn cells(version: &CustomVersion, object: &Object) -> Vec<Value> {
    let mut cells = vec![object::name(object).into()];
    if version.columns.is_empty() {
        cells.push(age::since(object::text(object::metadata(object), "creationTimestamp")).into());
    }
    cells.extend(version.columns.iter().map(|column| cell(column, object)));
    cells
}

fn cell(column: &PrinterColumn, object: &Object) -> Value {
    let found = find(object, &column.path);
    match (column.kind.as_str(), found.first()) {
        (_, None | Some(Value::Null)) => Value::Null,
        ("date", Some(Value::String(time))) => age::since(time).into(),
        ("integer", Some(value)) => value.as_i64().map_or(Value::Null, Value::from),
        ("number" | "boolean", Some(value)) => (*value).clone(),
        ("string", Some(Value::String(text))) if found.len() == 1 => text.as_str().into(),
        ("string", Some(_)) if found.len() == 1 => found[0].to_string().into(),
        (_, Some(_)) => {
            let words: Vec<String> =
                found.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
            words.join(",").into()
        }
    }
}

/// The values at a path such as `.status.conditions[?(@.type=="Ready")].status` or `.spec.list[0].name`.
fn find<'a>(object: &'a Object, path: &str) -> Vec<&'a Value> {
    let mut steps = steps(path).into_iter();
    let Some(Step::Field(first)) = steps.next() else { return Vec::new() };
    let mut found: Vec<&Value> = object.get(&first).into_iter().collect();
    for step in steps {
        found = found.into_iter().flat_map(|value| step.take(value)).collect();
    }
    found
}

enum Step {
    Field(String),
    Index(usize),
    All,
    Where { field: String, equals: String },
}

impl Step {
    fn take<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let list = value.as_array().map_or(&[][..], Vec::as_slice);
        match self {
            Step::Field(name) => value.get(name).into_iter().collect(),
            Step::Index(index) => list.get(*index).into_iter().collect(),
            Step::All => list.iter().collect(),
            Step::Where { field, equals } => {
                list.iter().filter(|item| item[field.as_str()].as_str() == Some(equals)).collect()
            }
        }
    }
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (step, left) = if let Some(inside) = rest.strip_prefix('[') {
            let Some(end) = inside.find(']') else { return steps };
            (bracket(&inside[..end]), &inside[end + 1..])
        } else {
            let field = rest.trim_start_matches('.');
            let end = unescaped(field);
            (Some(Step::Field(field[..end].replace("\\.", "."))), &field[end..])
        };
        steps.extend(step);
        rest = left;
    }
    steps
}

/// Where a field name ends: at a dot or bracket that no backslash precedes.
fn unescaped(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |at: usize| matches!(bytes[at], b'.' | b'[') && (at == 0 || bytes[at - 1] != b'\\');
    (0..bytes.len()).find(|at| ends(*at)).unwrap_or(bytes.len())
}

fn bracket(inside: &str) -> Option<Step> {
    if inside == "*" {
        return Some(Step::All);
    }
    if let Ok(index) = inside.parse() {
        return Some(Step::Index(index));
    }
    if let Some(filter) = inside.strip_prefix("?(@.").and_then(|text| text.strip_suffix(')')) {
        let (field, equals) = filter.split_once("==")?;
        let equals = equals.trim().trim_matches(['"', '\'']).to_owned();
        return Some(Step::Where { field: field.trim().into(), equals });
    }
    Some(Step::Field(inside.trim_matches(['"', '\'']).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &[&str]) {
        let object = object::parse(br#"{"spec":{"a.b":"dotted","list":[{"type":"X","v":"1"},{"type":"Y","v":"2"}]}}"#)
            .expect("valid JSON");
        let found: Vec<&str> = find(&object, path).into_iter().filter_map(Value::as_str).collect();
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn paths_of_printer_columns_find_fields_indices_filters_and_all() {
        check(".spec.list[1].v", &["2"]);
        check(".spec.list[*].v", &["1", "2"]);
        check(".spec.list[?(@.type==\"Y\")].v", &["2"]);
        check(".spec.a\\.b", &["dotted"]);
        check(".spec['a.b']", &["dotted"]);
        check(".spec.none", &[]);
    }
}
