//! YAML in block style with keys in their order and scalars in their style, as kyaml prints it.

use windlass_yaml::{Dialect, ScalarStyle, Style, Value};

use crate::go_json;
use crate::node::{Node, Scalar, Tag, resolve};

/// The node as YAML without the last line break.
pub(super) fn print(node: &Node) -> String {
    let mut printer = Printer { out: String::new() };
    printer.block(node, 0);
    printer.out.trim().to_owned()
}

/// A scalar as it stands in YAML at an indentation.
pub(super) fn scalar(scalar: &Scalar, indent: usize) -> String {
    let text = scalar.text.as_str();
    let is_forced = scalar.tag == Tag::Str && resolve(text) != Value::String;
    match scalar.style {
        ScalarStyle::SingleQuoted if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
        ScalarStyle::DoubleQuoted => go_json::to_text(&text.into()),
        ScalarStyle::Literal if !text.contains('\n') => format!("|-\n{:indent$}  {text}", ""),
        ScalarStyle::Plain if !is_forced && (scalar.tag != Tag::Str || is_old_boolean(text)) => text.to_owned(),
        _ => indented(windlass_yaml::emit(&text.into(), Style::Kyaml).trim_end_matches('\n'), indent),
    }
}

/// `y`, `no` and their kind are plain strings here, though what prints whole values quotes them for older readers.
fn is_old_boolean(text: &str) -> bool {
    matches!(windlass_yaml::meaning(text, Dialect::V2), Value::Bool(_))
}

/// The node in flow style, on one line.
pub(super) fn flow(node: &Node) -> String {
    match node {
        Node::Map(entries) => {
            let entry = |(key, value): &(Scalar, Node)| format!("{}: {}", scalar(key, 0), flow(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Node::Seq(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Node::Scalar(text) => scalar(text, 0),
    }
}

struct Printer {
    out: String,
}

impl Printer {
    fn block(&mut self, node: &Node, indent: usize) {
        match node {
            Node::Map(entries) if !entries.is_empty() => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        self.indent(indent);
                    }
                    self.out.push_str(&scalar(key, indent));
                    self.out.push(':');
                    self.value(value, indent);
                }
            }
            Node::Seq(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.indent(indent);
                    }
                    self.out.push_str("- ");
                    self.block(item, indent + 2);
                }
            }
            Node::Map(_) => self.out.push_str("{}\n"),
            Node::Seq(_) => self.out.push_str("[]\n"),
            Node::Scalar(text) => {
                self.out.push_str(&scalar(text, indent));
                self.out.push('\n');
            }
        }
    }

    /// What stands behind a key: on the same line, or below it.
    fn value(&mut self, value: &Node, indent: usize) {
        let is_below = !value.is_empty();
        match value {
            Node::Map(_) if is_below => {
                self.out.push('\n');
                self.indent(indent + 2);
                self.block(value, indent + 2);
            }
            Node::Seq(_) if is_below => {
                self.out.push('\n');
                self.indent(indent);
                self.block(value, indent);
            }
            _ => {
                if !(value.is_null() && value.text().is_empty()) {
                    self.out.push(' ');
                }
                self.block(value, indent);
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// A block scalar's lines at the place it is printed; its first line is the header.
fn indented(printed: &str, indent: usize) -> String {
    let mut lines = printed.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push_str(line);
    }
    out
}
