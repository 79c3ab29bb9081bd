//! A position in checked text: the characters YAML allows, its line breaks, lines and columns.

use crate::error::{Error, ErrorKind};
use crate::limits::{Limit, Limits};

/// A place in the text. Line and column count from 0, the column in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) offset: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Characters of a line counted up to an offset.
#[derive(Default)]
pub(super) struct Counted {
    offset: usize,
    line: u32,
    characters: u32,
}

/// Walks over the text. Reading past the end gives 0, a byte that checked text does not contain.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    bytes: &'a [u8],
    pub(super) offset: usize,
    pub(super) line: u32,
    line_start: usize,
}

/// Refuses what go-yaml's reader refuses: too many bytes, invalid UTF-8, control characters.
pub(super) fn check<'a>(text: &'a [u8], limits: &Limits) -> Result<&'a str, Error> {
    if text.len() > limits.bytes {
        return Err(Error::new(ErrorKind::Limit(Limit::Bytes, limits.bytes), 1, 1));
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let valid = std::str::from_utf8(text).map_err(|error| {
        let (line, column) = position(text, error.valid_up_to());
        Error::new(ErrorKind::Encoding(utf8_problem(text, &error)), line, column)
    })?;
    match first_control(text) {
        None => Ok(valid),
        Some(offset) => {
            let (line, column) = position(text, offset);
            Err(Error::new(ErrorKind::Encoding("control characters are not allowed"), line, column))
        }
    }
}

fn utf8_problem(text: &[u8], error: &std::str::Utf8Error) -> &'static str {
    let lead = text.get(error.valid_up_to()).copied().unwrap_or_default();
    match error.error_len() {
        None => "incomplete UTF-8 octet sequence",
        Some(_) if matches!(lead, 0x80..=0xBF | 0xF8..) => "invalid leading UTF-8 octet",
        Some(_) => "invalid trailing UTF-8 octet",
    }
}

fn first_control(text: &[u8]) -> Option<usize> {
    let is_control = |at: usize| match text[at] {
        0xC2 => matches!(text.get(at + 1), Some(0x80..=0x84 | 0x86..=0x9F)),
        0xEF => matches!(text.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
        _ => true,
    };
    let mut from = 0;
    loop {
        let at = from + text[from..].iter().position(|byte| !IS_CLEAN[*byte as usize])?;
        if is_control(at) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Bytes that are allowed whatever follows them.
const IS_CLEAN: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 0x80 {
        table[byte] = matches!(byte as u8, b'\t' | b'\n' | b'\r' | 0x20..=0x7E);
        byte += 1;
    }
    table[0xC2] = false;
    table[0xEF] = false;
    table
};

/// Line and column (in characters), both from 1, of a byte offset.
fn position(text: &[u8], offset: usize) -> (u32, u32) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    (line as u32 + 1, characters(&before[line_start..]) + 1)
}

/// Characters in a run of UTF-8, which may begin in the middle of one.
fn characters(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), offset: 0, line: 0, line_start: 0 }
    }

    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.at(0)
    }

    /// The byte `ahead` of the position.
    #[inline]
    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.offset + ahead).copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn column(&self) -> usize {
        self.offset - self.line_start
    }

    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark { offset: self.offset, line: self.line, column: self.column() as u32 }
    }

    /// Steps over bytes that are no line breaks.
    #[inline]
    pub(super) fn skip(&mut self, bytes: usize) {
        self.offset += bytes;
    }

    /// Steps over bytes that are no line breaks, as long as they are wanted.
    #[inline]
    pub(super) fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        self.offset += rest.iter().take_while(|byte| wanted(**byte)).count();
    }

    /// Bytes of the line break `ahead` of the position; 0 when there is none.
    #[inline]
    pub(super) fn break_length(&self, ahead: usize) -> usize {
        match self.at(ahead) {
            b'\n' => 1,
            b'\r' if self.at(ahead + 1) == b'\n' => 2,
            b'\r' => 1,
            0xC2 if self.at(ahead + 1) == 0x85 => 2,
            0xE2 if self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    #[inline]
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    /// Line break or end of text.
    #[inline]
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.at(ahead) == 0 || self.break_length(ahead) > 0
    }

    /// Blank, line break or end of text.
    #[inline]
    pub(super) fn is_space_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    /// Steps over the line break at the position, if there is one, and gives what it reads as: `\n`, or the Unicode
    /// separators as themselves.
    pub(super) fn take_break(&mut self) -> Option<&'a str> {
        let length = self.break_length(0);
        if length == 0 {
            return None;
        }
        let taken = if length == 3 { &self.text[self.offset..self.offset + 3] } else { "\n" };
        self.offset += length;
        self.line += 1;
        self.line_start = self.offset;
        Some(taken)
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip(1);
        }
    }

    /// Steps to the end of the line, not over it.
    pub(super) fn skip_to_break(&mut self) {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let mut ahead = 0;
        loop {
            ahead += rest[ahead..].iter().position(|byte| BREAK_LEAD[*byte as usize]).unwrap_or(rest.len() - ahead);
            if ahead >= rest.len() || self.break_length(ahead) > 0 {
                break;
            }
            ahead += 1;
        }
        self.offset += ahead;
    }

    pub(super) fn slice_from(&self, start: usize) -> &'a str {
        &self.text[start..self.offset]
    }

    /// `---` or `...` at the start of a line, followed by space or the end.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.column() == 0
            && matches!([self.at(0), self.at(1), self.at(2)], [b'-', b'-', b'-'] | [b'.', b'.', b'.'])
            && self.is_space_or_end(3)
    }

    /// Forces the end of the last line, as if the text ended with a line break.
    pub(super) fn finish_line(&mut self) {
        if self.column() != 0 {
            self.line += 1;
            self.line_start = self.offset;
        }
    }

    /// Line and column in characters, both from 1, of a place.
    pub(super) fn position(&self, mark: Mark) -> (u32, u32) {
        let end = mark.offset.min(self.bytes.len());
        let start = end.saturating_sub(mark.column as usize);
        (mark.line + 1, characters(&self.bytes[start..end]) + 1)
    }

    /// As [`Cursor::position`], counting on from the place asked for before. Places that come in the order of the text
    /// cost one count of it in all, however long its lines are.
    pub(super) fn position_after(&self, mark: Mark, before: &mut Counted) -> (u32, u32) {
        let end = mark.offset.min(self.bytes.len());
        if before.line != mark.line || before.offset > end {
            *before = Counted { offset: end.saturating_sub(mark.column as usize), line: mark.line, characters: 0 };
        }
        before.characters += characters(&self.bytes[before.offset..end]);
        before.offset = end;
        (mark.line + 1, before.characters + 1)
    }

    /// Whether more than `most` characters lie between the place and the position.
    pub(super) fn is_further_than(&self, mark: Mark, most: usize) -> bool {
        let bytes = self.offset - mark.offset;
        // A character has four bytes at most, so only a short stretch is ever counted.
        bytes > 4 * most || (bytes > most && characters(&self.bytes[mark.offset..self.offset]) as usize > most)
    }
}

/// Bytes a line break can begin with.
const BREAK_LEAD: [bool; 256] = {
    let mut table = [false; 256];
    table[b'\n' as usize] = true;
    table[b'\r' as usize] = true;
    table[0xC2] = true;
    table[0xE2] = true;
    table
};
