//! A set of field paths, as a tree. The operations are plain set operations over paths: owning a parent says
//! nothing of its children, except in [`FieldSet::recursive_difference`].

use std::collections::BTreeMap;

use super::{Path, PathElement};
use crate::schema::TypeRef;

/// Paths of an object. Holds no branch without a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    entries: BTreeMap<PathElement, Node>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// Whether the path that ends here is in the set.
    is_member: bool,
    children: FieldSet,
}

impl Node {
    fn is_empty(&self) -> bool {
        !self.is_member && self.children.is_empty()
    }
}

impl FieldSet {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of paths.
    pub fn len(&self) -> usize {
        self.entries.values().map(|node| usize::from(node.is_member) + node.children.len()).sum()
    }

    /// Adds a path. The empty path stands for the whole object, which nobody owns: it is ignored.
    pub fn insert(&mut self, path: &[PathElement]) {
        match path {
            [] => {}
            [last] => self.entries.entry(last.clone()).or_default().is_member = true,
            [first, rest @ ..] => self.entries.entry(first.clone()).or_default().children.insert(rest),
        }
    }

    /// Adds `element` itself, if it is a member, and everything below it.
    pub fn attach(&mut self, element: PathElement, is_member: bool, children: FieldSet) {
        if !is_member && children.is_empty() {
            return;
        }
        let node = self.entries.entry(element).or_default();
        node.is_member |= is_member;
        node.children = std::mem::take(&mut node.children).union(children);
    }

    pub fn contains(&self, path: &[PathElement]) -> bool {
        match path {
            [] => false,
            [last] => self.is_member(last),
            [first, rest @ ..] => self.entries.get(first).is_some_and(|node| node.children.contains(rest)),
        }
    }

    /// Whether the path of this single element is in the set.
    pub fn is_member(&self, element: &PathElement) -> bool {
        self.entries.get(element).is_some_and(|node| node.is_member)
    }

    /// What the set holds below this element.
    pub fn below(&self, element: &PathElement) -> Option<&FieldSet> {
        self.entries.get(element).map(|node| &node.children).filter(|children| !children.is_empty())
    }

    /// The first steps of all paths: each with whether it is a member itself, and what is below it.
    pub fn entries(&self) -> impl Iterator<Item = (&PathElement, bool, &FieldSet)> {
        self.entries.iter().map(|(element, node)| (element, node.is_member, &node.children))
    }

    pub fn union(mut self, other: FieldSet) -> FieldSet {
        if self.is_empty() {
            return other;
        }
        for (element, theirs) in other.entries {
            let ours = self.entries.entry(element).or_default();
            ours.is_member |= theirs.is_member;
            ours.children = std::mem::take(&mut ours.children).union(theirs.children);
        }
        self
    }

    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        self.retain(|element, node| {
            let theirs = other.entries.get(element)?;
            let children = node.children.intersection(&theirs.children);
            Some(Node { is_member: node.is_member && theirs.is_member, children })
        })
    }

    /// The paths that are not in `other`.
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        self.retain(|element, node| {
            let Some(theirs) = other.entries.get(element) else { return Some(node.clone()) };
            let children = node.children.difference(&theirs.children);
            Some(Node { is_member: node.is_member && !theirs.is_member, children })
        })
    }

    /// The paths that are neither in `other` nor below a path of `other`.
    pub fn recursive_difference(&self, other: &FieldSet) -> FieldSet {
        self.retain(|element, node| match other.entries.get(element) {
            None => Some(node.clone()),
            Some(theirs) if theirs.is_member => None,
            Some(theirs) => {
                let children = node.children.recursive_difference(&theirs.children);
                Some(Node { is_member: node.is_member, children })
            }
        })
    }

    /// The paths that no other path of the set goes through.
    pub fn leaves(&self) -> FieldSet {
        self.retain(|_, node| {
            Some(Node { is_member: node.is_member && node.children.is_empty(), children: node.children.leaves() })
        })
    }

    /// Adds the declared fields that paths go through: `.spec.replicas` also owns `.spec`, but a key of a free map
    /// does not own the map's other levels.
    pub fn with_declared_parents(&self, of: Option<TypeRef<'_>>) -> FieldSet {
        let entries = self.entries.iter().map(|(element, node)| {
            let (declared, below) = descend(of, element);
            let is_member = node.is_member || (declared && !node.children.is_empty());
            (element.clone(), Node { is_member, children: node.children.with_declared_parents(below) })
        });
        FieldSet { entries: entries.collect() }
    }

    fn retain(&self, keep: impl Fn(&PathElement, &Node) -> Option<Node>) -> FieldSet {
        let kept = self.entries.iter().filter_map(|(element, node)| {
            keep(element, node).filter(|node| !node.is_empty()).map(|node| (element.clone(), node))
        });
        FieldSet { entries: kept.collect() }
    }

    /// Every path, members of one level before what is below them.
    pub fn paths(&self) -> Vec<Path> {
        let mut out = Vec::new();
        self.collect(&mut Vec::new(), &mut out);
        out
    }

    fn collect(&self, prefix: &mut Vec<PathElement>, out: &mut Vec<Path>) {
        for (element, node) in &self.entries {
            if node.is_member {
                let path = prefix.iter().chain([element]).cloned().collect();
                out.push(Path(path));
            }
        }
        for (element, node) in &self.entries {
            prefix.push(element.clone());
            node.children.collect(prefix, out);
            prefix.pop();
        }
    }
}

/// Whether the element is a declared field, and the type below it.
fn descend<'s>(of: Option<TypeRef<'s>>, element: &PathElement) -> (bool, Option<TypeRef<'s>>) {
    match element {
        PathElement::Field(name) => {
            let map = of.and_then(TypeRef::map);
            let declared = map.is_some_and(|map| map.field(name).is_some());
            (declared, map.and_then(|map| map.child(name)))
        }
        PathElement::Key(_) => (false, of.and_then(TypeRef::list).map(|list| list.element())),
        PathElement::Value(_) | PathElement::Index(_) => (false, None),
    }
}

impl FromIterator<Path> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Path>>(paths: I) -> Self {
        let mut set = FieldSet::default();
        paths.into_iter().for_each(|path| set.insert(&path.0));
        set
    }
}
