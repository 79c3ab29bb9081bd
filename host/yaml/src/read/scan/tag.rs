//! Directives, anchors, aliases and tags.

use super::super::cursor::Mark;
use super::{Scanner, Token};
use crate::error::Error;

impl<'a> Scanner<'a> {
    pub(super) fn scan_directive(&mut self) -> Result<(), Error> {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let token = match self.scan_directive_name(start)? {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return self.fault("found unknown directive name", start),
        };
        self.push(token, start);
        self.cursor.skip_blanks();
        if self.cursor.peek() == b'#' {
            self.cursor.skip_to_break();
        }
        if !self.cursor.is_break_or_end(0) {
            return self.fault("did not find expected comment or line break", start);
        }
        self.cursor.take_break();
        Ok(())
    }

    fn scan_directive_name(&mut self, start: Mark) -> Result<&'a str, Error> {
        let name = self.scan_word();
        if name.is_empty() {
            return self.fault("could not find expected directive name", start);
        }
        if !self.cursor.is_space_or_end(0) {
            return self.fault("found unexpected non-alphabetical character", start);
        }
        Ok(name)
    }

    /// Letters, digits, `_` and `-` of ASCII.
    fn scan_word(&mut self) -> &'a str {
        let start = self.cursor.offset;
        while matches!(self.cursor.peek(), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-') {
            self.cursor.skip(1);
        }
        self.cursor.slice_from(start)
    }

    fn scan_version(&mut self, start: Mark) -> Result<Token<'a>, Error> {
        self.cursor.skip_blanks();
        let major = self.scan_version_number(start)?;
        if self.cursor.peek() != b'.' {
            return self.fault("did not find expected digit or '.' character", start);
        }
        self.cursor.skip(1);
        let minor = self.scan_version_number(start)?;
        Ok(Token::VersionDirective { major, minor })
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u8, Error> {
        let first = self.cursor.offset;
        while self.cursor.peek().is_ascii_digit() {
            self.cursor.skip(1);
        }
        match self.cursor.slice_from(first) {
            "" => self.fault("did not find expected version number", start),
            digits if digits.len() > 2 => self.fault("found extremely long version number", start),
            digits => Ok(digits.bytes().fold(0, |value, digit| value * 10 + (digit - b'0'))),
        }
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<Token<'a>, Error> {
        self.cursor.skip_blanks();
        let handle = self.scan_tag_handle(start)?;
        if handle != "!" && !(handle.len() > 1 && handle.ends_with('!')) {
            return self.fault("did not find expected '!'", start);
        }
        if !self.cursor.is_blank(0) {
            return self.fault("did not find expected whitespace", start);
        }
        self.cursor.skip_blanks();
        let prefix = self.scan_tag_uri("", start)?;
        if !self.cursor.is_space_or_end(0) {
            return self.fault("did not find expected whitespace or line break", start);
        }
        Ok(Token::TagDirective { handle, prefix })
    }

    pub(super) fn scan_anchor(&mut self, token: fn(&'a str) -> Token<'a>) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let name = self.scan_word();
        let ended = self.cursor.is_space_or_end(0)
            || matches!(self.cursor.peek(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ended {
            return self.fault("did not find expected alphabetic or numeric character", start);
        }
        Ok(token(name))
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark();
        let (handle, suffix) =
            if self.cursor.at(1) == b'<' { self.scan_verbatim_tag(start)? } else { self.scan_shorthand_tag(start)? };
        if !self.cursor.is_space_or_end(0) {
            return self.fault("did not find expected whitespace or line break", start);
        }
        Ok(Token::Tag { handle, suffix })
    }

    fn scan_verbatim_tag(&mut self, start: Mark) -> Result<(&'a str, String), Error> {
        self.cursor.skip(2);
        let uri = self.scan_tag_uri("", start)?;
        if self.cursor.peek() != b'>' {
            return self.fault("did not find the expected '>'", start);
        }
        self.cursor.skip(1);
        Ok(("", uri))
    }

    fn scan_shorthand_tag(&mut self, start: Mark) -> Result<(&'a str, String), Error> {
        let handle = self.scan_tag_handle(start)?;
        if handle.len() > 1 && handle.ends_with('!') {
            return Ok((handle, self.scan_tag_uri("", start)?));
        }
        let suffix = self.scan_tag_uri(handle, start)?;
        // A lone "!" asks for no resolution at all: it is the whole tag, not a handle.
        if suffix.is_empty() { Ok(("", "!".to_owned())) } else { Ok(("!", suffix)) }
    }

    /// `!`, `!!` or `!word!`; `!word` too, which is then the start of a suffix.
    fn scan_tag_handle(&mut self, start: Mark) -> Result<&'a str, Error> {
        if self.cursor.peek() != b'!' {
            return self.fault("did not find expected '!'", start);
        }
        let first = self.cursor.offset;
        self.cursor.skip(1);
        self.scan_word();
        if self.cursor.peek() == b'!' {
            self.cursor.skip(1);
        }
        Ok(self.cursor.slice_from(first))
    }

    /// The rest of a tag, `%` escapes decoded. `head` is a handle that turned out to be the start of it.
    fn scan_tag_uri(&mut self, head: &str, start: Mark) -> Result<String, Error> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let first = self.cursor.offset;
        loop {
            match self.cursor.peek() {
                b'%' => uri.push(self.scan_uri_escape(start)?),
                byte if is_uri_byte(byte) => {
                    uri.push(byte);
                    self.cursor.skip(1);
                }
                _ => break,
            }
        }
        if head.is_empty() && self.cursor.offset == first {
            return self.fault("did not find expected tag URI", start);
        }
        String::from_utf8(uri).or_else(|_| self.fault("found an incorrect trailing UTF-8 octet", start))
    }

    fn scan_uri_escape(&mut self, start: Mark) -> Result<u8, Error> {
        let digits = [self.cursor.at(1), self.cursor.at(2)].map(|digit| char::from(digit).to_digit(16));
        let [Some(high), Some(low)] = digits else {
            return self.fault("did not find URI escaped octet", start);
        };
        self.cursor.skip(3);
        Ok((high * 16 + low) as u8)
    }
}

fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]".contains(&byte)
}
