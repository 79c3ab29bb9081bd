//! Replacing a field inside of a text that itself holds JSON or YAML.

use windlass_yaml::{ScalarStyle, Style, Value};

use super::path_matcher::{self, PathMatcher};
use crate::error::{Error, Result};
use crate::go_json;
use crate::node::{Kind, Node, Scalar, Tag, resolve};

/// Sets the value where the path leads through a text into the structure it holds. Fails if it does not.
pub(super) fn set(target: &mut Node, value: &Node, path: &[String], create: Option<Kind>) -> Result<()> {
    let (outer, inner) = split(target, path).ok_or_else(|| Error::invalid("no structured data found in path"))?;
    let text = target.lookup(outer)?.map_or("", Node::text).to_owned();
    let mut structure = path_matcher::parse(&text)?;
    let locations = PathMatcher { create }.find(&mut structure, inner)?;
    if locations.is_empty() {
        return Err(Error::invalid("unable to find field in structured data"));
    }
    for location in &locations {
        match path_matcher::at(&mut structure, location) {
            Some(Node::Scalar(field)) => value.text().clone_into(&mut field.text),
            Some(field) => *field = value.clone(),
            None => {}
        }
    }
    let printed = print(&structure, &text)?;
    match target.lookup_mut(outer)? {
        Some(Node::Scalar(field)) => {
            field.text = printed;
            Ok(())
        }
        _ => Err(Error::invalid("no structured data found in path")),
    }
}

/// The way to the text and the rest of the path: the first text on the way that can be read as YAML.
fn split<'p>(target: &Node, path: &'p [String]) -> Option<(&'p [String], &'p [String])> {
    (1..path.len()).map(|length| path.split_at(length)).find(|(outer, _)| {
        let found = target.lookup(outer).ok().flatten();
        found.is_some_and(|node| node.kind() == Kind::Scalar && path_matcher::parse(node.text()).is_ok())
    })
}

/// JSON stays JSON, indented if it was; everything else is printed as YAML.
fn print(structure: &Node, original: &str) -> Result<String> {
    if !original.trim_start().starts_with(['{', '[']) {
        let mut out = String::new();
        Printer { out: &mut out }.block(structure, 0)?;
        return Ok(out.trim().to_owned());
    }
    let json = structure.to_json()?;
    let is_indented = original.contains('\n') && original.contains("  ");
    Ok(if is_indented { go_json::to_indented_text(&json) } else { go_json::to_text(&json) })
}

/// Prints YAML with keys in their order and scalars in their style. Comments are not kept.
struct Printer<'a> {
    out: &'a mut String,
}

impl Printer<'_> {
    fn block(&mut self, node: &Node, indent: usize) -> Result<()> {
        match node {
            Node::Map(entries) if !entries.is_empty() => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        self.indent(indent);
                    }
                    self.scalar(key, indent);
                    self.out.push(':');
                    self.value(value, indent)?;
                }
            }
            Node::Seq(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.indent(indent);
                    }
                    self.out.push_str("- ");
                    self.block(item, indent + 2)?;
                }
            }
            Node::Map(_) => self.out.push_str("{}\n"),
            Node::Seq(_) => self.out.push_str("[]\n"),
            Node::Scalar(scalar) => {
                self.scalar(scalar, indent);
                self.out.push('\n');
            }
        }
        Ok(())
    }

    /// What stands behind a key: on the same line, or below it.
    fn value(&mut self, value: &Node, indent: usize) -> Result<()> {
        let is_below = !value.is_empty();
        match value {
            Node::Map(_) if is_below => {
                self.out.push('\n');
                self.indent(indent + 2);
                self.block(value, indent + 2)
            }
            Node::Seq(_) if is_below => {
                self.out.push('\n');
                self.indent(indent);
                self.block(value, indent)
            }
            _ => {
                if !(value.is_null() && value.text().is_empty()) {
                    self.out.push(' ');
                }
                self.block(value, indent)
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn scalar(&mut self, scalar: &Scalar, indent: usize) {
        let is_forced = scalar.tag == Tag::Str && resolve(&scalar.text) != Value::String;
        let text = match scalar.style {
            ScalarStyle::SingleQuoted if !scalar.text.contains('\n') => {
                format!("'{}'", scalar.text.replace('\'', "''"))
            }
            ScalarStyle::DoubleQuoted => go_json::to_text(&scalar.text.as_str().into()),
            ScalarStyle::Plain if !is_forced && scalar.tag != Tag::Str => scalar.text.clone(),
            _ => {
                let printed = windlass_yaml::emit(&scalar.text.as_str().into(), Style::Kyaml);
                indented(printed.trim_end_matches('\n'), indent)
            }
        };
        self.out.push_str(&text);
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
