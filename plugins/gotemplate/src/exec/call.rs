//! Calls: arguments are checked and converted by the function's signature, as reflection would.

use super::Slot;
use super::field::wrap_call;
use super::walk::{Fault, Frame};
use crate::ast::{Node, NodeId, Number};
use crate::error::Failure;
use crate::function::{Action, Function};
use crate::types::Type;
use crate::value::Value;

impl<'t> Frame<'_, 't> {
    /// Calls `function` with the arguments behind the first of `args`, and `last` behind those.
    pub(super) fn call_function(
        &mut self,
        dot: &Slot,
        function: &'t Function,
        id: NodeId,
        (args, last): (&'t [NodeId], Option<Slot>),
    ) -> Result<Slot, Fault> {
        let args = args.get(1..).unwrap_or_default();
        self.check_count(function, args.len(), last.is_some())?;
        match &function.action {
            Action::And => self.short_circuit(dot, args, last, false),
            Action::Or => self.short_circuit(dot, args, last, true),
            Action::Reflect(body) => {
                let slots = self.eval_args(dot, function, args, last, |slot| slot)?;
                self.done(function, id, body(&slots))
            }
            Action::Host(body) => {
                let values = self.eval_args(dot, function, args, last, |slot| slot.value)?;
                let result = body(self.execution, &values).and_then(|value| self.checked(value));
                self.done(function, id, result.map(|value| Slot { boxed: value.is_nil(), value }))
            }
            Action::Call => {
                let slots = self.eval_args(dot, function, args, last, |slot| slot)?;
                let callee = args.first().map(|id| self.tree.source(*id)).unwrap_or_default();
                self.done(function, id, Err(not_callable(&slots[0], &callee)))
            }
        }
    }

    fn checked(&self, value: Value) -> Result<Value, Failure> {
        let length = value.as_text().map_or(0, |text| text.len());
        self.execution.budget.check_text(length).map(|()| value)
    }

    fn done(&mut self, function: &Function, id: NodeId, result: Result<Slot, Failure>) -> Result<Slot, Fault> {
        result.map_err(|failure| {
            self.at = Some(id);
            self.failure(wrap_call(failure, &function.name))
        })
    }

    fn check_count(&self, function: &Function, args: usize, piped: bool) -> Result<(), Fault> {
        let wanted = function.signature.fixed.len();
        let given = args + usize::from(piped);
        let name = &function.name;
        if function.signature.variadic.is_some() {
            if given < wanted {
                return self.fail(format!("wrong number of args for {name}: want at least {wanted} got {args}"));
            }
        } else if given != wanted {
            return self.fail(format!("wrong number of args for {name}: want {wanted} got {given}"));
        }
        Ok(())
    }

    /// `and` stops at the first false argument, `or` at the first true one; the rest is not evaluated.
    fn short_circuit(
        &mut self,
        dot: &Slot,
        args: &'t [NodeId],
        last: Option<Slot>,
        stops_at: bool,
    ) -> Result<Slot, Fault> {
        let mut slot = Slot::none();
        for arg in args {
            slot = self.eval_arg(dot, Type::Reflect, *arg)?;
            if slot.value.truth() == stops_at {
                return Ok(slot);
            }
        }
        Ok(last.unwrap_or(slot))
    }

    /// `keep` takes what the function's body needs of each argument.
    fn eval_args<T>(
        &mut self,
        dot: &Slot,
        function: &Function,
        args: &'t [NodeId],
        last: Option<Slot>,
        keep: impl Fn(Slot) -> T,
    ) -> Result<Vec<T>, Fault> {
        let mut kept = Vec::with_capacity(args.len() + 1);
        for (index, arg) in args.iter().enumerate() {
            let wanted = function.signature.parameter(index).unwrap_or(Type::Any);
            kept.push(keep(self.eval_arg(dot, wanted, *arg)?));
        }
        if let Some(last) = last {
            let wanted = function.signature.parameter(args.len()).unwrap_or(Type::Any);
            kept.push(keep(self.validate(last, wanted)?));
        }
        Ok(kept)
    }

    pub(super) fn eval_arg(&mut self, dot: &Slot, wanted: Type, id: NodeId) -> Result<Slot, Fault> {
        self.at = Some(id);
        self.step()?;
        let slot = match self.tree.node(id) {
            Node::Dot => dot.clone(),
            Node::Nil if wanted.can_be_nil() => return Ok(Slot { value: Value::Nil, boxed: wanted == Type::Any }),
            Node::Nil => return self.fail(format!("cannot assign nil to {wanted}")),
            Node::Field(fields) => self.eval_fields(dot, dot.clone(), id, *fields, (&[], None))?,
            Node::Variable { name, fields } => self.eval_variable(dot, id, (*name, *fields), (&[], None))?,
            Node::Pipe(_) => Slot::plain(self.eval_pipe(dot, id)?),
            Node::Identifier(function) => self.call_function(dot, function, id, (&[], None))?,
            Node::Chain { node, fields } => self.eval_chain(dot, id, *node, *fields, (&[], None))?,
            literal => return self.eval_literal(wanted, id, literal).map(Slot::plain),
        };
        self.validate(slot, wanted)
    }

    /// A literal takes the type asked for, if its spelling allows.
    fn eval_literal(&mut self, wanted: Type, id: NodeId, node: &'t Node) -> Result<Value, Fault> {
        let (found, article) = match (wanted, node) {
            (Type::Any | Type::Reflect, Node::Bool(value)) => return Ok(Value::Bool(*value)),
            (Type::Any | Type::Reflect, Node::String { value, .. }) => return Ok(value.clone()),
            (Type::Any | Type::Reflect, Node::Number(number)) => return self.ideal_constant(id, number),
            (Type::Bool, Node::Bool(value)) => (Some(Value::Bool(*value)), "bool"),
            (Type::String, Node::String { value, .. }) => (Some(value.clone()), "string"),
            (_, Node::Number(number)) => (typed_number(wanted, number), number_word(wanted)),
            (wanted, _) => (None, number_word(wanted)),
        };
        match (found, article) {
            (Some(value), _) => Ok(value),
            (None, "") => self.fail(format!("can't handle {} for arg of type {wanted}", self.tree.source(id))),
            (None, word) => self.fail(format!("expected {word}; found {}", self.tree.source(id))),
        }
    }

    /// Checks that `slot` may be passed where `wanted` is asked for.
    fn validate(&self, slot: Slot, wanted: Type) -> Result<Slot, Fault> {
        if wanted == Type::Reflect {
            return Ok(slot);
        }
        if slot.is_none() {
            if wanted.can_be_nil() {
                return Ok(Slot { value: Value::Nil, boxed: wanted == Type::Any });
            }
            return self.fail(format!("invalid value; expected {wanted}"));
        }
        let found = slot.value.type_of();
        if wanted == Type::Any || (found == wanted && found != Type::Any) {
            return Ok(slot);
        }
        self.fail(format!("wrong type for value; expected {wanted}; got {found}"))
    }
}

fn typed_number(wanted: Type, number: &Number) -> Option<Value> {
    match wanted {
        Type::Int(kind) => number.int.map(|value| Value::Int(value, kind)),
        Type::Uint(kind) => number.uint.map(|value| Value::Uint(value, kind)),
        Type::Float(kind) => number.float.map(|value| Value::Float(value, kind)),
        Type::Complex => number.complex.map(|(real, imaginary)| Value::Complex(real, imaginary)),
        _ => None,
    }
}

/// What Go calls the literal it expected; empty where it cannot handle any.
fn number_word(wanted: Type) -> &'static str {
    match wanted {
        Type::Bool => "bool",
        Type::String => "string",
        Type::Int(_) => "integer",
        Type::Uint(_) => "unsigned integer",
        Type::Float(_) => "float",
        Type::Complex => "complex",
        _ => "",
    }
}

/// There are no function values here, so `call` can only explain why it does not call.
fn not_callable(callee: &Slot, name: &str) -> Failure {
    match &callee.value {
        Value::Nil => Failure::new("call of nil"),
        value => Failure::new(format!("non-function {name} of type {}", value.type_of())),
    }
}
