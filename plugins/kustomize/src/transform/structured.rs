//! Replacing a field inside of a text that itself holds JSON or YAML.

use super::path_matcher::{self, Location, PathMatcher};
use super::{block_yaml, splice};
use crate::error::{Error, Result};
use crate::go_json;
use crate::node::{Kind, Node};

/// Sets the value where the path leads through a text into the structure it holds. Fails if it does not.
pub(super) fn set(target: &mut Node, value: &Node, path: &[String], create: Option<Kind>) -> Result<()> {
    let (outer, inner) = split(target, path).ok_or_else(|| Error::invalid("no structured data found in path"))?;
    let text = target.lookup(outer)?.map_or("", Node::text).to_owned();
    let mut structure = path_matcher::parse(&text)?;
    let locations = PathMatcher { create }.find(&mut structure, inner)?;
    if locations.is_empty() {
        return Err(Error::invalid("unable to find field in structured data"));
    }
    for location in &locations {
        match path_matcher::at(&mut structure, location) {
            Some(Node::Scalar(field)) => value.text().clone_into(&mut field.text),
            Some(field) => *field = value.clone(),
            None => {}
        }
    }
    let printed = print(&structure, &text, &locations)?;
    match target.lookup_mut(outer)? {
        Some(Node::Scalar(field)) => {
            field.text = printed;
            Ok(())
        }
        _ => Err(Error::invalid("no structured data found in path")),
    }
}

/// The way to the text and the rest of the path: the first text on the way that can be read as YAML.
fn split<'p>(target: &Node, path: &'p [String]) -> Option<(&'p [String], &'p [String])> {
    (1..path.len()).map(|length| path.split_at(length)).find(|(outer, _)| {
        let found = target.lookup(outer).ok().flatten();
        found.is_some_and(|node| node.kind() == Kind::Scalar && path_matcher::parse(node.text()).is_ok())
    })
}

/// JSON stays JSON, indented if it was. YAML is printed anew, unless comments or flow style would be lost: then only the
/// changed scalars are.
fn print(structure: &Node, original: &str, changed: &[Location]) -> Result<String> {
    if original.trim_start().starts_with(['{', '[']) {
        let json = structure.to_json()?;
        let is_indented = original.contains('\n') && original.contains("  ");
        return Ok(if is_indented { go_json::to_indented_text(&json) } else { go_json::to_text(&json) });
    }
    let keeps_form = block_yaml::print(&path_matcher::parse(original)?) == original.trim();
    let spliced = if keeps_form { None } else { splice::replace(original, structure, changed) };
    Ok(spliced.unwrap_or_else(|| block_yaml::print(structure)))
}
