//! Values by kind and verb.

use super::printer::Printer;
use super::quote::{can_backquote, quote, quote_ascii};
use crate::collection::{List, Map};
use crate::object::Object;
use crate::types::Type;
use crate::value::Value;

impl Printer {
    /// Prints an operand of a format.
    pub(super) fn print_arg(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(verb, |printer| printer.push_str("<nil>")),
            (value, 'T') => {
                let name = value.type_of().to_string();
                self.string(name.as_bytes());
            }
            (Value::List(_) | Value::Map(_) | Value::Object(_), 'w') => self.wrong_verb(value, verb),
            (value, verb) => self.print(value, verb),
        }
    }

    fn print(&mut self, value: &Value, verb: char) {
        let known = match value {
            Value::Nil => return self.print_nested_nil(verb),
            Value::Bool(value) if matches!(verb, 't' | 'v') => {
                self.pad(if *value { b"true" } else { b"false" });
                true
            }
            Value::Bool(_) => false,
            Value::Int(value, _) => self.integer((*value).into(), verb),
            Value::Uint(value, _) => self.integer((*value).into(), verb),
            Value::Float(value, kind) => self.float(*value, *kind, verb),
            Value::Complex(real, imaginary) => self.complex((*real, *imaginary), verb),
            Value::String(text) => self.text(text.as_bytes(), verb),
            Value::Bytes(bytes) => self.bytes(bytes, verb),
            Value::List(list) => return self.list(list, verb),
            Value::Map(map) => return self.map(map, verb),
            Value::Object(object) => return self.object(value, object.as_ref(), verb),
        };
        if !known {
            self.wrong_verb(value, verb);
        }
    }

    fn wrong_verb(&mut self, value: &Value, verb: char) {
        let name = value.type_of().to_string();
        self.bad_verb(verb, |printer| {
            printer.push_str(&name);
            printer.out.push(b'=');
            printer.print(value, 'v');
        });
    }

    /// A nil inside a list or map.
    fn print_nested_nil(&mut self, _verb: char) {
        self.push_str(if self.flags.sharp_v { "interface {}(nil)" } else { "<nil>" });
    }

    fn text(&mut self, text: &[u8], verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.string(text),
            'x' | 'X' => self.hex(text, verb == 'X'),
            'q' => self.quoted(text),
            _ => return false,
        }
        true
    }

    pub(super) fn string(&mut self, text: &[u8]) {
        let text = self.truncate(text);
        self.pad(text);
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.truncate(text);
        if self.flags.sharp && can_backquote(text) {
            self.pad(&[b"`", text, b"`"].concat());
        } else if self.flags.plus {
            self.pad(quote_ascii(text).as_bytes());
        } else {
            self.pad(quote(text).as_bytes());
        }
    }

    fn hex(&mut self, text: &[u8], upper: bool) {
        let count = self.flags.precision.map_or(text.len(), |precision| precision.min(text.len()));
        if count == 0 {
            return self.write_padding(self.flags.width.unwrap_or(0));
        }
        let prefix = match (self.flags.sharp, upper) {
            (false, _) => "",
            (true, false) => "0x",
            (true, true) => "0X",
        };
        let mut digits = String::from(prefix);
        for (index, byte) in text[..count].iter().enumerate() {
            if self.flags.space && index > 0 {
                digits.push(' ');
                digits.push_str(prefix);
            }
            digits.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad(digits.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8], verb: char) -> bool {
        match verb {
            's' => self.string(bytes),
            'x' | 'X' => self.hex(bytes, verb == 'X'),
            'q' => self.quoted(bytes),
            'v' | 'd' if self.flags.sharp_v => self.elements("[]byte{", bytes, "}", |printer, byte| {
                printer.hex_with_prefix(u64::from(*byte).into());
            }),
            _ => self.elements("[", bytes, "]", |printer, byte| {
                if !printer.integer(u64::from(*byte).into(), verb) {
                    let value = Value::Uint((*byte).into(), crate::types::UintKind::Uint8);
                    printer.wrong_verb(&value, verb);
                }
            }),
        }
        true
    }

    fn elements<T>(&mut self, open: &str, items: &[T], close: &str, print: impl Fn(&mut Self, &T)) {
        self.push_str(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push_str(if self.flags.sharp_v { ", " } else { " " });
            }
            self.nested(|printer| print(printer, item));
        }
        self.push_str(close);
    }

    fn list(&mut self, list: &List, verb: char) {
        if !self.flags.sharp_v {
            return self.elements("[", list.items(), "]", |printer, item| printer.print(item, verb));
        }
        let name = Type::List(list.elem()).to_string();
        if list.is_nil() {
            return self.push_str(&format!("{name}(nil)"));
        }
        self.elements(&format!("{name}{{"), list.items(), "}", |printer, item| printer.print(item, verb));
    }

    fn map(&mut self, map: &Map, verb: char) {
        let (open, close) =
            if self.flags.sharp_v { (format!("{}{{", Type::Map(map.elem())), "}") } else { ("map[".to_owned(), "]") };
        let entries: Vec<_> = map.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        self.elements(&open, &entries, close, |printer, (key, value)| {
            printer.print(&Value::String(key.clone()), verb);
            printer.out.push(b':');
            printer.print(value, verb);
        });
    }

    fn object(&mut self, value: &Value, object: &dyn Object, verb: char) {
        let textual = matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.flags.sharp_v && !self.erroring;
        if let Some(text) = object.display().filter(|_| textual) {
            self.text(text.as_bytes(), verb);
        } else if let Some(inner) = object.underlying() {
            self.underlying(value, &inner, verb);
        } else if let Some(entries) = object.entries() {
            let entries = entries.into_iter().map(|(key, value)| (crate::text::Text::from(key_text(&key)), value));
            self.nested(|printer| printer.map(&Map::any(entries), verb));
        } else if let Some(text) = object.display() {
            self.push_str(&text);
        } else {
            self.push_str(if self.flags.sharp_v { object.type_name() } else { "" });
            self.push_str("{}");
        }
    }

    /// A named basic type prints like the basic one, but errors call it by its own name.
    fn underlying(&mut self, value: &Value, inner: &Value, verb: char) {
        let known = match inner {
            Value::Int(number, _) => self.integer((*number).into(), verb),
            Value::Uint(number, _) => self.integer((*number).into(), verb),
            Value::Float(number, kind) => self.float(*number, *kind, verb),
            Value::String(text) => self.text(text.as_bytes(), verb),
            other => {
                self.nested(|printer| printer.print(other, verb));
                true
            }
        };
        if !known {
            self.wrong_verb(value, verb);
        }
    }
}

fn key_text(key: &Value) -> Vec<u8> {
    match key {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Int(number, _) => number.to_string().into_bytes(),
        _ => Vec::new(),
    }
}
