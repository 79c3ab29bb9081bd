//! What changed between two values, as field sets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Shape, ValidationError, ValidationErrors, list_element, shape};
use crate::fields::{FieldSet, PathElement};
use crate::schema::{ListRef, ListRelation, MapRef, MapRelation, Scalar, TypeRef};
use crate::value::equal;

/// Disjoint sets; all empty when the values are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    pub added: FieldSet,
    pub modified: FieldSet,
    pub removed: FieldSet,
}

impl Comparison {
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// Leaves out these paths and all below them.
    pub fn without(&self, ignored: &FieldSet) -> Comparison {
        Comparison {
            added: self.added.recursive_difference(ignored),
            modified: self.modified.recursive_difference(ignored),
            removed: self.removed.recursive_difference(ignored),
        }
    }
}

/// Compares two valid values of one type.
pub fn compare(of: TypeRef<'_>, before: &Value, after: &Value) -> Result<Comparison, ValidationErrors> {
    Ok(visit(of, Some(before), Some(after))?.below)
}

/// What happened to one path itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Modified,
    Removed,
}

#[derive(Default)]
struct Visit {
    own: Option<Change>,
    /// The value was compared as a whole.
    is_leaf: bool,
    below: Comparison,
}

impl Visit {
    fn leaf(own: Option<Change>) -> Self {
        Visit { own, is_leaf: true, below: Comparison::default() }
    }

    fn absorb(&mut self, other: Visit) {
        self.own = self.own.or(other.own);
        self.is_leaf |= other.is_leaf;
        let mine = std::mem::take(&mut self.below);
        self.below = Comparison {
            added: mine.added.union(other.below.added),
            modified: mine.modified.union(other.below.modified),
            removed: mine.removed.union(other.below.removed),
        };
    }

    /// Most of two versions is the same: nothing is to be noted there, not even the way to it.
    fn is_same(&self) -> bool {
        self.own.is_none() && self.below.is_same()
    }

    fn attach(&mut self, element: PathElement, child: Visit) {
        self.mark(&element, child.own);
        self.below.added.attach(element.clone(), false, child.below.added);
        self.below.modified.attach(element.clone(), false, child.below.modified);
        self.below.removed.attach(element, false, child.below.removed);
    }

    fn attach_field(&mut self, key: &str, child: Visit) {
        if !child.is_same() {
            self.attach(PathElement::field(key), child);
        }
    }

    fn mark(&mut self, element: &PathElement, change: Option<Change>) {
        let set = match change {
            None => return,
            Some(Change::Added) => &mut self.below.added,
            Some(Change::Modified) => &mut self.below.modified,
            Some(Change::Removed) => &mut self.below.removed,
        };
        set.attach(element.clone(), true, FieldSet::default());
    }
}

type Visited = Result<Visit, ValidationErrors>;

fn visit(of: TypeRef<'_>, before: Option<&Value>, after: Option<&Value>) -> Visited {
    let sides = (shape(of, before), shape(of, after));
    let mut visited = match sides {
        (Some(old), Some(new)) if before.is_some() && after.is_some() && !old.same_side(&new) => {
            let mut visited = visit_as(old, before, after)?;
            let new = visit_as(new, before, after)?;
            visited.is_leaf = false;
            visited.absorb(new);
            visited
        }
        (_, Some(new)) if after.is_some() => visit_as(new, before, after)?,
        (Some(old), _) => visit_as(old, before, after)?,
        _ => leaf(before, after),
    };
    if !visited.is_leaf && before.is_none() {
        visited.own = Some(Change::Added);
    } else if !visited.is_leaf && after.is_none() {
        visited.own = Some(Change::Removed);
    }
    Ok(visited)
}

fn visit_as(shape: Shape<'_>, before: Option<&Value>, after: Option<&Value>) -> Visited {
    match shape {
        Shape::Scalar(scalar) => visit_scalar(scalar, before, after),
        Shape::List(list) => visit_list(list, before, after),
        Shape::Map(map) => visit_map(map, before, after),
    }
}

fn leaf(before: Option<&Value>, after: Option<&Value>) -> Visit {
    let change = match (before, after) {
        (None, _) => Some(Change::Added),
        (_, None) => Some(Change::Removed),
        (Some(before), Some(after)) => (!equal(before, after)).then_some(Change::Modified),
    };
    Visit::leaf(change)
}

/// One side that fits is enough: a value may change its type.
fn visit_scalar(scalar: Scalar, before: Option<&Value>, after: Option<&Value>) -> Visited {
    let problem = |side: Option<&Value>, label: &str| side.and_then(|value| scalar.problem(value, label));
    match (problem(before, "lhs: "), problem(after, "rhs: ")) {
        (Some(before), Some(after)) => {
            Err(ValidationErrors([before, after].into_iter().map(ValidationError::here).collect()))
        }
        _ => Ok(leaf(before, after)),
    }
}

fn visit_map(map: MapRef<'_>, before: Option<&Value>, after: Option<&Value>) -> Visited {
    let entries = |side: Option<&Value>| side.and_then(Value::as_object).is_some_and(|entries| !entries.is_empty());
    let (old, new) = (before.and_then(Value::as_object), after.and_then(Value::as_object));
    if map.relation() == MapRelation::Atomic || (!entries(before) && !entries(after)) {
        return Ok(leaf(before, after));
    }
    let mut out = Visit::default();
    for (key, value) in old.into_iter().flatten() {
        let other = new.and_then(|new| new.get(key));
        out.attach_field(key, visit_entry(map, key, Some(value), other)?);
    }
    for (key, value) in new.into_iter().flatten() {
        if old.is_none_or(|old| !old.contains_key(key)) {
            out.attach_field(key, visit_entry(map, key, None, Some(value))?);
        }
    }
    Ok(out)
}

fn visit_entry(map: MapRef<'_>, key: &str, before: Option<&Value>, after: Option<&Value>) -> Visited {
    match map.child(key) {
        Some(of) => visit(of, before, after).map_err(|errors| errors.below(&PathElement::field(key))),
        None => Ok(leaf(before, after)),
    }
}

fn visit_list(list: ListRef<'_>, before: Option<&Value>, after: Option<&Value>) -> Visited {
    let items = |side: Option<&Value>| side.and_then(Value::as_array).is_some_and(|items| !items.is_empty());
    if *list.relation() == ListRelation::Atomic || (!items(before) && !items(after)) {
        return Ok(leaf(before, after));
    }
    let (mut old, mut new) = (group(list, before)?, group(list, after)?);
    let mut elements: Vec<PathElement> = old.keys().cloned().collect();
    elements.extend(new.keys().filter(|element| !old.contains_key(element)).cloned());
    let mut out = Visit::default();
    for element in elements {
        let (old, new) = (old.remove(&element).unwrap_or_default(), new.remove(&element).unwrap_or_default());
        visit_items(list, &mut out, element, &old, &new)?;
    }
    Ok(out)
}

/// Items by identity; more than one where identities repeat.
fn group<'v>(
    list: ListRef<'_>,
    side: Option<&'v Value>,
) -> Result<BTreeMap<PathElement, Vec<&'v Value>>, ValidationErrors> {
    let mut groups: BTreeMap<PathElement, Vec<&Value>> = BTreeMap::new();
    let items = side.and_then(Value::as_array).into_iter().flatten();
    for (place, item) in items.enumerate() {
        let element = list_element(list, item)
            .map_err(|problem| ValidationErrors(vec![ValidationError::here(format!("element {place}: {problem}"))]))?;
        groups.entry(element).or_default().push(item);
    }
    Ok(groups)
}

/// Repeated items count as one atomic value, marked by their identity alone.
fn visit_items(
    list: ListRef<'_>,
    out: &mut Visit,
    element: PathElement,
    old: &[&Value],
    new: &[&Value],
) -> Result<(), ValidationErrors> {
    let mut one_to_one = |before: Option<&Value>, after: Option<&Value>| {
        let visited = visit(list.element(), before, after).map_err(|errors| errors.below(&element))?;
        if !visited.is_same() {
            out.attach(element.clone(), visited);
        }
        Ok::<(), ValidationErrors>(())
    };
    match (old, new) {
        ([] | [_], [] | [_]) => one_to_one(old.first().copied(), new.first().copied())?,
        ([_, _, ..], [_, _, ..]) => {
            let same = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| equal(old, new));
            out.mark(&element, (!same).then_some(Change::Modified));
        }
        (_, [] | [_]) => {
            if let [only] = new {
                one_to_one(None, Some(only))?;
            }
            out.mark(&element, Some(Change::Removed));
        }
        ([] | [_], _) => {
            if let [only] = old {
                one_to_one(Some(only), None)?;
            }
            out.mark(&element, Some(Change::Added));
        }
    }
    Ok(())
}
