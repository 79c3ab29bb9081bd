//! What the scanner hands to the grammar.

use std::borrow::Cow;

use super::super::cursor::Mark;
use crate::read::node::ScalarStyle;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::read) enum Token<'a> {
    StreamEnd,
    VersionDirective { major: u8, minor: u8 },
    TagDirective { handle: &'a str, prefix: String },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    Tag { handle: &'a str, suffix: String },
    Scalar { text: Cow<'a, str>, style: ScalarStyle },
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(in crate::read) struct Lexeme<'a> {
    pub(in crate::read) token: Token<'a>,
    pub(in crate::read) start: Mark,
    pub(in crate::read) end: Mark,
}
