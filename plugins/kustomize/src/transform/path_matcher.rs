//! Finding the fields that a replacement's path means, several if it says so, and making them where asked.

use windlass_yaml::{Dialect, Limits, Style};

use crate::error::{Error, Result};
use crate::node::{Kind, Node, Scalar, from_yaml, is_index, list_condition, resolve};
use crate::selector::compile;

/// The way to a field inside of an object.
pub(super) type Location = Vec<Part>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Field(String),
    Item(usize),
    /// Inside of a text that holds YAML: found, but not changed by this way of looking.
    Text,
}

/// Matches a path; fields that are not there are made as `create` says.
pub(super) struct PathMatcher {
    pub(super) create: Option<Kind>,
}

fn fresh(kind: Kind) -> Node {
    match kind {
        Kind::Scalar => Scalar::plain("").into(),
        Kind::Map => Node::map(),
        Kind::Seq => Node::Seq(Vec::new()),
    }
}

/// What the part after this one wants to find.
fn kind_for(next: Option<&String>, last: Kind) -> Kind {
    match next {
        None => last,
        Some(part) if is_index(part).is_some() || list_condition(part).is_some() => Kind::Seq,
        Some(_) => Kind::Map,
    }
}

fn below(part: Part, locations: Vec<Location>) -> Vec<Location> {
    let prefixed = |mut location: Location| {
        location.insert(0, part.clone());
        location
    };
    locations.into_iter().map(prefixed).collect()
}

impl PathMatcher {
    pub(super) fn find(&self, node: &mut Node, path: &[String]) -> Result<Vec<Location>> {
        let Some((part, rest)) = path.split_first() else { return Ok(vec![Vec::new()]) };
        if let Some(index) = is_index(part) {
            return self.item(node, index, rest);
        }
        match list_condition(part) {
            Some(Some((field, pattern))) => self.items_where(node, field, pattern, rest),
            Some(None) => Err(Error::invalid(format!("list path element {part} must have the form [field=value]"))),
            None if part == "*" => self.every_item(node, rest),
            None => self.field(node, part, rest),
        }
    }

    fn every_item(&self, node: &mut Node, rest: &[String]) -> Result<Vec<Location>> {
        node.expect(Kind::Seq)?;
        let Node::Seq(items) = node else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (at, item) in items.iter_mut().enumerate() {
            found.extend(below(Part::Item(at), self.find(item, rest)?));
        }
        Ok(found)
    }

    fn field(&self, node: &mut Node, name: &str, rest: &[String]) -> Result<Vec<Location>> {
        node.expect(Kind::Map)?;
        if node.get(name).is_none() {
            let Some(last) = self.create else { return Ok(Vec::new()) };
            node.set(name, fresh(kind_for(rest.first(), last)))?;
        }
        let Some(field) = node.get_mut(name) else { return Ok(Vec::new()) };
        let found = match (&mut *field, rest) {
            (Node::Scalar(text), [_, ..]) => {
                let count = self.find(&mut parse(&text.text)?, rest)?.len();
                vec![vec![Part::Text]; count]
            }
            _ => self.find(field, rest)?,
        };
        Ok(below(Part::Field(name.to_owned()), found))
    }

    fn item(&self, node: &mut Node, index: usize, rest: &[String]) -> Result<Vec<Location>> {
        node.expect(Kind::Seq)?;
        let length = node.items().len();
        if let (Node::Seq(items), Some(last), true) = (&mut *node, self.create, length == index) {
            items.push(fresh(kind_for(rest.first(), last)));
        }
        let too_few = || Error::invalid(format!("index {index} specified but only {length} elements found"));
        let Node::Seq(items) = node else { return Err(too_few()) };
        let item = items.get_mut(index).ok_or_else(too_few)?;
        Ok(below(Part::Item(index), self.find(item, rest)?))
    }

    /// The pattern is a regular expression that has to match somewhere in the element's text as YAML shows it.
    fn items_where(&self, node: &mut Node, field: &str, pattern: &str, rest: &[String]) -> Result<Vec<Location>> {
        let found = self.matching_items(node, field, pattern, rest)?;
        let (true, Some(_), Node::Seq(items)) = (found.is_empty(), self.create, &mut *node) else { return Ok(found) };
        let value = Scalar::plain(pattern);
        items.push(match field {
            "" => value.into(),
            field => Node::Map(vec![(Scalar::plain(field), value.into())]),
        });
        self.matching_items(node, field, pattern, rest)
    }

    fn matching_items(&self, node: &mut Node, field: &str, pattern: &str, rest: &[String]) -> Result<Vec<Location>> {
        node.expect(Kind::Seq)?;
        let Node::Seq(items) = node else { return Ok(Vec::new()) };
        let pattern = compile(pattern)?;
        let mut found = Vec::new();
        for (at, item) in items.iter_mut().enumerate() {
            let compared = if field.is_empty() { Some(&*item) } else { item.get(field) };
            if !compared.is_some_and(|compared| pattern.is_match(&shown(compared))) {
                continue;
            }
            match field {
                "" => found.push(vec![Part::Item(at)]),
                _ => found.extend(below(Part::Item(at), self.find(item, rest)?)),
            }
        }
        Ok(found)
    }
}

/// A node as kyaml prints it, quotes included.
fn shown(node: &Node) -> String {
    match node {
        Node::Scalar(scalar) => {
            let is_forced =
                scalar.tag == crate::node::Tag::Str && resolve(&scalar.text) != windlass_yaml::Value::String;
            match scalar.style {
                windlass_yaml::ScalarStyle::SingleQuoted => format!("'{}'", scalar.text),
                windlass_yaml::ScalarStyle::DoubleQuoted => format!("\"{}\"", scalar.text),
                _ if is_forced => format!("\"{}\"", scalar.text),
                _ => scalar.text.trim().to_owned(),
            }
        }
        collection => collection.to_json().map(|json| windlass_yaml::emit(&json, Style::Kyaml)).unwrap_or_default(),
    }
}

/// A text that holds YAML, as a tree.
pub(super) fn parse(text: &str) -> Result<Node> {
    let documents = windlass_yaml::parse(text.as_bytes(), Dialect::V3, &Limits::default())
        .map_err(|error| Error::invalid(format!("the field's text is no YAML: {}", error.kind())))?;
    let document = documents.into_iter().next().filter(|document| !document.root.is_null());
    document.map(|document| from_yaml(document.root)).ok_or_else(|| Error::invalid("the field's text is empty"))
}

/// The node at a location; `None` inside of texts.
pub(super) fn at<'n>(node: &'n mut Node, location: &[Part]) -> Option<&'n mut Node> {
    location.iter().try_fold(node, |node, part| match (part, node) {
        (Part::Field(name), node) => node.get_mut(name),
        (Part::Item(at), Node::Seq(items)) => items.get_mut(*at),
        _ => None,
    })
}
