//! Go's JSON: sorted keys, its number forms, and the escaping of `<`, `>` and `&`.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_gotemplate::fmt::{format_float, write_value};
use windlass_gotemplate::{Failure, FloatKind, Functions, Object, Value};

use crate::args::{ANY, STRING, bytes};

/// Values nested deeper than this contain themselves, or might as well.
const MAX_NESTING: usize = 200;

pub(crate) fn register(functions: &mut Functions) {
    functions.add("fromJson", STRING, |_, args| Ok(decode(bytes(args, 0)).unwrap_or_default()));
    functions.add("mustFromJson", STRING, |_, args| decode(bytes(args, 0)).map_err(Failure::new));
    let mut add = |name: &str, must: &str, style: Style| {
        functions.add(name, ANY, move |_, args| match encode(&args[0], style) {
            // Only the raw form cannot swallow its error: it panics.
            Err(failure) if style == Style::Raw => Err(failure),
            result => Ok(Value::string(result.unwrap_or_default())),
        });
        functions.add(must, ANY, move |_, args| encode(&args[0], style).map(Value::string));
    };
    add("toJson", "mustToJson", Style::Compact);
    add("toPrettyJson", "mustToPrettyJson", Style::Pretty);
    add("toRawJson", "mustToRawJson", Style::Raw);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Compact,
    /// Indented by two blanks.
    Pretty,
    /// Compact, with `<`, `>` and `&` as they are.
    Raw,
}

/// # Errors
/// A number JSON cannot write, or nesting without end.
pub fn encode(value: &Value, style: Style) -> Result<String, Failure> {
    let mut writer = Writer { out: String::new(), style, depth: 0 };
    writer.value(value)?;
    Ok(writer.out)
}

/// Numbers become float64, as they do in an `interface{}`.
///
/// # Errors
/// The text is no JSON.
pub fn decode(text: &[u8]) -> Result<Value, String> {
    let json: serde_json::Value =
        serde_json::from_str(&String::from_utf8_lossy(text)).map_err(|error| error.to_string())?;
    Ok(from_json(json))
}

/// Depth is bounded by the parser.
fn from_json(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(truth) => truth.into(),
        serde_json::Value::Number(number) => Value::float(number.as_f64().unwrap_or(0.0)),
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Array(items) => Value::list(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => {
            Value::map(entries.into_iter().map(|(key, value)| (key, from_json(value))))
        }
    }
}

struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), Failure> {
        match value {
            Value::Nil => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number, _) => self.out.push_str(&number.to_string()),
            Value::Uint(number, _) => self.out.push_str(&number.to_string()),
            Value::Float(number, kind) => self.float(*number, *kind)?,
            Value::Complex(..) => return Err(Failure::new("json: unsupported type: complex128")),
            Value::String(text) => self.string(text.as_bytes()),
            Value::Bytes(bytes) => self.string(STANDARD.encode(bytes).as_bytes()),
            Value::List(list) if list.is_nil() => self.out.push_str("null"),
            Value::List(list) => self.sequence('[', ']', list.items().iter(), |writer, item| writer.value(item))?,
            Value::Map(map) => {
                let entries = map.entries();
                self.sequence('{', '}', entries.iter(), |writer, (key, value)| writer.entry(key.as_bytes(), value))?;
            }
            Value::Object(object) => return self.object(object.as_ref()),
        }
        Ok(())
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), Failure> {
        if let Some(text) = object.json() {
            self.string(text.as_bytes());
            return Ok(());
        }
        if let Some(plain) = object.underlying() {
            return self.value(&plain);
        }
        let entries = object.entries().unwrap_or_default();
        self.sequence('{', '}', entries.iter(), |writer, (key, value)| {
            let mut name = Vec::new();
            write_value(&mut name, key)?;
            writer.entry(&name, value)
        })
    }

    fn entry(&mut self, key: &[u8], value: &Value) -> Result<(), Failure> {
        self.string(key);
        self.out.push_str(if self.style == Style::Pretty { ": " } else { ":" });
        self.value(value)
    }

    fn sequence<T>(
        &mut self,
        open: char,
        close: char,
        items: impl ExactSizeIterator<Item = T>,
        write: impl Fn(&mut Self, T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.depth >= MAX_NESTING {
            return Err(Failure::new("json: unsupported value: encountered a cycle"));
        }
        self.depth += 1;
        let empty = items.len() == 0;
        self.out.push(open);
        for (index, item) in items.enumerate() {
            self.out.push_str(if index > 0 { "," } else { "" });
            self.line_break();
            write(self, item)?;
        }
        self.depth -= 1;
        if !empty {
            self.line_break();
        }
        self.out.push(close);
        Ok(())
    }

    fn line_break(&mut self) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(self.depth));
        }
    }

    /// Plain digits between 1e-6 and 1e21, else an exponent without padding.
    fn float(&mut self, number: f64, kind: FloatKind) -> Result<(), Failure> {
        if !number.is_finite() {
            let shown = windlass_gotemplate::fmt::shortest(number);
            return Err(Failure::new(format!("json: unsupported value: {shown}")));
        }
        let size = number.abs();
        if size == 0.0 || (1e-6..1e21).contains(&size) {
            self.out.push_str(&format_float(number, 'f', None, kind));
            return Ok(());
        }
        let text = format_float(number, 'e', None, kind);
        match text.strip_suffix(|char: char| char.is_ascii_digit()).and_then(|head| head.strip_suffix("e-0")) {
            Some(head) => {
                self.out.push_str(head);
                self.out.push_str("e-");
                self.out.push_str(&text[text.len() - 1..]);
            }
            None => self.out.push_str(&text),
        }
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push('"');
        for chunk in text.utf8_chunks() {
            chunk.valid().chars().for_each(|char| self.char(char));
            if !chunk.invalid().is_empty() {
                chunk.invalid().iter().for_each(|_| self.out.push_str("\\ufffd"));
            }
        }
        self.out.push('"');
    }

    fn char(&mut self, char: char) {
        match char {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\x08' => self.out.push_str("\\b"),
            '\x0c' => self.out.push_str("\\f"),
            '<' | '>' | '&' if self.style != Style::Raw => self.escape(char),
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => self.escape(char),
            char => self.out.push(char),
        }
    }

    fn escape(&mut self, char: char) {
        // Writing to a String cannot fail.
        write!(self.out, "\\u{:04x}", u32::from(char)).ok();
    }
}
