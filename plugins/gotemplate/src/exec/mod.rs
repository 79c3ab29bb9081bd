//! Runs templates. One [`Execution`] is one rendering: it carries what is shared between the
//! templates that call one another, and it is what functions get to see.

mod call;
mod eval;
mod field;
mod slot;
mod walk;

use std::rc::Rc;

pub use self::slot::Slot;
use self::walk::Frame;
use crate::budget::Budget;
use crate::error::Failure;
use crate::fmt::quote;
use crate::namespace::Namespace;
use crate::text::Text;
use crate::value::Value;

/// What the key of a map that is not there evaluates to; text/template's `missingkey` option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value: printed as `<no value>`, and so is every field of it.
    #[default]
    Invalid,
    /// The zero value of the map's elements: a nil whose fields cannot be asked for.
    Zero,
    /// An error.
    Error,
}

/// The running state, handed to every function.
#[derive(Debug)]
pub struct Execution {
    namespace: Rc<Namespace>,
    pub missing_key: MissingKey,
    budget: Budget,
    /// As it was at the start, for the message.
    max_depth: u32,
    /// The template that was executed from outside; empty between executions.
    entry: Rc<str>,
    out: Vec<u8>,
}

impl Execution {
    pub fn new(namespace: Rc<Namespace>, missing_key: MissingKey, budget: Budget) -> Self {
        Execution { namespace, missing_key, budget, max_depth: budget.depth, entry: "".into(), out: Vec::new() }
    }

    /// The templates in reach: in a function, those of the template that called it.
    pub fn namespace(&self) -> &Rc<Namespace> {
        &self.namespace
    }

    /// The template that all others are called from, at whatever remove.
    pub fn entry(&self) -> &Rc<str> {
        &self.entry
    }

    /// What is left of the budget.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// Counts work done in a function against the budget.
    ///
    /// # Errors
    /// The budget has run out.
    pub fn spend(&mut self, steps: u64) -> Result<(), Failure> {
        self.budget.spend_steps(steps)
    }

    /// Executes the template called `name` on `data` and answers with what it wrote.
    ///
    /// # Errors
    /// There is no such template, it fails, or the budget runs out.
    pub fn execute(&mut self, name: &str, data: Value) -> Result<Text, Failure> {
        let Some(tree) = self.namespace.get(name).cloned() else {
            return Err(Failure::new(format!(
                "template: no template {} associated with template {}",
                quote(name.as_bytes()),
                quote(self.namespace.name().as_bytes())
            )));
        };
        let outer = std::mem::take(&mut self.out);
        let is_entry = self.entry.is_empty();
        if is_entry {
            self.entry = name.into();
        }
        let result = Frame::run(self, &tree, Slot::plain(data));
        if is_entry {
            self.entry = "".into();
        }
        let written = std::mem::replace(&mut self.out, outer);
        result.map(|()| Text::from(written)).map_err(|error| Failure::from(*error))
    }

    /// As [`Execution::execute`], with other templates in reach.
    ///
    /// # Errors
    /// As [`Execution::execute`].
    pub fn execute_in(&mut self, namespace: Rc<Namespace>, name: &str, data: Value) -> Result<Text, Failure> {
        let outer = std::mem::replace(&mut self.namespace, namespace);
        let result = self.execute(name, data);
        self.namespace = outer;
        result
    }
}
