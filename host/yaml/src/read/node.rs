//! A document as a tree that keeps order, positions and the text of scalars.

/// One document of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub root: Node,
    /// Number of the document in its stream, from 0, empty ones counted.
    pub index: usize,
    /// Line of the document's first node, from 1.
    pub line: u32,
    /// Keys that stand twice in one mapping; the last one won.
    pub duplicate_keys: Vec<DuplicateKey>,
}

/// A key that stands again in a mapping that already has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    pub key: String,
    /// Line of the later one, from 1.
    pub line: u32,
    pub column: u32,
}

/// A node and where it begins, line and column in characters from 1. An alias is a copy of what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub kind: NodeKind,
    pub line: u32,
    pub column: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    /// Keys in the order of the text, each once, merge keys (`<<`) already replaced by what they bring.
    Mapping(Vec<(Node, Node)>),
}

/// A scalar as written and as understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text after unquoting and folding.
    pub text: String,
    pub style: ScalarStyle,
    pub value: Value,
}

/// What a scalar's text means in the dialect it was read in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above the range of `Int`.
    Uint(u64),
    Float(f64),
    /// A date or time; [`crate::to_rfc3339`] gives the form it has in JSON. Only go-yaml v3 has these; to v2 they are
    /// strings.
    Timestamp,
    String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

impl Node {
    /// The text of a string scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(Scalar { text, value: Value::String | Value::Timestamp, .. }) => Some(text),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(Scalar { value: Value::Null, .. }))
    }

    /// The items of a sequence; none for other nodes.
    pub fn items(&self) -> &[Node] {
        if let NodeKind::Sequence(items) = &self.kind { items } else { &[] }
    }

    /// The entries of a mapping; none for other nodes.
    pub fn entries(&self) -> &[(Node, Node)] {
        if let NodeKind::Mapping(entries) = &self.kind { entries } else { &[] }
    }

    /// The value under a key of a mapping, by the key's text.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }
}
