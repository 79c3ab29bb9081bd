//! One step of a field path, and the path itself, ordered and printed as the API server orders and prints them.

use std::cmp::Ordering;
use std::fmt::{self, Display};

use serde_json::Value;

use crate::value;

/// How to get from a map or list to one of its entries.
#[derive(Debug, Clone)]
pub enum PathElement {
    /// A key of a map or field of a struct.
    Field(String),
    /// The list item whose fields have these values; sorted by field name.
    Key(Vec<(String, Value)>),
    /// The list item that is this scalar.
    Value(Value),
    /// The list item at this place.
    Index(i64),
}

impl PathElement {
    /// A step to a named field.
    pub fn field(name: &str) -> Self {
        PathElement::Field(name.to_owned())
    }

    /// A step to the list item with these key fields, in any order.
    pub fn key(mut fields: Vec<(String, Value)>) -> Self {
        fields.sort_by(|left, right| left.0.cmp(&right.0));
        PathElement::Key(fields)
    }

    fn rank(&self) -> u8 {
        match self {
            PathElement::Field(_) => 0,
            PathElement::Key(_) => 1,
            PathElement::Value(_) => 2,
            PathElement::Index(_) => 3,
        }
    }
}

impl Ord for PathElement {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (PathElement::Field(left), PathElement::Field(right)) => left.cmp(right),
            (PathElement::Key(left), PathElement::Key(right)) => compare_keys(left, right),
            (PathElement::Value(left), PathElement::Value(right)) => value::compare(left, right),
            (PathElement::Index(left), PathElement::Index(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn compare_keys(left: &[(String, Value)], right: &[(String, Value)]) -> Ordering {
    let pairwise = left
        .iter()
        .zip(right)
        .map(|(left, right)| left.0.cmp(&right.0).then_with(|| value::compare(&left.1, &right.1)));
    pairwise.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| left.len().cmp(&right.len()))
}

impl PartialOrd for PathElement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for PathElement {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for PathElement {}

impl Display for PathElement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathElement::Field(name) => write!(out, ".{name}"),
            PathElement::Value(value) => write!(out, "[={value}]"),
            PathElement::Index(index) => write!(out, "[{index}]"),
            PathElement::Key(fields) => {
                out.write_str("[")?;
                for (place, (name, value)) in fields.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    write!(out, "{comma}{name}={value}")?;
                }
                out.write_str("]")
            }
        }
    }
}

/// A path from the root of an object, printed like `.spec.containers[name="x"].image`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<PathElement>);

impl Path {
    /// A path of field names only.
    pub fn fields(names: &[&str]) -> Self {
        Path(names.iter().map(|name| PathElement::field(name)).collect())
    }
}

impl Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|element| write!(out, "{element}"))
    }
}
