//! The set of named templates that can call one another.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::ast::Tree;
use crate::error::ParseError;
use crate::function::Functions;
use crate::parse::{Delimiters, parse};

/// Templates by name. A child sees its parent's templates and keeps its own to itself, which is what
/// Helm's `tpl` needs; making one costs nothing.
#[derive(Debug)]
pub struct Namespace {
    name: Rc<str>,
    parent: Option<Rc<Namespace>>,
    functions: Rc<Functions>,
    delimiters: Delimiters,
    trees: FxHashMap<Rc<str>, Rc<Tree>>,
}

impl Namespace {
    /// An empty set; `name` is only what errors call it.
    pub fn new(name: &str, functions: Rc<Functions>) -> Self {
        Namespace {
            name: name.into(),
            parent: None,
            functions,
            delimiters: Delimiters::default(),
            trees: FxHashMap::default(),
        }
    }

    /// A namespace that starts with everything in `parent` and does not change it.
    pub fn child(parent: Rc<Namespace>) -> Self {
        let functions = parent.functions.clone();
        let delimiters = parent.delimiters.clone();
        let name = parent.name.clone();
        Namespace { name, parent: Some(parent), functions, delimiters, trees: FxHashMap::default() }
    }

    /// Sets the action delimiters of templates parsed from now on; an empty one means the default.
    pub fn set_delimiters(&mut self, left: &str, right: &str) {
        self.delimiters = Delimiters::new(left, right);
    }

    /// Parses `text` under `name` and adds it with all it defines. A later definition replaces an
    /// earlier one, except that an empty one never replaces anything.
    ///
    /// # Errors
    /// The text does not parse; nothing is added then.
    pub fn parse(&mut self, name: &str, text: &str) -> Result<(), ParseError> {
        for tree in parse(name, text, &self.delimiters, &self.functions)? {
            if tree.is_empty() && self.get(&tree.name).is_some() {
                continue;
            }
            self.trees.insert(tree.name.clone(), Rc::new(tree));
        }
        Ok(())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn functions(&self) -> &Rc<Functions> {
        &self.functions
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Rc<Tree>> {
        let mut namespace = self;
        loop {
            match (namespace.trees.get(name), &namespace.parent) {
                (Some(tree), _) => return Some(tree),
                (None, Some(parent)) => namespace = parent,
                (None, None) => return None,
            }
        }
    }
}
