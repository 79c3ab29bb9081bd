//! Reading and setting fields, with kustomize's rules for what keeps its quoting.

use windlass_yaml::ScalarStyle;

use super::{Kind, MOST_DEPTH, MOST_NODES, Node, Scalar, Tag, is_index, list_condition, looks_typed};
use crate::error::{Error, Result};

impl Node {
    pub(crate) fn map() -> Self {
        Self::Map(Vec::new())
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Scalar(_) => Kind::Scalar,
            Self::Map(_) => Kind::Map,
            Self::Seq(_) => Kind::Seq,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(Scalar { tag: Tag::Null, .. }))
    }

    /// Null, or a collection without content.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.tag == Tag::Null,
            Self::Map(entries) => entries.is_empty(),
            Self::Seq(items) => items.is_empty(),
        }
    }

    /// A scalar's text as written, `null` included; empty for collections.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Scalar(scalar) => &scalar.text,
            _ => "",
        }
    }

    pub(crate) fn entries(&self) -> &[(Scalar, Node)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match self {
            Self::Seq(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match self {
            Self::Map(entries) => entries.iter_mut().find(|(name, _)| name.text == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let Self::Map(entries) = self else { return None };
        let at = entries.iter().position(|(name, _)| name.text == key)?;
        Some(entries.remove(at).1)
    }

    /// The map under a key, made where it is missing or null; `None` when something else is there.
    pub(crate) fn map_at(&mut self, key: &str) -> Option<&mut Node> {
        let Self::Map(entries) = self else { return None };
        let at = match entries.iter().position(|(name, _)| name.text == key) {
            Some(at) => at,
            None => {
                entries.push((Scalar::plain(key), Node::map()));
                entries.len() - 1
            }
        };
        let value = &mut entries[at].1;
        if value.is_null() {
            *value = Node::map();
        }
        matches!(value, Node::Map(_)).then_some(value)
    }

    /// Replaces a scalar's text and tag; it stays quoted if it was.
    pub(crate) fn set_scalar(&mut self, value: Scalar) -> Result<()> {
        match self {
            Self::Scalar(scalar) => {
                *scalar = Scalar { style: scalar.style, ..value };
                Ok(())
            }
            other => Err(wrong_kind(Kind::Scalar, other)),
        }
    }

    /// Sets a field. An existing scalar's quoting outlives its value; a new string that would read as another type is
    /// quoted.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Node>) -> Result<()> {
        self.set_keyed(&Scalar::plain(key), value.into())
    }

    /// As [`Node::set`], with the key's own quoting where the field is new.
    pub(crate) fn set_keyed(&mut self, key: &Scalar, mut value: Node) -> Result<()> {
        let Self::Map(entries) = self else { return Err(wrong_kind(Kind::Map, self)) };
        match entries.iter_mut().find(|(name, _)| name.text == key.text) {
            Some((_, present)) => {
                if let Node::Scalar(scalar) = &mut value {
                    scalar.style = match present {
                        Node::Scalar(present) => present.style,
                        _ => ScalarStyle::Plain,
                    };
                }
                *present = value;
            }
            None => {
                match &mut value {
                    Node::Scalar(scalar)
                        if scalar.style.is_plain() && scalar.is_string() && looks_typed(&scalar.text) =>
                    {
                        scalar.style = ScalarStyle::DoubleQuoted;
                    }
                    _ => {}
                }
                entries.push((Scalar { tag: Tag::Unset, ..key.clone() }, value));
            }
        }
        Ok(())
    }

    /// Follows a path of field names, indices, `-` and `[field=value]`; `None` where it ends early.
    pub(crate) fn lookup<S: AsRef<str>>(&self, path: &[S]) -> Result<Option<&Node>> {
        let mut found = self;
        for part in path.iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty()) {
            let next = found.position(part)?.and_then(|at| match found {
                Self::Map(entries) => entries.get(at).map(|(_, value)| value),
                Self::Seq(items) => items.get(at),
                Self::Scalar(_) => None,
            });
            match next {
                Some(next) => found = next,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// As [`Node::lookup`].
    pub(crate) fn lookup_mut<S: AsRef<str>>(&mut self, path: &[S]) -> Result<Option<&mut Node>> {
        let mut found = self;
        for part in path.iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty()) {
            let next = found.position(part)?.and_then(|at| match found {
                Self::Map(entries) => entries.get_mut(at).map(|(_, value)| value),
                Self::Seq(items) => items.get_mut(at),
                Self::Scalar(_) => None,
            });
            match next {
                Some(next) => found = next,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// Where among the node's entries or items one part of a path leads.
    fn position(&self, part: &str) -> Result<Option<usize>> {
        if self.is_null() {
            return Ok(None);
        }
        if part == "*" {
            return Err(Error::invalid("wildcard is not supported here"));
        }
        if part == "-" {
            return Ok(self.expect(Kind::Seq)?.items().len().checked_sub(1));
        }
        if let Some(index) = is_index(part) {
            self.expect(Kind::Seq)?;
            return Ok(Some(index));
        }
        match list_condition(part) {
            None => Ok(self.expect(Kind::Map)?.entries().iter().position(|(name, _)| name.text == part)),
            Some(None) => Err(Error::invalid(format!("list selector {part} must have the form [field=value]"))),
            Some(Some((field, value))) => {
                Ok(self.expect(Kind::Seq)?.items().iter().position(|item| item.selected_by(field, value)))
            }
        }
    }

    fn selected_by(&self, field: &str, value: &str) -> bool {
        match field {
            "" => self.kind() == Kind::Scalar && self.text() == value,
            field => self.get(field).is_some_and(|found| found.text() == value),
        }
    }

    /// Fails for an object that has outgrown the limits.
    pub(crate) fn check_size(&self) -> Result<()> {
        let (nodes, depth) = self.measure();
        if nodes > MOST_NODES || depth > MOST_DEPTH {
            return Err(Error::invalid(format!("the object grows to {nodes} nodes on {depth} levels")));
        }
        Ok(())
    }

    fn measure(&self) -> (usize, usize) {
        let add = |(nodes, depth): (usize, usize), (more, below): (usize, usize)| (nodes + more, depth.max(below + 1));
        match self {
            Self::Scalar(_) => (1, 1),
            Self::Map(entries) => entries.iter().map(|(_, value)| value.measure()).fold((1, 1), add),
            Self::Seq(items) => items.iter().map(Self::measure).fold((1, 1), add),
        }
    }

    pub(crate) fn expect(&self, kind: Kind) -> Result<&Self> {
        if self.kind() == kind || self.is_null() { Ok(self) } else { Err(wrong_kind(kind, self)) }
    }
}

pub(crate) fn wrong_kind(expected: Kind, found: &Node) -> Error {
    Error::invalid(format!("expected a {} but found a {}", expected.name(), found.kind().name()))
}
