//! Lists that merge element by element.

use super::elements::{element_with, keys_in_use, merge_partial_keys, set_element, values_of};
use super::{Base, DIRECTIVE, Directive, Merged, Merger, Sides};
use crate::error::Result;
use crate::node::{Kind, Node, Scalar};
use crate::schema::Schema;

/// Takes a directive out of a list: an element that has nothing but `$patch`. With it go all elements that carry the
/// same directive.
pub(super) fn take_directive(list: &mut Node) -> Result<Directive> {
    let carrier = list.items().iter().find(|item| item.get(DIRECTIVE).is_some());
    let Some(carrier) = carrier.filter(|item| item.entries().len() == 1) else { return Ok(Directive::Merge) };
    let text = carrier.get(DIRECTIVE).map_or("", Node::text).to_owned();
    let directive = Directive::parse(&text)?;
    if let Node::Seq(items) = list {
        set_element(items, &[DIRECTIVE.to_owned()], &[text], None)?;
    }
    Ok(directive)
}

fn into_items(node: Node) -> Vec<Node> {
    match node {
        Node::Seq(items) => items,
        _ => Vec::new(),
    }
}

/// Both lists while they are being merged.
struct Lists {
    target: Vec<Node>,
    patch: Vec<Node>,
    are_same: bool,
}

impl Merger<'_> {
    pub(super) fn walk_list(&self, sides: Sides, schema: Option<&Schema>) -> Result<Merged> {
        let lists = match Base::of_list(sides)? {
            Base::Settled(merged) => return Ok(merged),
            Base::Target { node, patch, are_same } => {
                Lists { target: into_items(node), patch: into_items(patch), are_same }
            }
            Base::Patch(node) => {
                let items = into_items(node);
                Lists { target: items.clone(), patch: items, are_same: true }
            }
        };
        let keys = schema.map_or(&[][..], Schema::keys);
        let elements = schema.and_then(Schema::elements);
        let merged = match keys.is_empty() {
            true => self.merge_elements(lists, &[String::new()], elements.as_ref())?,
            false => self.merge_elements(lists, keys, elements.as_ref())?,
        };
        Ok(Merged::Target(Node::Seq(merged)))
    }

    /// The patch's elements, each merged with the target's of the same key, stand first; then come the target's
    /// others.
    fn merge_elements(&self, mut lists: Lists, keys: &[String], schema: Option<&Schema>) -> Result<Vec<Node>> {
        let mut wanted = values_of(&[&lists.patch, &lists.target], keys);
        merge_partial_keys(&mut wanted);
        let mut merged = Vec::new();
        let mut used_keys = Vec::new();
        for values in &wanted {
            let (keys, values) = keys_in_use(&wanted, values, keys);
            if let Some(element) = self.merge_element(&mut lists, &keys, &values, schema)? {
                set_element(&mut merged, &keys, &values, Some(element))?;
            }
            used_keys = keys;
        }
        if wanted.is_empty() {
            return Ok(lists.target);
        }
        append(&mut merged, lists.target, &used_keys)?;
        Ok(merged)
    }

    fn merge_element(
        &self,
        lists: &mut Lists,
        keys: &[String],
        values: &[String],
        schema: Option<&Schema>,
    ) -> Result<Option<Node>> {
        let (narrow_keys, narrow_values) = keys_in_use(&[values.to_vec()], values, keys);
        let at = element_with(&lists.target, &narrow_keys, &narrow_values);
        let target = at.map(|at| lists.target[at].clone());
        let patch = element_with(&lists.patch, &narrow_keys, &narrow_values).map(|at| lists.patch[at].clone());
        let sides = Sides { target, patch, are_same: lists.are_same };
        let merged = self.walk(sides, schema.cloned()).map_err(|error| error.while_doing(values.join(",")))?;
        let is_targets = matches!(merged, Merged::Target(_));
        let node = merged.into_node().filter(|node| !(node.kind() == Kind::Map && node.is_empty()));
        let Some(mut node) = node else {
            set_element(&mut lists.target, keys, values, None)?;
            if lists.are_same {
                set_element(&mut lists.patch, keys, values, None)?;
            }
            return Ok(None);
        };
        complete_keys(&mut node, keys, values)?;
        // The target's own element is changed where it stands; one that a patch replaced stays as it was, and wins
        // below, which is kyaml's reading of `$patch: replace` inside an element.
        if let (true, Some(at)) = (is_targets, at) {
            lists.target[at] = node.clone();
        }
        Ok(Some(node))
    }
}

/// A merged element has all the keys it was found by.
fn complete_keys(node: &mut Node, keys: &[String], values: &[String]) -> Result<()> {
    for (key, value) in keys.iter().zip(values) {
        if value.is_empty() || node.get(key).is_some() {
            continue;
        }
        match key.as_str() {
            "" => node.set_scalar(Scalar::plain(value.as_str()))?,
            key => node.set(key, Scalar::plain(value.as_str()))?,
        }
    }
    Ok(())
}

/// Puts the elements of `more` into the list: in the place of one with the same keys, or at the end.
fn append(list: &mut Vec<Node>, more: Vec<Node>, keys: &[String]) -> Result<()> {
    for element in more {
        if keys.first().is_none_or(String::is_empty) {
            let text = element.text().to_owned();
            set_element(list, &[String::new()], &[text], Some(element))?;
            continue;
        }
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            match element.expect(Kind::Map)?.get(key) {
                Some(value) => values.push(value.text().to_owned()),
                None => list.push(element.clone()),
            }
        }
        if keys.len() > 1 {
            set_element(list, keys, &values, None)?;
        }
        set_element(list, keys, &values, Some(element))?;
    }
    Ok(())
}
