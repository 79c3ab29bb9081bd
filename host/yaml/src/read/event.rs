//! From tokens to events: the grammar, as a state machine that never recurses.

use std::borrow::Cow;

use super::cursor::Mark;
use super::node::ScalarStyle;
use super::resolve::Dialect;
use super::scan::{Lexeme, Scanner, Token};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

#[derive(Debug)]
pub(super) enum Event<'a> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a str),
    Scalar(RawScalar<'a>),
    SequenceStart { anchor: Option<&'a str> },
    SequenceEnd,
    MappingStart { anchor: Option<&'a str> },
    MappingEnd,
}

/// A scalar before its type is resolved.
#[derive(Debug)]
pub(super) struct RawScalar<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) style: ScalarStyle,
    pub(super) anchor: Option<&'a str>,
    /// The full tag; empty without one.
    pub(super) tag: String,
    /// Whether the type is to be found from the text: plain without a tag, or tagged `!`.
    pub(super) implicit: bool,
}

/// What the grammar expects next.
#[derive(Debug, Clone, Copy)]
enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// Where a node stands decides which collections may begin there.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Block,
    /// Directly under a mapping's key, where a sequence needs no indentation.
    BlockOrIndentless,
    Flow,
}

pub(super) struct Events<'a> {
    pub(super) scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    /// Where the open collections began, for error texts.
    marks: Vec<Mark>,
    tag_handles: Vec<(&'a str, String)>,
}

/// An event and where it begins.
pub(super) type Placed<'a> = (Event<'a>, Mark);

/// The anchor and tag in front of a node.
struct Properties<'a> {
    start: Mark,
    anchor: Option<&'a str>,
    tag: String,
}

impl<'a> Events<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect, limits: &Limits) -> Self {
        Self {
            scanner: Scanner::new(text, dialect, limits),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_handles: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Result<Placed<'a>, Error> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(Place::Block),
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirstEntry => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_value(State::FlowPairEnd, &Token::FlowSequenceEnd),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingFirstKey => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_value(State::FlowMappingKey, &Token::FlowMappingEnd),
            State::FlowMappingEmptyValue => self.empty_in_flow(State::FlowMappingKey),
            State::End => Ok((Event::StreamEnd, self.scanner.peek()?.start)),
        }
    }

    fn fault<T>(&self, problem: &'static str, at: Mark, context: Option<Mark>) -> Result<T, Error> {
        Err(self.scanner.error(problem, at, context, 0))
    }

    /// A fault of the innermost open collection.
    fn collection_fault<T>(&mut self, problem: &'static str, at: Mark) -> Result<T, Error> {
        let context = self.marks.pop();
        self.fault(problem, at, context)
    }

    fn document_start(&mut self, implicit: bool) -> Result<Placed<'a>, Error> {
        while !implicit && self.scanner.peek()?.token == Token::DocumentEnd {
            self.scanner.next()?;
        }
        let Lexeme { token, start, .. } = self.scanner.peek()?;
        let start = *start;
        let bare = match token {
            Token::StreamEnd => {
                self.state = State::End;
                return Ok((Event::StreamEnd, start));
            }
            Token::VersionDirective { .. } | Token::TagDirective { .. } | Token::DocumentStart => false,
            _ => implicit,
        };
        self.directives()?;
        self.states.push(State::DocumentEnd);
        if bare {
            self.state = State::BlockNode;
            return Ok((Event::DocumentStart, start));
        }
        let next = self.scanner.next()?;
        if next.token != Token::DocumentStart {
            return self.fault("did not find expected <document start>", next.start, None);
        }
        self.state = State::DocumentContent;
        Ok((Event::DocumentStart, start))
    }

    fn directives(&mut self) -> Result<(), Error> {
        let mut version_seen = false;
        loop {
            let start = self.scanner.peek()?.start;
            match &self.scanner.peek()?.token {
                Token::VersionDirective { .. } if version_seen => {
                    return self.fault("found duplicate %YAML directive", start, None);
                }
                Token::VersionDirective { major: 1, minor: 1 } => version_seen = true,
                Token::VersionDirective { .. } => return self.fault("found incompatible YAML document", start, None),
                Token::TagDirective { handle, prefix } => {
                    let (handle, prefix) = (*handle, prefix.clone());
                    if self.tag_handles.iter().any(|(known, _)| *known == handle) {
                        return self.fault("found duplicate %TAG directive", start, None);
                    }
                    self.tag_handles.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.scanner.next()?;
        }
    }

    fn document_content(&mut self) -> Result<Placed<'a>, Error> {
        match self.scanner.peek()?.token {
            Token::VersionDirective { .. }
            | Token::TagDirective { .. }
            | Token::DocumentStart
            | Token::DocumentEnd
            | Token::StreamEnd => {
                let after = self.pop_state();
                self.empty_here(after)
            }
            _ => self.node(Place::Block),
        }
    }

    fn document_end(&mut self) -> Result<Placed<'a>, Error> {
        let start = self.scanner.peek()?.start;
        if self.scanner.peek()?.token == Token::DocumentEnd {
            self.scanner.next()?;
        }
        self.tag_handles.clear();
        self.state = State::DocumentStart;
        Ok((Event::DocumentEnd, start))
    }

    fn pop_state(&mut self) -> State {
        self.states.pop().unwrap_or(State::End)
    }

    fn empty_here(&mut self, after: State) -> Result<Placed<'a>, Error> {
        let start = self.scanner.peek()?.start;
        self.empty_at(start, after)
    }

    /// The same inside of brackets or braces. go-yaml prints it in quotes, and whoever prints the tree has to know.
    fn empty_in_flow(&mut self, after: State) -> Result<Placed<'a>, Error> {
        let (mut event, mark) = self.empty_here(after)?;
        if let Event::Scalar(scalar) = &mut event {
            scalar.style = ScalarStyle::SingleQuoted;
        }
        Ok((event, mark))
    }

    /// A node of which nothing is written.
    fn empty_at(&mut self, mark: Mark, after: State) -> Result<Placed<'a>, Error> {
        self.state = after;
        Ok((Event::Scalar(RawScalar::empty(None, String::new(), true)), mark))
    }

    fn node(&mut self, place: Place) -> Result<Placed<'a>, Error> {
        if let Lexeme { token: Token::Alias(name), start, .. } = *self.scanner.peek()? {
            self.state = self.pop_state();
            self.scanner.next()?;
            return Ok((Event::Alias(name), start));
        }
        let Properties { start, anchor, tag } = self.properties()?;
        let Lexeme { token, start: at, .. } = self.scanner.peek()?;
        let at = *at;
        match token {
            Token::BlockEntry if place == Place::BlockOrIndentless => {
                self.state = State::IndentlessSequenceEntry;
                return Ok((Event::SequenceStart { anchor }, start));
            }
            Token::Scalar { .. } => return self.scalar(Properties { start, anchor, tag }),
            Token::FlowSequenceStart => {
                self.open(State::FlowSequenceFirstEntry)?;
                return Ok((Event::SequenceStart { anchor }, start));
            }
            Token::FlowMappingStart => {
                self.open(State::FlowMappingFirstKey)?;
                return Ok((Event::MappingStart { anchor }, start));
            }
            Token::BlockSequenceStart if place != Place::Flow => {
                self.open(State::BlockSequenceEntry)?;
                return Ok((Event::SequenceStart { anchor }, start));
            }
            Token::BlockMappingStart if place != Place::Flow => {
                self.open(State::BlockMappingKey)?;
                return Ok((Event::MappingStart { anchor }, start));
            }
            _ => {}
        }
        if anchor.is_some() || !tag.is_empty() {
            self.state = self.pop_state();
            let implicit = tag.is_empty();
            return Ok((Event::Scalar(RawScalar::empty(anchor, tag, implicit)), start));
        }
        self.fault("did not find expected node content", at, Some(start))
    }

    /// Takes the token that begins a collection.
    fn open(&mut self, state: State) -> Result<(), Error> {
        let start = self.scanner.next()?.start;
        self.marks.push(start);
        self.state = state;
        Ok(())
    }

    fn scalar(&mut self, properties: Properties<'a>) -> Result<Placed<'a>, Error> {
        let Properties { start, anchor, tag } = properties;
        self.state = self.pop_state();
        let (text, style) = match self.scanner.next()?.token {
            Token::Scalar { text, style } => (text, style),
            _ => (Cow::Borrowed(""), ScalarStyle::Plain),
        };
        let implicit = tag == "!" || (tag.is_empty() && style == ScalarStyle::Plain);
        Ok((Event::Scalar(RawScalar { text, style, anchor, tag, implicit }), start))
    }

    fn properties(&mut self) -> Result<Properties<'a>, Error> {
        let start = self.scanner.peek()?.start;
        let mut anchor = None;
        let mut tag = None;
        loop {
            match &self.scanner.peek()?.token {
                Token::Anchor(name) if anchor.is_none() => anchor = Some(*name),
                Token::Tag { handle, suffix } if tag.is_none() => tag = Some((*handle, suffix.clone())),
                _ => break,
            }
            let at = self.scanner.next()?.start;
            if let (Some((handle, suffix)), true) = (&tag, tag.as_ref().is_some_and(|(handle, _)| !handle.is_empty())) {
                let full = self.expand_tag(handle, suffix, start, at)?;
                tag = Some(("", full));
            }
        }
        Ok(Properties { start, anchor, tag: tag.map(|(_, tag)| tag).unwrap_or_default() })
    }

    fn expand_tag(&self, handle: &str, suffix: &str, start: Mark, at: Mark) -> Result<String, Error> {
        let declared = self.tag_handles.iter().find(|(known, _)| *known == handle).map(|(_, prefix)| prefix.as_str());
        let prefix = match (declared, handle) {
            (Some(prefix), _) => prefix,
            (None, "!") => "!",
            (None, "!!") => "tag:yaml.org,2002:",
            _ => return self.fault("found undefined tag handle", at, Some(start)),
        };
        Ok(format!("{prefix}{suffix}"))
    }

    fn close(&mut self, event: Event<'a>) -> Result<Placed<'a>, Error> {
        let start = self.scanner.next()?.start;
        self.state = self.pop_state();
        self.marks.pop();
        Ok((event, start))
    }

    fn block_sequence_entry(&mut self) -> Result<Placed<'a>, Error> {
        match *self.scanner.peek()? {
            Lexeme { token: Token::BlockEntry, end, .. } => {
                self.scanner.next()?;
                match self.scanner.peek()?.token {
                    Token::BlockEntry | Token::BlockEnd => self.empty_at(end, State::BlockSequenceEntry),
                    _ => self.node_then(Place::Block, State::BlockSequenceEntry),
                }
            }
            Lexeme { token: Token::BlockEnd, .. } => self.close(Event::SequenceEnd),
            Lexeme { start, .. } => self.collection_fault("did not find expected '-' indicator", start),
        }
    }

    fn node_then(&mut self, place: Place, after: State) -> Result<Placed<'a>, Error> {
        self.states.push(after);
        self.node(place)
    }

    fn indentless_sequence_entry(&mut self) -> Result<Placed<'a>, Error> {
        let Lexeme { ref token, start, end } = *self.scanner.peek()?;
        if *token != Token::BlockEntry {
            self.state = self.pop_state();
            return Ok((Event::SequenceEnd, start));
        }
        self.scanner.next()?;
        match self.scanner.peek()?.token {
            Token::BlockEntry | Token::Key | Token::Value | Token::BlockEnd => {
                self.empty_at(end, State::IndentlessSequenceEntry)
            }
            _ => self.node_then(Place::Block, State::IndentlessSequenceEntry),
        }
    }

    fn block_mapping_key(&mut self) -> Result<Placed<'a>, Error> {
        match *self.scanner.peek()? {
            Lexeme { token: Token::Key, end, .. } => {
                self.scanner.next()?;
                self.block_mapping_part(end, State::BlockMappingValue)
            }
            Lexeme { token: Token::BlockEnd, .. } => self.close(Event::MappingEnd),
            Lexeme { start, .. } => self.collection_fault("did not find expected key", start),
        }
    }

    fn block_mapping_value(&mut self) -> Result<Placed<'a>, Error> {
        match *self.scanner.peek()? {
            Lexeme { token: Token::Value, end, .. } => {
                self.scanner.next()?;
                self.block_mapping_part(end, State::BlockMappingKey)
            }
            Lexeme { start, .. } => self.empty_at(start, State::BlockMappingKey),
        }
    }

    /// A key or a value whose indicator ended at `end`.
    fn block_mapping_part(&mut self, end: Mark, after: State) -> Result<Placed<'a>, Error> {
        match self.scanner.peek()?.token {
            Token::Key | Token::Value | Token::BlockEnd => self.empty_at(end, after),
            _ => self.node_then(Place::BlockOrIndentless, after),
        }
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Result<Placed<'a>, Error> {
        if !first {
            self.flow_separator(&Token::FlowSequenceEnd, "did not find expected ',' or ']'")?;
        }
        let Lexeme { ref token, start, .. } = *self.scanner.peek()?;
        match token {
            Token::FlowSequenceEnd => self.close(Event::SequenceEnd),
            Token::Key => {
                self.scanner.next()?;
                self.state = State::FlowPairKey;
                Ok((Event::MappingStart { anchor: None }, start))
            }
            _ => self.node_then(Place::Flow, State::FlowSequenceEntry),
        }
    }

    /// Takes the comma between two entries, unless the collection ends here.
    fn flow_separator(&mut self, end: &Token<'a>, problem: &'static str) -> Result<(), Error> {
        let Lexeme { ref token, start, .. } = *self.scanner.peek()?;
        if token == end {
            return Ok(());
        }
        if *token != Token::FlowEntry {
            return self.collection_fault(problem, start);
        }
        self.scanner.next()?;
        Ok(())
    }

    fn flow_pair_key(&mut self) -> Result<Placed<'a>, Error> {
        match *self.scanner.peek()? {
            Lexeme { token: Token::Value | Token::FlowEntry | Token::FlowSequenceEnd, .. } => {
                // go-yaml eats the token here, so that `[? : a]` is an error to it, and so to us.
                let end = self.scanner.next()?.end;
                self.empty_at(end, State::FlowPairValue)
            }
            _ => self.node_then(Place::Flow, State::FlowPairValue),
        }
    }

    fn flow_pair_end(&mut self) -> Result<Placed<'a>, Error> {
        self.state = State::FlowSequenceEntry;
        Ok((Event::MappingEnd, self.scanner.peek()?.start))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<Placed<'a>, Error> {
        if !first {
            self.flow_separator(&Token::FlowMappingEnd, "did not find expected ',' or '}'")?;
        }
        match self.scanner.peek()?.token {
            Token::FlowMappingEnd => self.close(Event::MappingEnd),
            Token::Key => {
                self.scanner.next()?;
                match self.scanner.peek()?.token {
                    Token::Value | Token::FlowEntry | Token::FlowMappingEnd => self.empty_here(State::FlowMappingValue),
                    _ => self.node_then(Place::Flow, State::FlowMappingValue),
                }
            }
            _ => self.node_then(Place::Flow, State::FlowMappingEmptyValue),
        }
    }

    /// The value of a flow mapping's key or of a pair inside a flow sequence.
    fn flow_value(&mut self, after: State, end: &Token<'a>) -> Result<Placed<'a>, Error> {
        if self.scanner.peek()?.token != Token::Value {
            return self.empty_in_flow(after);
        }
        self.scanner.next()?;
        let token = &self.scanner.peek()?.token;
        if *token == Token::FlowEntry || token == end {
            return self.empty_in_flow(after);
        }
        self.node_then(Place::Flow, after)
    }

    pub(super) fn error_at(&self, kind: ErrorKind, at: Mark) -> Error {
        self.scanner.error_at(kind, at)
    }
}

impl<'a> RawScalar<'a> {
    fn empty(anchor: Option<&'a str>, tag: String, implicit: bool) -> Self {
        Self { text: Cow::Borrowed(""), style: ScalarStyle::Plain, anchor, tag, implicit }
    }
}
