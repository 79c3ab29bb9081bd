//! Fields and methods: `.X.Y`, `$x.Y`, `(pipeline).Y`.

use std::rc::Rc;

use super::walk::{Fault, Frame};
use super::{MissingKey, Slot};
use crate::ast::{NodeId, Span};
use crate::collection::Map;
use crate::error::Failure;
use crate::fmt::quote;
use crate::object::Object;
use crate::types::{Elem, Kind};
use crate::value::Value;

impl<'t> Frame<'_, 't> {
    /// Walks `receiver` along `fields`. Only the last one may take arguments.
    pub(super) fn eval_fields(
        &mut self,
        dot: &Slot,
        receiver: Slot,
        id: NodeId,
        fields: Span,
        (args, last): (&'t [NodeId], Option<Slot>),
    ) -> Result<Slot, Fault> {
        let mut receiver = receiver;
        let Some(mut fields) = self.tree.span(fields).strip_prefix('.') else {
            return Ok(receiver);
        };
        // Names are short: a search made for long texts takes longer to begin than this to end.
        while let Some(dot_at) = fields.bytes().position(|byte| byte == b'.') {
            receiver = self.eval_field(dot, &receiver, id, &fields[..dot_at], (&[], None))?;
            fields = &fields[dot_at + 1..];
        }
        self.eval_field(dot, &receiver, id, fields, (args, last))
    }

    fn eval_field(
        &mut self,
        dot: &Slot,
        receiver: &Slot,
        id: NodeId,
        field: &'t str,
        (args, last): (&'t [NodeId], Option<Slot>),
    ) -> Result<Slot, Fault> {
        if receiver.is_none() {
            return self.field_of_nothing(field);
        }
        let has_args = args.len() > 1 || last.is_some();
        match &receiver.value {
            Value::Nil => self.fail(format!("nil pointer evaluating interface {{}}.{field}")),
            Value::Map(_) if has_args => self.fail(format!("{field} is not a method but has arguments")),
            Value::Map(map) => self.map_field(map, field),
            Value::Object(object) if object.has_method(field) => {
                let object = object.clone();
                self.call_method(dot, object, id, field, (args, last))
            }
            Value::Object(object) => self.object_field(object.as_ref(), receiver, field, has_args),
            _ => self.no_such_field(receiver, field),
        }
    }

    fn field_of_nothing(&self, field: &str) -> Result<Slot, Fault> {
        if self.execution.missing_key == MissingKey::Error {
            return self.fail(format!("nil data; no entry for key {}", quote(field.as_bytes())));
        }
        Ok(Slot::none())
    }

    fn no_such_field<T>(&self, receiver: &Slot, field: &str) -> Result<T, Fault> {
        self.fail(format!("can't evaluate field {field} in type {}", receiver.type_name()))
    }

    fn map_field(&self, map: &Map, field: &str) -> Result<Slot, Fault> {
        match map.get(field) {
            Some(value) => Ok(Slot { value, boxed: map.elem() == Elem::Any }),
            None => self.missing_key(map.elem(), field),
        }
    }

    fn missing_key(&self, elem: Elem, field: &str) -> Result<Slot, Fault> {
        match self.execution.missing_key {
            MissingKey::Invalid => Ok(Slot::none()),
            MissingKey::Zero => Ok(Slot::zero(elem)),
            MissingKey::Error => self.fail(format!("map has no entry for key {}", quote(field.as_bytes()))),
        }
    }

    fn object_field(&self, object: &dyn Object, receiver: &Slot, field: &str, has_args: bool) -> Result<Slot, Fault> {
        match object.field(field) {
            Some(_) if has_args => self.fail(format!("{field} has arguments but cannot be invoked as function")),
            Some(value) => Ok(Slot::plain(value)),
            None if object.kind() == Kind::Map => self.missing_key(Elem::Bytes, field),
            None => self.no_such_field(receiver, field),
        }
    }

    fn call_method(
        &mut self,
        dot: &Slot,
        object: Rc<dyn Object>,
        id: NodeId,
        name: &str,
        (args, last): (&'t [NodeId], Option<Slot>),
    ) -> Result<Slot, Fault> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args.iter().skip(1) {
            values.push(self.eval_arg(dot, crate::types::Type::Any, *arg)?.value);
        }
        values.extend(last.map(|slot| slot.value));
        match object.call(name, &values, self.execution) {
            Ok(value) => Ok(Slot { boxed: value.is_nil(), value }),
            Err(failure) => {
                self.at = Some(id);
                Err(self.failure(wrap_call(failure, name)))
            }
        }
    }
}

pub(super) fn wrap_call(failure: Failure, name: &str) -> Failure {
    failure.context(format_args!("error calling {name}: "))
}

impl Slot {
    /// The zero value of a map's or list's element type.
    pub(crate) fn zero(elem: Elem) -> Self {
        match elem {
            Elem::Any => Slot::boxed(Value::Nil),
            Elem::String => Slot::plain(Value::from("")),
            Elem::Int => Slot::plain(Value::int(0)),
            Elem::Int64 => Slot::plain(Value::int64(0)),
            Elem::Float64 => Slot::plain(Value::float(0.0)),
            Elem::Map => Slot::plain(Value::from(Map::new(Elem::Any))),
            Elem::List => Slot::plain(Value::list(Vec::new())),
            Elem::Bytes => Slot::plain(Value::Bytes(Rc::from(&[][..]))),
            Elem::Strings => Slot::plain(Value::strings::<&str>([])),
        }
    }
}
