//! The statement level: text, actions, branches, loops, templates calling templates.

use std::rc::Rc;

use super::{Execution, Slot};
use crate::ast::{Branch, List, Node, NodeId, Pipe, Tree};
use crate::error::{ExecError, Failure, Limit, Position};
use crate::fmt::{quote, write_value};
use crate::types::IntKind;
use crate::value::Value;

/// Boxed, because it travels through every return value and is rarely there.
pub(super) type Fault = Box<ExecError>;

/// What happens after a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

/// One template being executed.
pub(super) struct Frame<'e, 't> {
    pub(super) execution: &'e mut Execution,
    pub(super) tree: &'t Tree,
    /// The node that errors point at.
    pub(super) at: Option<NodeId>,
    variables: Vec<(&'t str, Slot)>,
}

impl<'e, 't> Frame<'e, 't> {
    /// Executes `tree`; what it writes is appended to the execution's output.
    pub(super) fn run(execution: &'e mut Execution, tree: &'t Tree, dot: Slot) -> Result<(), Fault> {
        let mut frame = Frame { execution, tree, at: None, variables: vec![("$", dot.clone())] };
        let Some(depth) = frame.execution.budget.depth.checked_sub(1) else {
            return Err(frame.too_deep());
        };
        frame.execution.budget.depth = depth;
        let result = frame.walk_list(&dot, tree.root);
        frame.execution.budget.depth += 1;
        result.map(|_| ())
    }

    fn too_deep(&self) -> Fault {
        let max = self.execution.max_depth;
        self.failure(Failure::limit(Limit::Depth, format!("exceeded maximum template depth ({max})")))
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Result<T, Fault> {
        Err(self.failure(Failure::new(message)))
    }

    pub(super) fn failure(&self, failure: Failure) -> Fault {
        Box::new(ExecError {
            template: self.tree.name.to_string(),
            position: self.at.map(|id| self.position(id)),
            message: failure.message,
            cause: failure.cause,
            limit: failure.limit,
        })
    }

    fn position(&self, id: NodeId) -> Position {
        let before = &self.tree.text.as_bytes()[..self.tree.entry(id).pos];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        Position {
            file: self.tree.file.to_string(),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: before.len() - line_start,
            node: self.tree.source(id),
        }
    }

    pub(super) fn step(&mut self) -> Result<(), Fault> {
        self.execution.budget.step().map_err(|failure| self.failure(failure))
    }

    fn walk_list(&mut self, dot: &Slot, list: List) -> Result<Flow, Fault> {
        for id in self.tree.list(list) {
            match self.walk(dot, *id)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn walk(&mut self, dot: &Slot, id: NodeId) -> Result<Flow, Fault> {
        self.at = Some(id);
        self.step()?;
        match self.tree.node(id) {
            Node::Text(text) => self.write_text(self.tree.span(*text).as_bytes())?,
            Node::Action { pipe } => self.walk_action(dot, id, *pipe)?,
            Node::If(branch) => return self.walk_if(dot, branch, false),
            Node::With(branch) => return self.walk_if(dot, branch, true),
            Node::Range(branch) => return self.walk_range(dot, branch),
            Node::Template { name, pipe } => self.walk_template(dot, name, *pipe)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
            // The parser puts no other node into a list.
            _ => return self.fail(format!("unknown node: {}", self.tree.source(id))),
        }
        Ok(Flow::Next)
    }

    fn write_text(&mut self, text: &[u8]) -> Result<(), Fault> {
        self.execution.budget.spend_output(text.len()).map_err(|failure| self.failure(failure))?;
        self.execution.out.extend_from_slice(text);
        Ok(())
    }

    fn walk_action(&mut self, dot: &Slot, id: NodeId, pipe: NodeId) -> Result<(), Fault> {
        let value = self.eval_pipe(dot, pipe)?;
        if !self.pipe(pipe).declared.is_empty() {
            return Ok(());
        }
        self.at = Some(id);
        match value {
            Value::String(text) => self.write_text(text.as_bytes()),
            Value::Nil => self.write_text(b"<no value>"),
            value => {
                let mut text = Vec::new();
                write_value(&mut text, &value).map_err(|failure| self.failure(failure))?;
                self.write_text(&text)
            }
        }
    }

    pub(super) fn pipe(&self, id: NodeId) -> Pipe {
        match self.tree.node(id) {
            Node::Pipe(pipe) => *pipe,
            _ => Pipe::default(),
        }
    }

    fn walk_if(&mut self, dot: &Slot, branch: &'t Branch, sets_dot: bool) -> Result<Flow, Fault> {
        let mark = self.variables.len();
        let value = self.eval_pipe(dot, branch.pipe)?;
        let flow = if !value.truth() {
            self.walk_otherwise(dot, branch)
        } else if sets_dot {
            self.walk_list(&Slot::plain(value), branch.list)
        } else {
            self.walk_list(dot, branch.list)
        };
        self.variables.truncate(mark);
        flow
    }

    fn walk_otherwise(&mut self, dot: &Slot, branch: &'t Branch) -> Result<Flow, Fault> {
        match branch.otherwise {
            Some(list) => self.walk_list(dot, list),
            None => Ok(Flow::Next),
        }
    }

    fn walk_range(&mut self, dot: &Slot, branch: &'t Branch) -> Result<Flow, Fault> {
        let mark = self.variables.len();
        let value = self.eval_pipe(dot, branch.pipe)?;
        let ran = self.range_over(&value, branch)?;
        self.variables.truncate(mark);
        if ran { Ok(Flow::Next) } else { self.walk_otherwise(dot, branch) }
    }

    /// Whether there was anything to visit. A `break` counts as a visit.
    fn range_over(&mut self, value: &Value, branch: &'t Branch) -> Result<bool, Fault> {
        match value {
            Value::Nil => Ok(false),
            Value::List(list) => {
                let boxed = list.elem() == crate::types::Elem::Any;
                let slots = list.items().iter().map(|item| Slot { value: item.clone(), boxed });
                self.turns(slots.enumerate().map(|(index, slot)| (Value::int(index as i64), slot)), branch)
            }
            Value::Map(map) => {
                let boxed = map.elem() == crate::types::Elem::Any;
                let entries = map.entries().into_iter();
                self.turns(entries.map(|(key, value)| (Value::String(key), Slot { value, boxed })), branch)
            }
            Value::Bytes(bytes) => {
                let bytes = bytes.iter().map(|byte| Value::Uint((*byte).into(), crate::types::UintKind::Uint8));
                self.turns(bytes.enumerate().map(|(index, byte)| (Value::int(index as i64), Slot::plain(byte))), branch)
            }
            Value::Int(count, kind) => self.count_turns(*count, *kind, value, branch),
            Value::Uint(count, kind) => {
                self.single_variable(value, branch)?;
                self.turns((0..*count).map(|turn| (Value::Nil, Slot::plain(Value::Uint(turn, *kind)))), branch)
            }
            Value::Object(object) => match (object.entries(), object.underlying()) {
                (Some(entries), _) => {
                    self.turns(entries.into_iter().map(|(key, value)| (key, Slot::plain(value))), branch)
                }
                (None, Some(Value::Int(count, kind))) => self.count_turns(count, kind, value, branch),
                _ => self.cannot_iterate(value),
            },
            _ => self.cannot_iterate(value),
        }
    }

    fn count_turns(&mut self, count: i64, kind: IntKind, value: &Value, branch: &'t Branch) -> Result<bool, Fault> {
        self.single_variable(value, branch)?;
        self.turns((0..count).map(|turn| (Value::Nil, Slot::plain(Value::Int(turn, kind)))), branch)
    }

    fn cannot_iterate<T>(&self, value: &Value) -> Result<T, Fault> {
        self.fail(format!("range can't iterate over {}", self.shown(value)?))
    }

    fn single_variable(&self, value: &Value, branch: &Branch) -> Result<(), Fault> {
        if self.pipe(branch.pipe).declared.len() > 1 {
            return self.fail(format!("can't use {} to iterate over more than one variable", self.shown(value)?));
        }
        Ok(())
    }

    fn shown(&self, value: &Value) -> Result<String, Fault> {
        let mut text = Vec::new();
        write_value(&mut text, value).map_err(|failure| self.failure(failure))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn turns(&mut self, items: impl Iterator<Item = (Value, Slot)>, branch: &'t Branch) -> Result<bool, Fault> {
        let mark = self.variables.len();
        let mut ran = false;
        for (key, item) in items {
            ran = true;
            self.step()?;
            self.set_loop_variables(branch, key, &item)?;
            let flow = self.walk_list(&item, branch.list)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }

    /// One variable takes the element; of two the first takes the key.
    fn set_loop_variables(&mut self, branch: &'t Branch, key: Value, item: &Slot) -> Result<(), Fault> {
        let pipe = self.pipe(branch.pipe);
        let top = self.variables.len();
        match (self.tree.list(pipe.declared), pipe.assigns) {
            ([], _) => {}
            ([element], true) => self.assign(*element, item.clone())?,
            ([index, element, ..], true) => {
                self.assign(*index, Slot::plain(key))?;
                self.assign(*element, item.clone())?;
            }
            ([_], false) => self.variables[top - 1].1 = item.clone(),
            ([_, _, ..], false) => {
                self.variables[top - 1].1 = item.clone();
                self.variables[top - 2].1 = Slot::plain(key);
            }
        }
        Ok(())
    }

    fn walk_template(&mut self, dot: &Slot, name: &'t Rc<str>, pipe: Option<NodeId>) -> Result<(), Fault> {
        let Some(tree) = self.execution.namespace.get(name).cloned() else {
            return self.fail(format!("template {} not defined", quote(name.as_bytes())));
        };
        if self.execution.budget.depth == 0 {
            return Err(self.too_deep());
        }
        let dot = match pipe {
            Some(pipe) => Slot::plain(self.eval_pipe(dot, pipe)?),
            None => Slot::none(),
        };
        Frame::run(self.execution, &tree, dot)
    }

    fn variable_name(&self, id: NodeId) -> &'t str {
        match self.tree.node(id) {
            Node::Variable { name, .. } => self.tree.span(*name),
            _ => "",
        }
    }

    pub(super) fn declare(&mut self, variable: NodeId, value: Value) {
        self.variables.push((self.variable_name(variable), Slot::plain(value)));
    }

    pub(super) fn assign(&mut self, variable: NodeId, slot: Slot) -> Result<(), Fault> {
        let name = self.variable_name(variable);
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, held)) => {
                *held = slot;
                Ok(())
            }
            None => self.fail(format!("undefined variable: {name}")),
        }
    }

    pub(super) fn variable(&self, name: &str) -> Result<Slot, Fault> {
        match self.variables.iter().rev().find(|(known, _)| *known == name) {
            Some((_, slot)) => Ok(slot.clone()),
            None => self.fail(format!("undefined variable: {name}")),
        }
    }
}
