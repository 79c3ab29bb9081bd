//! TOML, in and out, in the layout of BurntSushi/toml: scalars before tables, tables indented below their parent.

use windlass_gotemplate::{Functions, List, Map, Signature, Text, Value};

use super::{ANY, TEXT, argument, failed, text};

/// Deepest nesting that is written; a map that holds itself has no end.
const MAX_DEPTH: usize = 250;

pub(super) fn register(functions: &mut Functions) {
    functions.add("toToml", Signature::fixed(ANY), |_, arguments| {
        Ok(Value::string(encode(&argument(arguments, 0)).unwrap_or_else(|error| error)))
    });
    functions.add("mustToToml", Signature::fixed(ANY), |_, arguments| {
        encode(&argument(arguments, 0)).map(Value::string).map_err(failed)
    });
    functions.add("fromToml", Signature::fixed(TEXT), |_, arguments| Ok(decode(&text(arguments, 0))));
}

fn decode(source: &Text) -> Value {
    match toml::from_str::<toml::Table>(&source.to_str()) {
        Ok(table) => from_table(table),
        Err(error) => Value::map([("Error", Value::string(reason(&source.to_str(), &error)))]),
    }
}

/// The line and what is wrong there, as far as possible in the words that Helm's library uses.
fn reason(source: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(source.len(), |span| span.start);
    let line = source.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    let is_end = source.get(at..).is_none_or(|rest| rest.trim().is_empty()) || !source.contains('=');
    let reason = match error.message() {
        message if message.starts_with("key with no value") && is_end => "unexpected EOF; expected key separator '='",
        message => message,
    };
    format!("toml: line {line}: {reason}")
}

fn from_table(table: toml::Table) -> Value {
    Value::map(table.into_iter().map(|(key, value)| (key, from_toml(value))))
}

fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::string(text),
        toml::Value::Integer(integer) => Value::int64(integer),
        toml::Value::Float(float) => Value::float(float),
        toml::Value::Boolean(value) => Value::Bool(value),
        toml::Value::Datetime(time) => Value::string(time.to_string()),
        toml::Value::Array(items) => Value::list(items.into_iter().map(from_toml).collect()),
        toml::Value::Table(table) => from_table(table),
    }
}

fn encode(value: &Value) -> Result<String, String> {
    let mut encoder = Encoder { out: String::new() };
    match value.underlying() {
        Value::Map(map) => encoder.table(&mut Vec::new(), &map)?,
        Value::List(list) if is_table_list(&list)? => {
            return Err("toml: top-level values must be Go maps or structs".to_owned());
        }
        _ => return Err("toml: top-level values must be Go maps or structs".to_owned()),
    }
    Ok(encoder.out)
}

struct Encoder {
    out: String,
}

impl Encoder {
    fn table(&mut self, path: &mut Vec<String>, map: &Map) -> Result<(), String> {
        if path.len() > MAX_DEPTH {
            return Err(format!("toml: tables are nested deeper than {MAX_DEPTH}"));
        }
        let mut tables = Vec::new();
        for (key, value) in map.entries() {
            let value = value.underlying();
            if is_table(&value)? {
                tables.push((key, value));
            } else if !value.is_nil() {
                self.out += &format!("{}{} = ", "  ".repeat(path.len()), quoted_key(&key));
                self.inline(&value, path.len())?;
                self.out.push('\n');
            }
        }
        for (key, value) in tables {
            path.push(quoted_key(&key));
            self.section(path, &value)?;
            path.pop();
        }
        Ok(())
    }

    fn section(&mut self, path: &mut Vec<String>, value: &Value) -> Result<(), String> {
        let indent = "  ".repeat(path.len() - 1);
        let name = path.join(".");
        match value {
            Value::Map(map) => {
                if path.len() == 1 && !self.out.is_empty() {
                    self.out.push('\n');
                }
                self.out += &format!("{indent}[{name}]\n");
                self.table(path, map)
            }
            Value::List(list) => list.items().iter().try_for_each(|item| {
                let Value::Map(map) = item.underlying() else { return Ok(()) };
                if !self.out.is_empty() {
                    self.out.push('\n');
                }
                self.out += &format!("{indent}[[{name}]]\n");
                self.table(path, &map)
            }),
            _ => Ok(()),
        }
    }

    fn inline(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("toml: values are nested deeper than {MAX_DEPTH}"));
        }
        match value.underlying() {
            Value::Bool(value) => self.out += &value.to_string(),
            Value::Int(value, _) => self.out += &value.to_string(),
            Value::Uint(value, _) => self.out += &value.to_string(),
            Value::Float(value, _) => self.out += &float(value),
            Value::String(text) => self.out += &quoted(&text.to_str()),
            Value::Bytes(bytes) => {
                let items = bytes.iter().map(ToString::to_string).collect::<Vec<_>>();
                self.out += &format!("[{}]", items.join(", "));
            }
            Value::List(list) => {
                self.separated(('[', ']'), list.items(), |encoder, item| encoder.inline(item, depth + 1))?
            }
            Value::Map(map) => {
                let (direct, tables) = split(&map)?;
                let entries: Vec<(Text, Value)> = direct.into_iter().chain(tables).collect();
                self.separated(('{', '}'), &entries, |encoder, (key, value)| {
                    encoder.out += &format!("{} = ", quoted_key(key));
                    encoder.inline(value, depth + 1)
                })?;
            }
            Value::Nil => return Err("toml: cannot encode array with nil element".to_owned()),
            other => return Err(format!("unexpected type: {}", other.type_of())),
        }
        Ok(())
    }

    fn separated<T>(
        &mut self,
        brackets: (char, char),
        items: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Result<(), String>,
    ) -> Result<(), String> {
        self.out.push(brackets.0);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out += ", ";
            }
            write(self, item)?;
        }
        self.out.push(brackets.1);
        Ok(())
    }
}

type Entries = Vec<(Text, Value)>;

/// What is written beside its key, and what gets a section of its own; nils are left out.
fn split(map: &Map) -> Result<(Entries, Entries), String> {
    let (mut direct, mut tables) = (Vec::new(), Vec::new());
    for (key, value) in map.entries().into_iter().filter(|(_, value)| !value.is_nil()) {
        let value = value.underlying();
        if is_table(&value)? { tables.push((key, value)) } else { direct.push((key, value)) }
    }
    Ok((direct, tables))
}

fn is_table(value: &Value) -> Result<bool, String> {
    match value {
        Value::Map(_) => Ok(true),
        Value::List(list) => is_table_list(list),
        _ => Ok(false),
    }
}

fn is_table_list(list: &List) -> Result<bool, String> {
    let items = list.items();
    if items.iter().any(Value::is_nil) {
        return Err("toml: cannot encode array with nil element".to_owned());
    }
    Ok(!items.is_empty() && items.iter().all(|item| matches!(item.underlying(), Value::Map(_))))
}

fn float(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan".to_owned() } else { value.to_string() };
    }
    let printed = windlass_gotemplate::fmt::sprint(&[Value::float(value)]).unwrap_or_default();
    let text = String::from_utf8_lossy(&printed).into_owned();
    if text.contains(['e', '.']) { text } else { text + ".0" }
}

fn quoted_key(key: &Text) -> String {
    let text = key.to_str();
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !text.is_empty() && text.bytes().all(bare) { text.into_owned() } else { quoted(&text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\t' => quoted += "\\t",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\u{8}' => quoted += "\\b",
            '\u{c}' => quoted += "\\f",
            control if control < ' ' || control == '\u{7f}' => quoted += &format!("\\u{:04x}", u32::from(control)),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_come_before_tables_and_tables_are_indented() {
        let server = Value::map([("port", Value::float(80.0)), ("tls", Value::map([("on", Value::Bool(true))]))]);
        let value = Value::map([("server", server), ("name", Value::string("a\"b")), ("none", Value::Nil)]);
        let expected = "name = \"a\\\"b\"\n\n[server]\n  port = 80.0\n  [server.tls]\n    on = true\n";
        assert_eq!(encode(&value).unwrap(), expected);
    }

    #[test]
    fn lists_of_tables_repeat_their_header() {
        let list = Value::list(vec![Value::map([("a", Value::int(1))]), Value::map([("a", Value::int(2))])]);
        assert_eq!(encode(&Value::map([("x y", list)])).unwrap(), "[[\"x y\"]]\n  a = 1\n\n[[\"x y\"]]\n  a = 2\n");
    }

    #[test]
    fn what_is_read_keeps_its_types() {
        let value = decode(&"a = 1\n[b]\nc = [1.5, true]\n".into());
        let map = value.as_map().unwrap();
        assert_eq!(map.get("a").unwrap().type_of(), windlass_gotemplate::Type::INT64);
        let error = decode(&"a = ".into());
        assert!(error.as_map().unwrap().contains("Error"));
    }
}
