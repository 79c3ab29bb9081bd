//! Brings recorded owners in line with a type that has changed since: what was granular and is atomic now is owned
//! as a whole by everyone who owned a part of it.

use crate::fields::{FieldSet, PathElement};
use crate::schema::{ListRelation, MapRef, MapRelation, TypeRef};

/// The set with the parts of atomic values replaced by the value itself. Unknown fields are kept.
pub fn reconcile(of: TypeRef<'_>, fields: FieldSet) -> FieldSet {
    // Types seldom change.
    if is_in_line(of, &fields) { fields } else { replaced(of, &fields) }
}

fn is_in_line(of: TypeRef<'_>, fields: &FieldSet) -> bool {
    fields.entries().all(|(element, _, below)| match child(of, element) {
        _ if below.is_empty() => true,
        Some(child) => !is_atomic(child) && is_in_line(child, below),
        None => true,
    })
}

fn replaced(of: TypeRef<'_>, fields: &FieldSet) -> FieldSet {
    let mut out = FieldSet::default();
    for (element, is_member, below) in fields.entries() {
        match child(of, element) {
            Some(child) if is_atomic(child) && !below.is_empty() => {
                out.attach(element.clone(), true, FieldSet::default());
            }
            Some(child) => out.attach(element.clone(), is_member, replaced(child, below)),
            None => out.attach(element.clone(), is_member, below.clone()),
        }
    }
    out
}

fn child<'s>(of: TypeRef<'s>, element: &PathElement) -> Option<TypeRef<'s>> {
    match (element, of.map(), of.list()) {
        (_, Some(map), _) if is_free_form(map) => None,
        (PathElement::Field(name), Some(map), _) => map.child(name),
        (_, _, Some(list)) => Some(list.element()),
        _ => None,
    }
}

/// Types that take anything have no markers to be in line with.
fn is_free_form(map: MapRef<'_>) -> bool {
    let takes_anything = |rest: TypeRef<'_>| rest.map().is_some() && rest.scalar().is_some();
    map.relation() == MapRelation::Granular && map.fields().next().is_none() && map.rest().is_some_and(takes_anything)
}

fn is_atomic(of: TypeRef<'_>) -> bool {
    match (of.map(), of.scalar(), of.list()) {
        (Some(map), _, _) => map.relation() == MapRelation::Atomic,
        (None, None, Some(list)) => *list.relation() == ListRelation::Atomic,
        _ => false,
    }
}
