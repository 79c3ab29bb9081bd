//! Field specifications: which fields of which kinds a transformer touches, and the walk to them.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::id::Gvk;
use crate::node::{Kind, Node, Scalar, Tag, check_depth, split_path};

/// A path (parts joined by `/`) in objects of the kinds that the selector names. Lists on the way are entered;
/// a part that ends in `[]` must be one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: Gvk,
    pub(crate) path: String,
    pub(crate) create: bool,
}

/// What a missing last field is created as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Creation {
    pub(crate) kind: Kind,
    pub(crate) tag: Tag,
}

impl Creation {
    pub(crate) const MAP: Self = Self { kind: Kind::Map, tag: Tag::Unset };
    pub(crate) const STRING: Self = Self { kind: Kind::Scalar, tag: Tag::Str };
    pub(crate) const INTEGER: Self = Self { kind: Kind::Scalar, tag: Tag::Int };

    fn fresh(self) -> Node {
        match self.kind {
            Kind::Map => Node::map(),
            Kind::Seq => Node::Seq(Vec::new()),
            Kind::Scalar => Scalar::plain("").into(),
        }
    }

    /// A null in the field's place takes the field's kind; its text stays, as a scalar's.
    fn replace_null(self, node: &mut Node) {
        *node = match self.kind {
            Kind::Scalar => Scalar::tagged(node.text(), self.tag).into(),
            _ => self.fresh(),
        };
    }
}

impl FieldSpec {
    pub(crate) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    pub(crate) fn creating(path: &str) -> Self {
        Self { create: true, ..Self::new(path) }
    }

    pub(crate) fn on(self, group: &str, version: &str, kind: &str) -> Self {
        Self { gvk: Gvk::new(group, version, kind), ..self }
    }

    /// Calls `set` on every field that the path leads to in `object`, if the object is of a kind that is meant.
    /// Missing fields are created only if the specification says so and the transformer knows as what.
    pub(crate) fn apply(
        &self,
        object: &mut Node,
        creation: Option<Creation>,
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        let api_version = object.get("apiVersion").map_or("", Node::text);
        let kind = object.get("kind").map_or("", Node::text);
        if self.gvk.selects(api_version, kind) { self.apply_path(object, creation, set) } else { Ok(()) }
    }

    /// The same, whatever kind the object is of.
    pub(crate) fn apply_path(
        &self,
        object: &mut Node,
        creation: Option<Creation>,
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        let path = split_path(&self.path, '/');
        check_depth(&path)?;
        let walk = Walk { creation: creation.filter(|_| self.create) };
        walk.enter(object, &path, set).map_err(|error| error.while_doing(format!("considering field '{}'", self.path)))
    }
}

struct Walk {
    creation: Option<Creation>,
}

impl Walk {
    fn enter(
        &self,
        node: &mut Node,
        path: &[Cow<'_, str>],
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        let Some((part, rest)) = path.split_first() else { return set(node) };
        match node {
            _ if node.is_null() => Ok(()),
            Node::Seq(items) => items.iter_mut().try_for_each(|item| self.enter(item, path, set)),
            Node::Map(_) => match self.field(node, part, rest.is_empty())? {
                Some(field) => self.enter(field, rest, set),
                None => Ok(()),
            },
            Node::Scalar(_) => Err(Error::invalid("expected sequence or mapping node")),
        }
    }

    fn field<'n>(&self, node: &'n mut Node, part: &str, is_last: bool) -> Result<Option<&'n mut Node>> {
        let (name, is_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        if name.is_empty() {
            return Err(Error::invalid("cannot set or create an empty field name"));
        }
        let creation = match self.creation {
            _ if is_list => None,
            Some(last) if is_last => Some(last),
            Some(_) => Some(Creation::MAP),
            None => None,
        };
        if node.lookup(&[name])?.is_none() {
            match creation {
                Some(creation) => node.set(name, creation.fresh())?,
                None => return Ok(None),
            }
        }
        let field = node.get_mut(name);
        let null_becomes = creation.or(is_list.then_some(Creation { kind: Kind::Seq, tag: Tag::Unset }));
        match (field, null_becomes) {
            (Some(field), Some(creation)) if field.is_null() => {
                creation.replace_null(field);
                Ok(Some(field))
            }
            (field, _) => Ok(field),
        }
    }
}

/// Adds specifications that are not there yet. Two that differ only in whether to create are a conflict.
pub(crate) fn merge_all(specs: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<()> {
    more.iter().try_for_each(|spec| merge_one(specs, spec))
}

pub(crate) fn merge_one(specs: &mut Vec<FieldSpec>, more: &FieldSpec) -> Result<()> {
    match specs.iter().find(|spec| spec.gvk.is_selected_by(&more.gvk) && spec.path == more.path) {
        Some(spec) if spec.create != more.create => {
            Err(Error::invalid(format!("conflicting field specifications for path '{}'", more.path)))
        }
        Some(_) => Ok(()),
        None => {
            specs.push(more.clone());
            Ok(())
        }
    }
}
