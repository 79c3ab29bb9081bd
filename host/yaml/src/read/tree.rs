//! Documents as trees of [`Node`]s.

use std::collections::HashMap;

use super::build::{Builder, Place, Resolved, Target};
use super::json::key_name;
use super::node::{Document, Node, NodeKind, Scalar};
use super::resolve::Dialect;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

/// Reads a stream of documents as trees. A document without content has a null root.
///
/// # Errors
/// The first fault of the whole stream; none of its documents is returned then.
pub fn parse(text: &[u8], dialect: Dialect, limits: &Limits) -> Result<Vec<Document>, Error> {
    let mut builder = Builder::<Tree>::new(text, dialect, limits)?;
    let mut documents = Vec::new();
    while let Some(raw) = builder.next()? {
        if let Some(root) = raw.root {
            let (index, line, duplicate_keys) = (raw.index, raw.line, raw.duplicate_keys);
            documents.push(Document { root, index, line, duplicate_keys });
        }
    }
    Ok(documents)
}

struct Tree;

/// Entries in order, and where each key is.
struct Entries {
    list: Vec<(Node, Node)>,
    places: HashMap<String, usize>,
}

impl Entries {
    fn place_of(&mut self, key: &Node) -> Result<(), usize> {
        let next = self.list.len();
        match self.places.entry(identity(key)) {
            std::collections::hash_map::Entry::Occupied(known) => Err(*known.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(next);
                Ok(())
            }
        }
    }

    fn set(&mut self, key: Node, value: Node, overwrite: bool) {
        match self.place_of(&key) {
            Ok(()) => self.list.push((key, value)),
            Err(known) if overwrite => self.list[known].1 = value,
            Err(_) => {}
        }
    }
}

/// Two keys are the same if JSON cannot tell them apart.
fn identity(key: &Node) -> String {
    match &key.kind {
        NodeKind::Scalar(scalar) => key_name(&scalar.text, scalar.value).unwrap_or_default(),
        NodeKind::Sequence(_) | NodeKind::Mapping(_) => String::new(),
    }
}

impl Target for Tree {
    type Value = Node;
    type Key = Node;
    type Mapping = Entries;

    fn scalar(scalar: Resolved<'_>) -> Result<Node, ErrorKind> {
        let Resolved { text, style, value, place } = scalar;
        Ok(node(NodeKind::Scalar(Scalar { text: text.into_owned(), style, value }), place))
    }

    fn key(scalar: Resolved<'_>) -> Result<Node, ErrorKind> {
        Self::scalar(scalar)
    }

    fn sequence(items: Vec<Node>, place: Place) -> Node {
        node(NodeKind::Sequence(items), place)
    }

    fn empty_mapping() -> Entries {
        Entries { list: Vec::new(), places: HashMap::new() }
    }

    fn mapping(mapping: Entries, place: Place) -> Node {
        node(NodeKind::Mapping(mapping.list), place)
    }

    fn insert(mapping: &mut Entries, key: Node, value: Node) -> Option<String> {
        let known = mapping.list.len();
        let name = identity(&key);
        mapping.set(key, value, true);
        (mapping.list.len() == known).then_some(name)
    }

    fn merge(mapping: &mut Entries, source: Node, overwrite: bool) -> Result<(), ErrorKind> {
        match source.kind {
            NodeKind::Mapping(entries) => {
                for (key, value) in entries {
                    mapping.set(key, value, overwrite);
                }
                Ok(())
            }
            NodeKind::Sequence(sources) => {
                let mut sources = sources;
                if overwrite {
                    sources.reverse();
                }
                sources.into_iter().try_for_each(|source| match Self::is_mapping(&source) {
                    true => Self::merge(mapping, source, overwrite),
                    false => Err(ErrorKind::MergeValue),
                })
            }
            NodeKind::Scalar(_) => Err(ErrorKind::MergeValue),
        }
    }

    fn is_mapping(value: &Node) -> bool {
        matches!(value.kind, NodeKind::Mapping(_))
    }

    fn as_json(value: &Node) -> Option<serde_json::Value> {
        value.to_json().ok()
    }
}

fn node(kind: NodeKind, place: Place) -> Node {
    Node { kind, line: place.line, column: place.column }
}
