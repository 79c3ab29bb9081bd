//! A parsed template: nodes in one vector, referring to each other by index. Nothing here is
//! recursive, so a tree is dropped without deep stacks however it is nested.

use std::fmt::Write;
use std::rc::Rc;

use crate::function::Function;
use crate::value::Value;

/// Index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u32);

/// A piece of the template's text. Names are kept as what they are in it, so that reading one costs no allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Nodes in a row of [`Tree::lists`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A template's body, and the text it was cut from.
#[derive(Debug)]
pub(crate) struct Tree {
    /// What `template` calls it.
    pub(crate) name: Rc<str>,
    /// What its file is called; the name, except inside `define` and `block`.
    pub(crate) file: Rc<str>,
    pub(crate) text: Rc<str>,
    pub(crate) nodes: Vec<Entry>,
    /// The members of all lists, those of one beside each other.
    pub(crate) lists: Vec<NodeId>,
    pub(crate) root: List,
}

#[derive(Debug)]
pub(crate) struct Entry {
    /// Byte offset in the text.
    pub(crate) pos: usize,
    pub(crate) node: Node,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Span),
    Action {
        pipe: NodeId,
    },
    If(Branch),
    With(Branch),
    Range(Branch),
    Template {
        name: Rc<str>,
        pipe: Option<NodeId>,
    },
    Break,
    Continue,
    Pipe(Pipe),
    Command {
        args: List,
    },
    Identifier(Rc<Function>),
    /// `.a.b` as it stands in the text, like all `fields`.
    Field(Span),
    Variable {
        name: Span,
        fields: Span,
    },
    Chain {
        node: NodeId,
        fields: Span,
    },
    Dot,
    Nil,
    Bool(bool),
    Number(Box<Number>),
    String {
        quoted: Span,
        value: Value,
    },
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: NodeId,
    pub(crate) list: List,
    pub(crate) otherwise: Option<List>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pipe {
    /// Variables set by the pipeline.
    pub(crate) declared: List,
    /// `=` rather than `:=`.
    pub(crate) assigns: bool,
    pub(crate) commands: List,
}

impl List {
    pub(crate) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl Span {
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A constant without a type yet: it becomes whatever the place asks for, if it can.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Number {
    pub(crate) text: String,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
}

impl Tree {
    pub(crate) fn entry(&self, id: NodeId) -> &Entry {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.entry(id).node
    }

    pub(crate) fn list(&self, list: List) -> &[NodeId] {
        &self.lists[list.start as usize..list.end as usize]
    }

    pub(crate) fn span(&self, span: Span) -> &str {
        &self.text[span.start..span.end]
    }

    /// Nothing but space: such a body never replaces another.
    pub(crate) fn is_empty(&self) -> bool {
        self.list(self.root).iter().all(|id| match self.node(*id) {
            Node::Text(text) => self.span(*text).trim().is_empty(),
            _ => false,
        })
    }

    /// The node as source text, in Go's normal form.
    pub(crate) fn source(&self, id: NodeId) -> String {
        let mut out = String::new();
        self.write(id, &mut out);
        out
    }

    fn write(&self, id: NodeId, out: &mut String) {
        match self.node(id) {
            Node::Text(text) => out.push_str(self.span(*text)),
            Node::Action { pipe } => self.write_wrapped("{{", *pipe, "}}", out),
            Node::If(branch) => self.write_branch("if", branch, out),
            Node::With(branch) => self.write_branch("with", branch, out),
            Node::Range(branch) => self.write_branch("range", branch, out),
            Node::Template { name, pipe } => self.write_template(name, *pipe, out),
            Node::Break => out.push_str("{{break}}"),
            Node::Continue => out.push_str("{{continue}}"),
            Node::Pipe(pipe) => self.write_pipe(pipe, out),
            Node::Command { args } => self.write_command(*args, out),
            Node::Identifier(function) => out.push_str(&function.name),
            Node::Field(fields) => out.push_str(self.span(*fields)),
            Node::Variable { name, fields } => {
                out.push_str(self.span(*name));
                out.push_str(self.span(*fields));
            }
            Node::Chain { node, fields } => {
                self.write_operand(*node, out);
                out.push_str(self.span(*fields));
            }
            Node::Dot => out.push('.'),
            Node::Nil => out.push_str("nil"),
            Node::Bool(value) => {
                out.push_str(if *value { "true" } else { "false" });
            }
            Node::Number(number) => out.push_str(&number.text),
            Node::String { quoted, .. } => out.push_str(self.span(*quoted)),
        }
    }

    fn write_list(&self, list: List, out: &mut String) {
        for id in self.list(list) {
            self.write(*id, out);
        }
    }

    fn write_wrapped(&self, before: &str, id: NodeId, after: &str, out: &mut String) {
        out.push_str(before);
        self.write(id, out);
        out.push_str(after);
    }

    fn write_operand(&self, id: NodeId, out: &mut String) {
        match self.node(id) {
            Node::Pipe(_) => self.write_wrapped("(", id, ")", out),
            _ => self.write(id, out),
        }
    }

    fn write_branch(&self, word: &str, branch: &Branch, out: &mut String) {
        out.push_str("{{");
        out.push_str(word);
        self.write_wrapped(" ", branch.pipe, "}}", out);
        self.write_list(branch.list, out);
        if let Some(otherwise) = branch.otherwise {
            out.push_str("{{else}}");
            self.write_list(otherwise, out);
        }
        out.push_str("{{end}}");
    }

    fn write_template(&self, name: &str, pipe: Option<NodeId>, out: &mut String) {
        // Writing to a String cannot fail.
        write!(out, "{{{{template {}", crate::fmt::quote(name.as_bytes())).ok();
        if let Some(pipe) = pipe {
            self.write_wrapped(" ", pipe, "", out);
        }
        out.push_str("}}");
    }

    fn write_pipe(&self, pipe: &Pipe, out: &mut String) {
        for (index, variable) in self.list(pipe.declared).iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            self.write(*variable, out);
        }
        if !pipe.declared.is_empty() {
            out.push_str(if pipe.assigns { " = " } else { " := " });
        }
        for (index, command) in self.list(pipe.commands).iter().enumerate() {
            out.push_str(if index > 0 { " | " } else { "" });
            self.write(*command, out);
        }
    }

    fn write_command(&self, args: List, out: &mut String) {
        for (index, arg) in self.list(args).iter().enumerate() {
            out.push_str(if index > 0 { " " } else { "" });
            self.write_operand(*arg, out);
        }
    }
}
