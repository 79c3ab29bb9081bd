//! Objects as the real server prints its own types of them inside messages: all fields, in the order of its structs.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

/// One line for each field: the name that is printed (with `?` where an empty value is left out), its name in the
/// API, its type. A line with `%` begins a type.
static TABLE: &str = include_str!("golang.txt");

struct Field {
    printed: &'static str,
    omit_empty: bool,
    name: &'static str,
    of: &'static str,
}

static TYPES: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let mut types: HashMap<&str, Vec<Field>> = HashMap::new();
    let mut current = "";
    for line in TABLE.lines().filter(|line| !line.starts_with('/')) {
        if let Some(name) = line.strip_prefix('%') {
            current = name;
            types.entry(name).or_default();
            continue;
        }
        let mut words = line.split(' ');
        if let (Some(printed), Some(name), Some(of)) = (words.next(), words.next(), words.next()) {
            let omit_empty = printed.ends_with('?');
            let field = Field { printed: printed.trim_end_matches('?'), omit_empty, name, of };
            types.entry(current).or_default().push(field);
        }
    }
    types
});

/// JSON that keeps an order of its own.
enum Printed {
    Leaf(String),
    List(Vec<Printed>),
    Map(Vec<(String, Printed)>),
}

/// In one line, as within a message.
pub(super) fn line(of: &str, value: &Value) -> String {
    let mut out = String::new();
    print(of, value).write(&mut out, None);
    out
}

/// In many lines, each indented by one blank a level, as within a difference.
pub(super) fn lines(of: &str, value: &Value) -> Vec<String> {
    let mut out = String::new();
    print(of, value).write(&mut out, Some(0));
    out.lines().map(str::to_owned).collect()
}

fn print(of: &str, value: &Value) -> Printed {
    if let Some(of) = of.strip_prefix('*') {
        return if value.is_null() { null() } else { print(of, value) };
    }
    if let Some(of) = of.strip_prefix("[]") {
        return value
            .as_array()
            .map_or_else(null, |items| Printed::List(items.iter().map(|item| print(of, item)).collect()));
    }
    if let Some(of) = of.strip_prefix("{}") {
        let entry = |(key, value): (&String, &Value)| (quoted(key), print(of, value));
        return value.as_object().map_or_else(null, |map| Printed::Map(map.iter().map(entry).collect()));
    }
    match of {
        "string" => Printed::Leaf(quoted(value.as_str().unwrap_or_default())),
        "bool" => Printed::Leaf((value == &Value::Bool(true)).to_string()),
        "Quantity" if value.is_null() => Printed::Leaf("\"0\"".into()),
        "int" | "IntOrString" if value.is_null() => Printed::Leaf("0".into()),
        "LabelSelector" => selector(value),
        _ => match TYPES.get(of) {
            Some(fields) => Printed::Map(fields.iter().filter_map(|field| entry(field, value)).collect()),
            None => plain(value),
        },
    }
}

fn entry(field: &Field, value: &Value) -> Option<(String, Printed)> {
    // What stands beside the fields of a type here stands in its metadata in the API.
    let value = match field.name {
        "-" => &value["metadata"][field.printed],
        name => value.get(name).unwrap_or(&Value::Null),
    };
    let empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    if field.omit_empty && empty {
        return None;
    }
    Some((quoted(field.printed), print(field.of, value)))
}

/// The only type that many messages show and that leaves out what is empty.
fn selector(value: &Value) -> Printed {
    let fields = ["matchLabels", "matchExpressions"].into_iter();
    let set = fields.filter_map(|key| Some((quoted(key), plain(value.get(key)?))));
    Printed::Map(set.collect())
}

fn plain(value: &Value) -> Printed {
    match value {
        Value::Array(items) => Printed::List(items.iter().map(plain).collect()),
        Value::Object(entries) => {
            Printed::Map(entries.iter().map(|(key, value)| (quoted(key), plain(value))).collect())
        }
        Value::String(text) => Printed::Leaf(quoted(text)),
        scalar => Printed::Leaf(scalar.to_string()),
    }
}

fn null() -> Printed {
    Printed::Leaf("null".into())
}

/// Go's encoder hides what HTML would take for markup.
fn quoted(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

impl Printed {
    fn write(&self, out: &mut String, depth: Option<usize>) {
        match self {
            Printed::Leaf(text) => out.push_str(text),
            Printed::List(items) => group(out, depth, ('[', ']'), items.iter().map(|item| ("", item))),
            Printed::Map(entries) => {
                group(out, depth, ('{', '}'), entries.iter().map(|(key, value)| (key.as_str(), value)));
            }
        }
    }
}

fn group<'p>(
    out: &mut String,
    depth: Option<usize>,
    (open, close): (char, char),
    entries: impl ExactSizeIterator<Item = (&'p str, &'p Printed)>,
) {
    out.push(open);
    let any = entries.len() > 0;
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            out.push(',');
        }
        break_line(out, depth.map(|depth| depth + 1));
        if !key.is_empty() {
            out.push_str(key);
            out.push_str(if depth.is_some() { ": " } else { ":" });
        }
        value.write(out, depth.map(|depth| depth + 1));
    }
    if any {
        break_line(out, depth);
    }
    out.push(close);
}

fn break_line(out: &mut String, depth: Option<usize>) {
    if let Some(depth) = depth {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_type_is_printed_with_all_its_fields_in_their_order() {
        assert_eq!(
            line("core.ServicePort", &json!({ "port": 80, "protocol": "TCP" })),
            r#"{"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}"#
        );
        assert_eq!(
            lines("rbac.RoleRef", &json!({ "kind": "Role", "name": "a&b" })).join("|"),
            "{| \"APIGroup\": \"\",| \"Kind\": \"Role\",| \"Name\": \"a\\u0026b\"|}"
        );
    }
}
