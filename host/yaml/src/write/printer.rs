//! The layout of nodes: indentation, block collections, keys.

use serde_json::{Map, Number, Value};

use super::shape::{self, Shape};
use super::{Style, order};
use crate::number;
use crate::read::node::ScalarStyle;

/// Spaces of one level.
const STEP: usize = 2;

/// Where a node stands.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Context {
    Root,
    Item,
    /// The value of a key, or a key behind `?`.
    Mapping,
}

pub(super) struct Printer {
    pub(super) out: String,
    pub(super) style: Style,
    /// Column of the current level; `None` before the root is begun.
    pub(super) indent: Option<usize>,
    /// In characters.
    pub(super) column: usize,
    /// The last thing written was space.
    pub(super) spaced: bool,
    /// Nothing but indentation and `-`, `?`, `:` stands on the line so far.
    pub(super) indenting: bool,
}

impl Printer {
    pub(super) fn new(style: Style) -> Self {
        Self { out: String::new(), style, indent: None, column: 0, spaced: true, indenting: true }
    }

    pub(super) fn finish(mut self) -> String {
        self.start_line();
        self.out
    }

    pub(super) fn node(&mut self, value: &Value, context: Context) {
        match value {
            Value::Null => self.word("null"),
            Value::Bool(true) => self.word("true"),
            Value::Bool(false) => self.word("false"),
            Value::Number(value) => self.word(&self.number_text(value)),
            Value::String(text) => {
                let shape = shape::shape(text, self.style, false);
                self.string(text, shape.style, true);
            }
            Value::Array(items) if items.is_empty() => self.word("[]"),
            Value::Object(entries) if entries.is_empty() => self.word("{}"),
            Value::Array(items) => self.sequence(items, context),
            Value::Object(entries) => self.mapping(entries),
        }
    }

    fn sequence(&mut self, items: &[Value], context: Context) {
        let under_key = context == Context::Mapping;
        let outer = self.indent;
        let at_key = match self.style {
            Style::V2 => under_key && !self.indenting,
            Style::V3Pretty => false,
            Style::Kyaml => under_key && (self.column == 0 || !self.indenting),
        };
        self.indent = Some(match outer {
            None => 0,
            Some(indent) if at_key => indent,
            Some(indent) => indent + STEP,
        });
        for item in items {
            self.start_line();
            self.indicator("-", true);
            self.node(item, Context::Item);
        }
        self.indent = outer;
    }

    fn mapping(&mut self, entries: &Map<String, Value>) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(0, |indent| indent + STEP));
        let entries = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
        for (key, value) in order::sort(entries, self.style) {
            self.start_line();
            let Shape { style, simple_key } = shape::shape(key, self.style, true);
            if simple_key {
                self.string(key, style, false);
                self.put(":");
                self.spaced = false;
                self.indenting = false;
            } else {
                self.indicator("?", true);
                self.string(key, style, true);
                self.start_line();
                self.indicator(":", true);
            }
            self.node(value, Context::Mapping);
        }
        self.indent = outer;
    }

    fn number_text(&self, value: &Number) -> String {
        match value.as_f64() {
            Some(float) if value.is_f64() && self.style.is_v3() => number::format_float(float),
            Some(float) if value.is_f64() => number::format_via_json(float),
            _ => value.to_string(),
        }
    }

    /// A scalar or empty collection that is written as it is.
    fn word(&mut self, text: &str) {
        self.separate();
        self.put(text);
        self.spaced = false;
        self.indenting = false;
    }

    fn string(&mut self, text: &str, style: ScalarStyle, may_fold: bool) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(STEP, |indent| indent + STEP));
        self.scalar(text, style, may_fold);
        self.indent = outer;
    }

    /// `-`, `?` or `:` in front of a node, which may then go on in the same line.
    fn indicator(&mut self, indicator: &str, keeps_indenting: bool) {
        self.separate();
        self.put(indicator);
        self.spaced = false;
        self.indenting &= keeps_indenting;
    }

    /// A blank, unless there is one.
    pub(super) fn separate(&mut self) {
        if !self.spaced {
            self.put(" ");
        }
    }

    /// Goes to the column of the current level, on a new line unless this one holds only indentation up to there.
    pub(super) fn start_line(&mut self) {
        let indent = self.indent.unwrap_or_default();
        if !self.indenting || self.column > indent || (self.column == indent && !self.spaced) {
            self.line_break();
        }
        while self.column < indent {
            self.put(" ");
        }
        self.spaced = true;
        self.indenting = true;
    }

    pub(super) fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    pub(super) fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    pub(super) fn put_char(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }
}
