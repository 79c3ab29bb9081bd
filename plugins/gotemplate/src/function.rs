//! Functions a template may call, with the signature Go would find by reflection: the evaluator
//! checks and converts arguments by it, so bodies see only what they asked for.

use std::fmt;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::error::Failure;
use crate::exec::{Execution, Slot};
use crate::types::Type;
use crate::value::Value;

type Body = dyn Fn(&mut Execution, &[Value]) -> Result<Value, Failure>;

/// Parameter types; the variadic one stands for any number of arguments after the fixed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    pub fixed: &'static [Type],
    pub variadic: Option<Type>,
}

impl Signature {
    pub const fn fixed(fixed: &'static [Type]) -> Self {
        Signature { fixed, variadic: None }
    }

    pub const fn variadic(fixed: &'static [Type], variadic: Type) -> Self {
        Signature { fixed, variadic: Some(variadic) }
    }

    /// The type asked of argument `index`.
    pub(crate) fn parameter(&self, index: usize) -> Option<Type> {
        self.fixed.get(index).copied().or(self.variadic)
    }
}

/// A named function.
pub struct Function {
    pub name: Rc<str>,
    pub signature: Signature,
    pub(crate) action: Action,
}

/// `and`, `or` decide which arguments are evaluated at all; `call` needs the callee's source text;
/// reflective functions see whether a nil came in an interface.
pub(crate) enum Action {
    And,
    Or,
    Call,
    Reflect(fn(&[Slot]) -> Result<Slot, Failure>),
    Host(Box<Body>),
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("name", &self.name).field("signature", &self.signature).finish_non_exhaustive()
    }
}

/// The functions known to a set of templates. Starts with text/template's own.
#[derive(Clone, Debug)]
pub struct Functions {
    by_name: FxHashMap<Rc<str>, Rc<Function>>,
}

impl Functions {
    /// text/template's own functions.
    pub fn builtin() -> Self {
        let mut functions = Functions { by_name: FxHashMap::default() };
        crate::builtin::register(&mut functions);
        functions
    }

    /// Adds a function, or replaces the one of that name.
    pub fn add(
        &mut self,
        name: &str,
        signature: Signature,
        body: impl Fn(&mut Execution, &[Value]) -> Result<Value, Failure> + 'static,
    ) {
        self.insert(name, signature, Action::Host(Box::new(body)));
    }

    pub(crate) fn insert(&mut self, name: &str, signature: Signature, action: Action) {
        let name: Rc<str> = name.into();
        self.by_name.insert(name.clone(), Rc::new(Function { name, signature, action }));
    }

    /// Takes a function out; templates that use it no longer parse.
    pub fn remove(&mut self, name: &str) {
        self.by_name.remove(name);
    }

    pub fn get(&self, name: &str) -> Option<&Rc<Function>> {
        self.by_name.get(name)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Names in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(AsRef::as_ref)
    }
}
