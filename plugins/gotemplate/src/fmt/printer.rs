//! Output, flags and padding.

use crate::error::Failure;

/// Nesting that can be printed. Go has no bound and dies on a map that contains itself.
const MAX_NESTING: usize = 200;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`
    pub(super) plus_v: bool,
    /// `%#v`
    pub(super) sharp_v: bool,
}

pub(super) struct Printer {
    pub(super) out: Vec<u8>,
    pub(super) flags: Flags,
    /// Printing the operand of a wrong verb: methods are not called then.
    pub(super) erroring: bool,
    depth: usize,
    too_deep: bool,
}

impl Printer {
    pub(super) fn new(out: Vec<u8>) -> Self {
        Printer { out, flags: Flags::default(), erroring: false, depth: 0, too_deep: false }
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, Failure> {
        if self.too_deep {
            return Err(Failure::new("value is nested too deeply to print"));
        }
        Ok(self.out)
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn push_char(&mut self, char: char) {
        self.out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Prints a part of the value being printed.
    pub(super) fn nested(&mut self, print: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_NESTING {
            self.too_deep = true;
        }
        // Once too deep the result is an error; a wide cyclic value must not be walked to its end.
        if self.too_deep {
            return;
        }
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    pub(super) fn write_padding(&mut self, count: usize) {
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.resize(self.out.len() + count, byte);
    }

    pub(super) fn pad(&mut self, text: &[u8]) {
        let width = self.flags.width.unwrap_or(0);
        let missing = if width == 0 { 0 } else { width.saturating_sub(rune_count(text)) };
        if self.flags.minus {
            self.out.extend_from_slice(text);
            self.write_padding(missing);
        } else {
            self.write_padding(missing);
            self.out.extend_from_slice(text);
        }
    }

    /// Pads with blanks where zeros are already in the text.
    pub(super) fn pad_blank(&mut self, text: &[u8]) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        self.pad(text);
        self.flags.zero = zero;
    }

    /// The text cut to as many characters as the precision says.
    pub(super) fn truncate<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(count) = self.flags.precision else { return text };
        let mut end = 0;
        for _ in 0..count {
            if end >= text.len() {
                break;
            }
            end += rune_length(&text[end..]);
        }
        &text[..end]
    }

    pub(super) fn bad_verb(&mut self, verb: char, print: impl FnOnce(&mut Self)) {
        self.erroring = true;
        self.push_str("%!");
        self.push_char(verb);
        self.out.push(b'(');
        print(self);
        self.out.push(b')');
        self.erroring = false;
    }
}

/// Bytes of the first character; an invalid byte counts as one.
pub(super) fn rune_length(text: &[u8]) -> usize {
    let longest = &text[..text.len().min(4)];
    match std::str::from_utf8(longest) {
        Ok(valid) => valid.chars().next().map_or(1, char::len_utf8),
        Err(error) if error.valid_up_to() > 0 => {
            let valid = String::from_utf8_lossy(&longest[..error.valid_up_to()]);
            valid.chars().next().map_or(1, char::len_utf8)
        }
        Err(_) => 1,
    }
}

/// `utf8.RuneCount`.
pub(super) fn rune_count(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut count = 0;
    let mut at = 0;
    while at < text.len() {
        at += rune_length(&text[at..]);
        count += 1;
    }
    count
}
