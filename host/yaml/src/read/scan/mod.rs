//! From characters to tokens, with go-yaml's reading of indentation and of keys without `?`.
//!
//! A key is only known as one when its `:` is reached, so tokens wait in a queue as long as the first of them may
//! turn out to begin a key; `Key` and `BlockMappingStart` are then put in front of it.

mod scalar;
mod tag;
mod token;

use std::collections::VecDeque;

pub(super) use token::{Lexeme, Token};

use super::cursor::{Cursor, Mark};
use super::resolve::Dialect;
use crate::error::{Error, ErrorKind};
use crate::limits::{Limit, Limits};

/// The furthest a `:` may be from the start of its key, in characters (YAML 1.2, 7.4.2).
const KEY_REACH: usize = 1024;

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy)]
struct PossibleKey {
    possible: bool,
    /// Nothing else than a key makes sense here.
    required: bool,
    token_number: usize,
    mark: Mark,
}

pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    dialect: Dialect,
    depth_limit: usize,
    tokens: VecDeque<Lexeme<'a>>,
    /// Tokens handed out so far.
    taken: usize,
    /// Nothing comes in front of the first token any more.
    head_is_settled: bool,
    ended: bool,
    /// Column of the innermost block collection; -1 outside of any.
    indent: isize,
    indents: Vec<isize>,
    flow_level: usize,
    key_allowed: bool,
    /// One for the block context and one for each flow level; token numbers never decrease along it.
    keys: Vec<PossibleKey>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect, limits: &Limits) -> Self {
        let no_key = PossibleKey { possible: false, required: false, token_number: 0, mark: Mark::default() };
        Self {
            cursor: Cursor::new(text),
            dialect,
            depth_limit: limits.depth,
            tokens: VecDeque::new(),
            taken: 0,
            head_is_settled: false,
            ended: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            key_allowed: true,
            keys: vec![no_key],
        }
    }

    /// The next token; after the last one, `StreamEnd` for ever.
    pub(super) fn peek(&mut self) -> Result<&Lexeme<'a>, Error> {
        if !self.head_is_settled {
            self.settle_head()?;
        }
        Ok(&self.tokens[0])
    }

    fn settle_head(&mut self) -> Result<(), Error> {
        while !self.ended && (self.tokens.is_empty() || self.head_may_be_key()?) {
            self.fetch()?;
        }
        if self.tokens.is_empty() {
            let end = self.cursor.mark();
            self.tokens.push_back(Lexeme { token: Token::StreamEnd, start: end, end });
        }
        self.head_is_settled = true;
        Ok(())
    }

    pub(super) fn next(&mut self) -> Result<Lexeme<'a>, Error> {
        self.peek()?;
        self.head_is_settled = false;
        self.taken += 1;
        let end = self.cursor.mark();
        Ok(self.tokens.pop_front().unwrap_or(Lexeme { token: Token::StreamEnd, start: end, end }))
    }

    /// A fault at the current position, found while scanning something that began at `context`.
    fn fault<T>(&self, problem: &'static str, context: Mark) -> Result<T, Error> {
        Err(self.error(problem, self.cursor.mark(), Some(context), 1))
    }

    /// `bias` is what go-yaml adds to its lines from 0: 1 for the scanner, 0 for the grammar.
    pub(super) fn error(&self, problem: &'static str, at: Mark, context: Option<Mark>, bias: u32) -> Error {
        let context_line = context.map_or(0, |mark| mark.line);
        let go_line = match (self.dialect, at.line, context_line) {
            (_, 0, 0) => 0,
            (Dialect::V2, 0, context) => context,
            (Dialect::V2, line, _) | (Dialect::V3, line, 0) => line + bias,
            (Dialect::V3, _, context) => context + bias,
        };
        self.error_at(ErrorKind::Syntax(problem), at).with_go_line(go_line)
    }

    pub(super) fn error_at(&self, kind: ErrorKind, at: Mark) -> Error {
        let (line, column) = self.cursor.position(at);
        Error::new(kind, line, column)
    }

    fn push(&mut self, token: Token<'a>, start: Mark) {
        let end = self.cursor.mark();
        self.tokens.push_back(Lexeme { token, start, end });
    }

    fn head_may_be_key(&mut self) -> Result<bool, Error> {
        let first = self.keys.partition_point(|key| key.token_number < self.taken);
        for level in first..self.keys.len() {
            if self.keys[level].token_number > self.taken {
                break;
            }
            if self.key_is_alive(level)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the key that may have begun at this level can still get its `:`.
    fn key_is_alive(&mut self, level: usize) -> Result<bool, Error> {
        let key = self.keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line == self.cursor.line && !self.cursor.is_further_than(key.mark, KEY_REACH) {
            return Ok(true);
        }
        self.drop_key(level)?;
        Ok(false)
    }

    fn drop_key(&mut self, level: usize) -> Result<(), Error> {
        let key = self.keys[level];
        if key.possible && key.required {
            return self.fault("could not find expected ':'", key.mark);
        }
        self.keys[level].possible = false;
        Ok(())
    }

    fn drop_innermost_key(&mut self) -> Result<(), Error> {
        self.drop_key(self.keys.len() - 1)
    }

    /// Notes that the token about to be scanned may begin a key.
    fn note_possible_key(&mut self) -> Result<(), Error> {
        if !self.key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && self.indent == self.cursor.column() as isize;
        self.drop_innermost_key()?;
        let token_number = self.taken + self.tokens.len();
        let innermost = self.keys.len() - 1;
        self.keys[innermost] = PossibleKey { possible: true, required, token_number, mark: self.cursor.mark() };
        Ok(())
    }

    /// Opens a block collection if the column is deeper than the current one. `number` is the token it goes before;
    /// without it, it goes to the end of the queue.
    fn indent_to(&mut self, mark: Mark, number: Option<usize>, token: Token<'a>) -> Result<(), Error> {
        let column = mark.column as isize;
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        self.check_depth(mark)?;
        let at = number.map_or(self.tokens.len(), |number| number - self.taken);
        self.tokens.insert(at, Lexeme { token, start: mark, end: mark });
        Ok(())
    }

    fn check_depth(&self, mark: Mark) -> Result<(), Error> {
        match self.indents.len() + self.flow_level > self.depth_limit {
            true => Err(self.error_at(ErrorKind::Limit(Limit::Depth, self.depth_limit), mark)),
            false => Ok(()),
        }
    }

    /// Closes the block collections that are deeper than the column.
    fn dedent_to(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Token::BlockEnd, self.cursor.mark());
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token();
        self.dedent_to(self.cursor.column() as isize);
        let next = self.cursor.peek();
        let separated = self.cursor.is_space_or_end(1);
        let flow = self.flow_level > 0;
        if self.cursor.at_end() {
            return self.fetch_end();
        }
        if self.cursor.column() == 0 && next == b'%' {
            return self.fetch_directive();
        }
        if self.cursor.at_document_indicator() {
            return self.fetch_document_indicator(next);
        }
        match next {
            b'[' => self.fetch_flow_start(Token::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Token::FlowMappingStart),
            b']' => self.fetch_flow_end(Token::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Token::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if separated => self.fetch_block_entry(),
            b'?' if flow || separated => self.fetch_key(),
            b':' if flow || separated => self.fetch_value(),
            b'*' => self.fetch_single(|scanner| scanner.scan_anchor(Token::Alias)),
            b'&' => self.fetch_single(|scanner| scanner.scan_anchor(Token::Anchor)),
            b'!' => self.fetch_single(Self::scan_tag),
            b'|' if !flow => self.fetch_block_scalar(true),
            b'>' if !flow => self.fetch_block_scalar(false),
            b'\'' | b'"' => self.fetch_single(Self::scan_quoted),
            b'-' if !self.cursor.is_blank(1) => self.fetch_single(Self::scan_plain),
            b'?' | b':' if !flow && !separated => self.fetch_single(Self::scan_plain),
            b'-' | b'?' | b':' | b'|' | b'>' | b'#' | b'%' | b'@' | b'`' | b'\t' => {
                self.fault("found character that cannot start any token", self.cursor.mark())
            }
            _ => self.fetch_single(Self::scan_plain),
        }
    }

    /// Steps over space, comments and line breaks. Tabs count as space only where no key may begin.
    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow_level > 0 || !self.key_allowed;
            while self.cursor.peek() == b' ' || (tabs && self.cursor.peek() == b'\t') {
                self.cursor.skip(1);
            }
            if self.cursor.peek() == b'#' {
                self.cursor.skip_to_break();
            }
            if self.cursor.take_break().is_none() {
                return;
            }
            self.key_allowed |= self.flow_level == 0;
        }
    }

    fn fetch_end(&mut self) -> Result<(), Error> {
        self.cursor.finish_line();
        self.dedent_to(-1);
        self.drop_innermost_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(Token::StreamEnd, self.cursor.mark());
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Error> {
        self.dedent_to(-1);
        self.drop_innermost_key()?;
        self.key_allowed = false;
        self.scan_directive()
    }

    fn fetch_document_indicator(&mut self, first: u8) -> Result<(), Error> {
        self.dedent_to(-1);
        self.drop_innermost_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        self.cursor.skip(3);
        self.push(if first == b'-' { Token::DocumentStart } else { Token::DocumentEnd }, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, token: Token<'a>) -> Result<(), Error> {
        self.note_possible_key()?;
        let start = self.cursor.mark();
        let token_number = self.taken + self.tokens.len();
        self.keys.push(PossibleKey { possible: false, required: false, token_number, mark: start });
        self.flow_level += 1;
        self.check_depth(start)?;
        self.key_allowed = true;
        self.cursor.skip(1);
        self.push(token, start);
        Ok(())
    }

    fn fetch_flow_end(&mut self, token: Token<'a>) -> Result<(), Error> {
        self.drop_innermost_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.keys.pop();
        }
        self.key_allowed = false;
        self.push_indicator(token);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Error> {
        self.drop_innermost_key()?;
        self.key_allowed = true;
        self.push_indicator(Token::FlowEntry);
        Ok(())
    }

    fn push_indicator(&mut self, token: Token<'a>) {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        self.push(token, start);
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        let start = self.cursor.mark();
        if self.flow_level == 0 {
            self.expect_key_allowed("block sequence entries are not allowed in this context")?;
            self.indent_to(start, None, Token::BlockSequenceStart)?;
        }
        self.drop_innermost_key()?;
        self.key_allowed = true;
        self.push_indicator(Token::BlockEntry);
        Ok(())
    }

    fn expect_key_allowed(&self, problem: &'static str) -> Result<(), Error> {
        if self.key_allowed { Ok(()) } else { self.fault(problem, self.cursor.mark()) }
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            self.expect_key_allowed("mapping keys are not allowed in this context")?;
            self.indent_to(self.cursor.mark(), None, Token::BlockMappingStart)?;
        }
        self.drop_innermost_key()?;
        self.key_allowed = self.flow_level == 0;
        self.push_indicator(Token::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let innermost = self.keys.len() - 1;
        if self.key_is_alive(innermost)? {
            let key = self.keys[innermost];
            let at = key.token_number - self.taken;
            self.tokens.insert(at, Lexeme { token: Token::Key, start: key.mark, end: key.mark });
            self.indent_to(key.mark, Some(key.token_number), Token::BlockMappingStart)?;
            self.keys[innermost].possible = false;
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                self.expect_key_allowed("mapping values are not allowed in this context")?;
                self.indent_to(self.cursor.mark(), None, Token::BlockMappingStart)?;
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.push_indicator(Token::Value);
        Ok(())
    }

    /// Scans a token that may begin a key and after which none may.
    fn fetch_single(&mut self, scan: impl FnOnce(&mut Self) -> Result<Token<'a>, Error>) -> Result<(), Error> {
        self.note_possible_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let token = scan(self)?;
        self.push(token, start);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), Error> {
        self.drop_innermost_key()?;
        self.key_allowed = true;
        let start = self.cursor.mark();
        let token = self.scan_block_scalar(literal)?;
        self.push(token, start);
        Ok(())
    }
}
