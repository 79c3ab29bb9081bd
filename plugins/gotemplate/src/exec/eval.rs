//! The expression level: pipelines, commands, constants.

use super::Slot;
use super::walk::{Fault, Frame};
use crate::ast::{Node, NodeId, Number, Span};
use crate::fmt::quote;
use crate::value::Value;

impl<'t> Frame<'_, 't> {
    /// The value of a pipeline, after its variables are set. Never boxed.
    pub(super) fn eval_pipe(&mut self, dot: &Slot, id: NodeId) -> Result<Value, Fault> {
        self.at = Some(id);
        let pipe = self.pipe(id);
        let mut last: Option<Slot> = None;
        for command in self.tree.list(pipe.commands) {
            self.step()?;
            let result = self.eval_command(dot, *command, last.take())?;
            last = Some(Slot::plain(result.value));
        }
        let value = last.map(|slot| slot.value).unwrap_or_default();
        for variable in self.tree.list(pipe.declared) {
            if pipe.assigns {
                self.assign(*variable, Slot::plain(value.clone()))?;
            } else {
                self.declare(*variable, value.clone());
            }
        }
        Ok(value)
    }

    /// `last` is the value of the command before, which becomes the last argument.
    fn eval_command(&mut self, dot: &Slot, id: NodeId, last: Option<Slot>) -> Result<Slot, Fault> {
        let Node::Command { args } = self.tree.node(id) else {
            return self.fail("not a command");
        };
        let args = self.tree.list(*args);
        let first = args[0];
        match self.tree.node(first) {
            Node::Field(fields) => {
                self.at = Some(first);
                self.eval_fields(dot, dot.clone(), first, *fields, (args, last))
            }
            Node::Chain { node, fields } => self.eval_chain(dot, first, *node, *fields, (args, last)),
            Node::Identifier(function) => {
                self.at = Some(first);
                self.call_function(dot, function, id, (args, last))
            }
            Node::Pipe(_) => {
                self.not_a_function(args, last.as_ref())?;
                self.eval_pipe(dot, first).map(Slot::plain)
            }
            Node::Variable { name, fields } => self.eval_variable(dot, first, (*name, *fields), (args, last)),
            constant => {
                self.at = Some(first);
                self.not_a_function(args, last.as_ref())?;
                self.eval_constant(dot, first, constant)
            }
        }
    }

    pub(super) fn not_a_function(&self, args: &[NodeId], last: Option<&Slot>) -> Result<(), Fault> {
        if args.len() > 1 || last.is_some() {
            let first = args.first().map(|id| self.tree.source(*id)).unwrap_or_default();
            return self.fail(format!("can't give argument to non-function {first}"));
        }
        Ok(())
    }

    fn eval_constant(&mut self, dot: &Slot, id: NodeId, node: &'t Node) -> Result<Slot, Fault> {
        match node {
            Node::Dot => Ok(dot.clone()),
            Node::Bool(value) => Ok(Slot::plain(Value::Bool(*value))),
            Node::String { value, .. } => Ok(Slot::plain(value.clone())),
            Node::Number(number) => self.ideal_constant(id, number).map(Slot::plain),
            Node::Nil => self.fail("nil is not a command"),
            _ => self.fail(format!("can't evaluate command {}", quote(self.tree.source(id).as_bytes()))),
        }
    }

    /// A number where nothing asks for a type: its spelling decides.
    pub(super) fn ideal_constant(&mut self, id: NodeId, number: &Number) -> Result<Value, Fault> {
        self.at = Some(id);
        if let Some((real, imaginary)) = number.complex {
            return Ok(Value::Complex(real, imaginary));
        }
        match (number.float, number.int) {
            (Some(float), _) if number.is_spelled_as_float() => Ok(Value::float(float)),
            (_, Some(int)) => Ok(Value::int(int)),
            _ if number.uint.is_some() => self.fail(format!("{} overflows int", number.text)),
            _ => Ok(Value::Nil),
        }
    }

    pub(super) fn eval_variable(
        &mut self,
        dot: &Slot,
        id: NodeId,
        (name, fields): (Span, Span),
        (args, last): (&'t [NodeId], Option<Slot>),
    ) -> Result<Slot, Fault> {
        self.at = Some(id);
        let slot = self.variable(self.tree.span(name))?;
        if fields.is_empty() {
            self.not_a_function(args, last.as_ref())?;
            return Ok(slot);
        }
        self.eval_fields(dot, slot, id, fields, (args, last))
    }

    pub(super) fn eval_chain(
        &mut self,
        dot: &Slot,
        id: NodeId,
        node: NodeId,
        fields: Span,
        (args, last): (&'t [NodeId], Option<Slot>),
    ) -> Result<Slot, Fault> {
        self.at = Some(id);
        if let Node::Nil = self.tree.node(node) {
            return self.fail(format!("indirection through explicit nil in {}", self.tree.source(id)));
        }
        let receiver = self.eval_chain_head(dot, node)?;
        self.eval_fields(dot, receiver, id, fields, (args, last))
    }

    fn eval_chain_head(&mut self, dot: &Slot, node: NodeId) -> Result<Slot, Fault> {
        self.at = Some(node);
        match self.tree.node(node) {
            Node::Identifier(function) => self.call_function(dot, function, node, (&[], None)),
            Node::Chain { node: inner, fields } => self.eval_chain(dot, node, *inner, *fields, (&[], None)),
            _ => self.eval_pipe(dot, node).map(Slot::plain),
        }
    }
}

impl Number {
    /// Whether Go's compiler would make it a float: `1.0` and `1e3`, but neither `0x1e` nor `'e'`.
    fn is_spelled_as_float(&self) -> bool {
        let text = self.text.as_str();
        let hex = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X")) && !text.contains(['p', 'P']);
        !hex && !text.starts_with('\'') && text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}
