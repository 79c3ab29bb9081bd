//! Scalars: plain, quoted and block, with their folding of lines.

use std::borrow::Cow;

use super::super::cursor::Mark;
use super::{Scanner, Token};
use crate::error::Error;
use crate::read::node::ScalarStyle;

/// The text of a flow scalar while it is read: a slice of the source as long as nothing was folded or escaped.
struct Collected<'a> {
    source: &'a str,
    start: usize,
    end: usize,
    owned: Option<String>,
}

impl<'a> Collected<'a> {
    fn new(source: &'a str, start: usize) -> Self {
        Self { source, start, end: start, owned: None }
    }

    /// Adds a piece of the source that follows directly on what was added before.
    fn extend(&mut self, from: usize, to: usize) {
        match &mut self.owned {
            Some(owned) => owned.push_str(&self.source[from..to]),
            None => self.end = to,
        }
    }

    /// The text as something that can take other characters than those of the source.
    fn detached(&mut self) -> &mut String {
        self.owned.get_or_insert_with(|| self.source[self.start..self.end].to_owned())
    }

    fn finish(self) -> Cow<'a, str> {
        self.owned.map_or(Cow::Borrowed(&self.source[self.start..self.end]), Cow::Owned)
    }
}

/// Line breaks between two lines of a flow scalar, still unread as text.
#[derive(Default)]
struct Breaks {
    first: String,
    others: String,
}

impl Breaks {
    fn add(&mut self, line_break: &str) {
        if self.first.is_empty() { self.first.push_str(line_break) } else { self.others.push_str(line_break) }
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// One break is a blank, more are one break less; the Unicode separators are kept.
    fn fold_into(&mut self, text: &mut String) {
        if !self.first.starts_with('\n') {
            text.push_str(&self.first);
        } else if self.others.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.others);
        self.first.clear();
        self.others.clear();
    }
}

/// What the header of a block scalar says.
struct Header {
    keep: Chomping,
    /// Indentation the header gives, 0 when the first line decides.
    increment: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// Bytes of a plain scalar that never end it.
const IS_PLAIN: [bool; 256] = {
    let mut table = [true; 256];
    let others = b"\0 \t\n\r:,?[]{}\xC2\xE2";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = false;
        at += 1;
    }
    table
};

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain(&mut self) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark();
        let indent = self.indent + 1;
        let mut text = Collected::new(self.cursor.text, start.offset);
        let mut breaks = Breaks::default();
        let mut pending = start.offset;
        while !self.cursor.at_document_indicator() && self.cursor.peek() != b'#' {
            let word = self.cursor.offset;
            self.skip_plain_word();
            if self.cursor.offset > word {
                if breaks.is_empty() {
                    text.extend(pending, self.cursor.offset);
                } else {
                    breaks.fold_into(text.detached());
                    text.extend(word, self.cursor.offset);
                }
            }
            if !self.cursor.is_blank(0) && self.cursor.break_length(0) == 0 {
                break;
            }
            pending = self.cursor.offset;
            self.skip_plain_space(&mut breaks, indent, start)?;
            if self.flow_level == 0 && (self.cursor.column() as isize) < indent {
                break;
            }
        }
        self.key_allowed |= !breaks.is_empty();
        Ok(Token::Scalar { text: text.finish(), style: ScalarStyle::Plain })
    }

    fn skip_plain_word(&mut self) {
        loop {
            self.cursor.skip_while(|byte| IS_PLAIN[byte as usize]);
            match self.cursor.peek() {
                0 | b' ' | b'\t' | b'\n' | b'\r' => return,
                b':' if self.cursor.is_space_or_end(1) => return,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if self.flow_level > 0 => return,
                0xC2 | 0xE2 if self.cursor.break_length(0) > 0 => return,
                _ => self.cursor.skip(1),
            }
        }
    }

    fn skip_plain_space(&mut self, breaks: &mut Breaks, indent: isize, start: Mark) -> Result<(), Error> {
        loop {
            if self.cursor.is_blank(0) {
                let early = !breaks.is_empty() && (self.cursor.column() as isize) < indent;
                if early && self.cursor.peek() == b'\t' {
                    return self.fault("found a tab character that violates indentation", start);
                }
                self.cursor.skip(1);
            } else if let Some(line_break) = self.cursor.take_break() {
                breaks.add(line_break);
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn scan_quoted(&mut self) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark();
        let quote = self.cursor.peek();
        self.cursor.skip(1);
        let mut text = Collected::new(self.cursor.text, self.cursor.offset);
        loop {
            if self.cursor.at_document_indicator() {
                return self.fault("found unexpected document indicator", start);
            }
            if self.cursor.at_end() {
                return self.fault("found unexpected end of stream", start);
            }
            let continued = self.scan_quoted_words(quote, &mut text, start)?;
            if self.cursor.peek() == quote {
                break;
            }
            self.scan_quoted_space(&mut text, continued);
        }
        self.cursor.skip(1);
        let style = if quote == b'"' { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted };
        Ok(Token::Scalar { text: text.finish(), style })
    }

    /// Reads up to space, the end or the closing quote. True if it stopped after an escaped line break.
    fn scan_quoted_words(&mut self, quote: u8, text: &mut Collected<'a>, start: Mark) -> Result<bool, Error> {
        let mut run = self.cursor.offset;
        loop {
            match self.cursor.peek() {
                b'\'' if quote == b'\'' && self.cursor.at(1) == b'\'' => {
                    text.extend(run, self.cursor.offset + 1);
                    text.detached();
                    self.cursor.skip(2);
                    run = self.cursor.offset;
                }
                b'\\' if quote == b'"' => {
                    text.extend(run, self.cursor.offset);
                    if self.cursor.break_length(1) > 0 {
                        text.detached();
                        self.cursor.skip(1);
                        self.cursor.take_break();
                        return Ok(true);
                    }
                    let character = self.scan_escape(start)?;
                    text.detached().push(character);
                    run = self.cursor.offset;
                }
                0 | b' ' | b'\t' | b'\n' | b'\r' => break,
                byte if byte == quote => break,
                0xC2 | 0xE2 if self.cursor.break_length(0) > 0 => break,
                _ => self.cursor.skip(1),
            }
        }
        text.extend(run, self.cursor.offset);
        Ok(false)
    }

    /// Reads blanks and line breaks inside quotes; blanks around a break vanish.
    fn scan_quoted_space(&mut self, text: &mut Collected<'a>, continued: bool) {
        let blanks = self.cursor.offset;
        self.cursor.skip_blanks();
        if !continued && self.cursor.break_length(0) == 0 {
            return text.extend(blanks, self.cursor.offset);
        }
        let mut breaks = Breaks::default();
        loop {
            self.cursor.skip_blanks();
            let Some(line_break) = self.cursor.take_break() else { break };
            if continued { breaks.others.push_str(line_break) } else { breaks.add(line_break) }
        }
        breaks.fold_into(text.detached());
    }

    fn scan_escape(&mut self, start: Mark) -> Result<char, Error> {
        let digits = match self.cursor.at(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            byte => {
                let Some(character) = simple_escape(byte) else {
                    return self.fault("found unknown escape character", start);
                };
                self.cursor.skip(2);
                return Ok(character);
            }
        };
        self.cursor.skip(2);
        let mut value = 0u32;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.cursor.at(ahead)).to_digit(16) else {
                return self.fault("did not find expected hexdecimal number", start);
            };
            value = value << 4 | digit;
        }
        let Some(character) = char::from_u32(value) else {
            return self.fault("found invalid Unicode character escape code", start);
        };
        self.cursor.skip(digits);
        Ok(character)
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let header = self.scan_header(start)?;
        let mut indent = match header.increment {
            0 => 0,
            increment => self.indent.max(0) as usize + increment,
        };
        let mut text = String::new();
        let mut leading_break = "";
        let mut trailing_breaks = String::new();
        let mut after_blank = false;
        self.scan_block_breaks(&mut indent, &mut trailing_breaks, start)?;
        while self.cursor.column() == indent && !self.cursor.at_end() {
            let blank = self.cursor.is_blank(0);
            if literal || after_blank || blank || leading_break != "\n" {
                text.push_str(leading_break);
            } else if trailing_breaks.is_empty() {
                text.push(' ');
            }
            text.push_str(&trailing_breaks);
            trailing_breaks.clear();
            after_blank = blank;
            let line = self.cursor.offset;
            self.cursor.skip_to_break();
            text.push_str(self.cursor.slice_from(line));
            leading_break = self.cursor.take_break().unwrap_or_default();
            self.scan_block_breaks(&mut indent, &mut trailing_breaks, start)?;
        }
        if header.keep != Chomping::Strip {
            text.push_str(leading_break);
        }
        if header.keep == Chomping::Keep {
            text.push_str(&trailing_breaks);
        }
        let style = if literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        Ok(Token::Scalar { text: Cow::Owned(text), style })
    }

    fn scan_header(&mut self, start: Mark) -> Result<Header, Error> {
        let mut header = Header { keep: Chomping::Clip, increment: 0 };
        let chomped = self.scan_chomping(&mut header);
        let digit = self.cursor.peek();
        if digit == b'0' {
            return self.fault("found an indentation indicator equal to 0", start);
        }
        if digit.is_ascii_digit() {
            header.increment = usize::from(digit - b'0');
            self.cursor.skip(1);
            if !chomped {
                self.scan_chomping(&mut header);
            }
        }
        self.cursor.skip_blanks();
        if self.cursor.peek() == b'#' {
            self.cursor.skip_to_break();
        }
        if !self.cursor.is_break_or_end(0) {
            return self.fault("did not find expected comment or line break", start);
        }
        self.cursor.take_break();
        Ok(header)
    }

    fn scan_chomping(&mut self, header: &mut Header) -> bool {
        header.keep = match self.cursor.peek() {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return false,
        };
        self.cursor.skip(1);
        true
    }

    /// Steps over indentation and empty lines; finds out the indentation if it is not known yet.
    fn scan_block_breaks(&mut self, indent: &mut usize, breaks: &mut String, start: Mark) -> Result<(), Error> {
        let mut widest = 0;
        loop {
            while (*indent == 0 || self.cursor.column() < *indent) && self.cursor.peek() == b' ' {
                self.cursor.skip(1);
            }
            widest = widest.max(self.cursor.column());
            if (*indent == 0 || self.cursor.column() < *indent) && self.cursor.peek() == b'\t' {
                return self.fault("found a tab character where an indentation space is expected", start);
            }
            let Some(line_break) = self.cursor.take_break() else { break };
            breaks.push_str(line_break);
        }
        if *indent == 0 {
            *indent = widest.max((self.indent + 1) as usize).max(1);
        }
        Ok(())
    }
}

fn simple_escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0B',
        b'f' => '\x0C',
        b'r' => '\r',
        b'e' => '\x1B',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{A0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
