//! From the content of a file to the objects in it.

use std::collections::VecDeque;
use std::rc::Rc;

use windlass_yaml::{Dialect, Document, Limits};

use crate::error::{Error, Result};
use crate::node::{Node, from_yaml};
use crate::resource::Resource;
use crate::schema::OpenApi;

/// Whether a key may stand twice in a mapping. An object with such a key cannot be printed; a patch is not printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DuplicateKeys {
    Refuse,
    Ignore,
}

/// Reads all objects of a YAML or JSON text. Lists are opened, documents without content left out; every object has
/// to have a kind and a name.
pub(crate) fn read(content: &[u8], duplicates: DuplicateKeys, openapi: &Rc<OpenApi>) -> Result<Vec<Resource>> {
    let text = std::str::from_utf8(content).map_err(|_| Error::invalid("text is not valid UTF-8"))?;
    let text = text.replace("\r\n", "\n");
    let parts = split(&text)?;
    let is_alone = parts.len() == 1;
    let mut found = VecDeque::new();
    for (line, part) in parts {
        let Some(document) = first_document(part, line)? else { continue };
        if let (DuplicateKeys::Refuse, Some(duplicate)) = (duplicates, document.duplicate_keys.first()) {
            let error = Error::invalid(format!("mapping key {:?} already defined", duplicate.key));
            return Err(error.at_line(duplicate.line + line));
        }
        let line = document.line + line;
        match from_yaml(document.root) {
            list if is_alone && is_wrapper(&list) => found.extend(items(list).into_iter().map(|item| (line, item))),
            node => found.push_back((line, node)),
        }
    }
    let mut resources = Vec::new();
    for (line, node) in open_lists(checked(found)?)? {
        resources.push(Resource::new(node, line, openapi.clone()));
    }
    Ok(resources)
}

/// Splits at lines that begin with `---`, as kustomize does before it parses; with the number of lines before each
/// part.
fn split(text: &str) -> Result<Vec<(u32, &str)>> {
    let mut parts = Vec::new();
    let (mut start, mut line, mut start_line) = (0, 0, 0);
    let mut at = 0;
    for full in text.split_inclusive('\n') {
        let is_separator = at > 0 && full.starts_with("---") && full.ends_with('\n');
        // A separator that begins a part would share its line break with the one before it.
        if is_separator && at > start {
            let after = full[3..].trim();
            if !after.is_empty() && !after.starts_with('#') {
                return Err(Error::invalid(format!("invalid document separator: {}", full.trim())).at_line(line + 1));
            }
            parts.push((start_line, &text[start..at]));
            start = at + full.len();
            start_line = line + 1;
        }
        at += full.len();
        line += 1;
    }
    parts.push((start_line, &text[start..]));
    Ok(parts)
}

fn first_document(part: &str, lines_before: u32) -> Result<Option<Document>> {
    let documents = windlass_yaml::parse(part.as_bytes(), Dialect::V3, &Limits::default()).map_err(|error| {
        Error::invalid(format!("malformed YAML: {}", error.kind())).at_line(error.line() + lines_before)
    })?;
    Ok(documents.into_iter().next().filter(|document| !document.root.is_null()))
}

fn kind(node: &Node) -> &str {
    node.get("kind").map_or("", Node::text)
}

fn is_wrapper(node: &Node) -> bool {
    matches!(kind(node), "List" | "ResourceList") && node.get("items").is_some()
}

fn items(mut list: Node) -> Vec<Node> {
    match list.remove("items") {
        Some(Node::Seq(items)) => items,
        _ => Vec::new(),
    }
}

type Found = VecDeque<(u32, Node)>;

/// Leaves empty objects out; refuses those that kustomize cannot name.
fn checked(found: Found) -> Result<Found> {
    let mut kept = VecDeque::with_capacity(found.len());
    for (line, node) in found {
        if !node.is_empty() {
            check(&node).map_err(|error| error.at_line(line))?;
            kept.push_back((line, node));
        }
    }
    Ok(kept)
}

fn check(node: &Node) -> Result<()> {
    let filled = |node: Option<&Node>| node.is_some_and(|node| !node.is_empty() && !node.text().is_empty());
    if !filled(node.get("kind")) {
        return Err(Error::invalid("missing kind in object").in_field("kind"));
    }
    if !kind(node).ends_with("List") && !filled(node.get("metadata").and_then(|metadata| metadata.get("name"))) {
        return Err(Error::invalid("missing metadata.name in object").in_field("metadata.name"));
    }
    Ok(())
}

/// Replaces objects of a kind `…List` by their items, which come after everything else of the text.
fn open_lists(mut found: Found) -> Result<Vec<(u32, Node)>> {
    let mut opened = Vec::new();
    while let Some((line, node)) = found.pop_front() {
        match node.get("items") {
            Some(inner) if kind(&node).ends_with("List") => {
                let inner = match inner {
                    Node::Seq(items) => {
                        items.iter().map(|item| Ok(Node::from_json(&item.to_json()?))).collect::<Result<Vec<_>>>()?
                    }
                    null if null.is_null() => Vec::new(),
                    _ => return Err(Error::invalid("items of a list must be a list").in_field("items").at_line(line)),
                };
                found.extend(checked(inner.into_iter().map(|item| (line, item)).collect())?);
            }
            _ => opened.push((line, node)),
        }
    }
    Ok(opened)
}
