//! What OpenAPI says that matters to a build: how lists merge, and which kinds have no namespace.

mod builtin;
mod openapi;
mod scope;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::error::{Error, Result};

/// The only version that kustomize carries.
const BUILTIN_VERSION: &str = "v1.21.2";

/// How many references in a row are followed; a chain that is longer bites its own tail.
const MOST_REFERENCES: usize = 32;

/// One type: its fields, or its elements, and how a list of it is patched.
#[derive(Debug, Clone, Default)]
struct Type {
    reference: Option<String>,
    properties: HashMap<String, usize>,
    additional: Option<usize>,
    items: Option<usize>,
    strategy: String,
    keys: Vec<String>,
}

/// All types known, by number; definitions and kinds point into them.
#[derive(Debug, Clone, Default)]
struct Types {
    list: Vec<Type>,
    definitions: HashMap<String, usize>,
    kinds: HashMap<(String, String), usize>,
    /// Whether kinds found in the paths of a custom document live in namespaces.
    namespaced: HashMap<(String, String), bool>,
}

/// The type of a node, as far as it is known.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    types: Rc<Types>,
    at: usize,
}

/// The schemas of one build. The first kustomization that sets them decides, the top one before all others.
#[derive(Debug, Default)]
pub(crate) struct OpenApi {
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    custom: Option<Rc<Types>>,
    is_chosen: bool,
    /// Built-in kinds were asked for before a custom document was set, which then adds to them.
    builtin_in_use: bool,
    types: Option<Rc<Types>>,
}

/// The `openapi` field with the content of its file.
pub(crate) struct Choice<'a> {
    pub(crate) version: Option<&'a str>,
    pub(crate) document: Option<&'a [u8]>,
}

impl OpenApi {
    /// Takes a kustomization's choice, unless one was made before.
    pub(crate) fn choose(&self, choice: &Choice<'_>) -> Result<()> {
        let mut state = self.state.borrow_mut();
        if state.is_chosen {
            return Ok(());
        }
        match (choice.version.filter(|version| !version.is_empty()), choice.document) {
            (Some(_), Some(_)) => Err(Error::invalid("builtin version and custom schema provided, cannot use both")),
            (Some(BUILTIN_VERSION), None) => {
                state.is_chosen = true;
                Ok(())
            }
            (Some(version), None) => Err(Error::invalid(format!("OpenAPI version {version} is not built in"))),
            (None, Some(document)) => {
                state.custom = Some(Rc::new(openapi::read(document)?));
                state.is_chosen = true;
                state.types = None;
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        if let Some(namespaced) = scope::is_namespaced(api_version, kind) {
            return !namespaced;
        }
        let mut state = self.state.borrow_mut();
        match &state.custom {
            Some(custom) => custom.namespaced.get(&(api_version.to_owned(), kind.to_owned())) == Some(&false),
            None => {
                state.builtin_in_use = true;
                false
            }
        }
    }

    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Option<Schema> {
        let types = self.state.borrow_mut().types();
        let at = *types.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        Some(Schema { types, at })
    }
}

impl State {
    fn types(&mut self) -> Rc<Types> {
        if let Some(types) = &self.types {
            return types.clone();
        }
        let types = match &self.custom {
            None => {
                self.builtin_in_use = true;
                Rc::new(builtin::types())
            }
            Some(custom) if self.builtin_in_use => Rc::new(builtin::types().with(custom)),
            Some(custom) => custom.clone(),
        };
        self.types.insert(types).clone()
    }
}

impl Types {
    fn add(&mut self, added: Type) -> usize {
        self.list.push(added);
        self.list.len() - 1
    }

    fn with(mut self, more: &Self) -> Self {
        let offset = self.list.len();
        let shifted = |of: &Type| Type {
            properties: of.properties.iter().map(|(name, at)| (name.clone(), at + offset)).collect(),
            additional: of.additional.map(|at| at + offset),
            items: of.items.map(|at| at + offset),
            ..of.clone()
        };
        self.list.extend(more.list.iter().map(shifted));
        self.definitions.extend(more.definitions.iter().map(|(name, at)| (name.clone(), at + offset)));
        self.kinds.extend(more.kinds.iter().map(|(kind, at)| (kind.clone(), at + offset)));
        self.namespaced.extend(more.namespaced.clone());
        self
    }

    fn resolve(&self, mut at: usize) -> Option<usize> {
        for _ in 0..MOST_REFERENCES {
            match &self.list[at].reference {
                Some(name) => at = *self.definitions.get(name)?,
                None => return Some(at),
            }
        }
        None
    }
}

impl Schema {
    fn get(&self) -> &Type {
        &self.types.list[self.at]
    }

    fn at(&self, at: Option<usize>) -> Option<Self> {
        let at = self.types.resolve(at?)?;
        Some(Self { types: self.types.clone(), at })
    }

    pub(crate) fn field(&self, name: &str) -> Option<Self> {
        let of = self.get();
        self.at(of.properties.get(name).copied().or(of.additional))
    }

    pub(crate) fn elements(&self) -> Option<Self> {
        self.at(self.get().items)
    }

    /// Whether lists of this type merge by element.
    pub(crate) fn merges_elements(&self) -> bool {
        self.get().strategy.split(',').any(|strategy| strategy == "merge")
    }

    /// The fields that tell elements apart; none for lists of scalars.
    pub(crate) fn keys(&self) -> &[String] {
        &self.get().keys
    }
}
