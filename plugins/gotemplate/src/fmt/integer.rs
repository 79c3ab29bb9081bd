//! Integers and characters.

use super::printer::Printer;
use super::quote::{is_print, quote_rune};

/// An integer as sign and magnitude, so that both kinds take one path.
#[derive(Clone, Copy)]
pub(super) struct Integer {
    pub(super) magnitude: u64,
    pub(super) negative: bool,
    pub(super) signed: bool,
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Integer { magnitude: value.unsigned_abs(), negative: value < 0, signed: true }
    }
}

impl From<u64> for Integer {
    fn from(magnitude: u64) -> Self {
        Integer { magnitude, negative: false, signed: false }
    }
}

impl Integer {
    /// The bits as Go's uint64 conversion shows them.
    fn bits(self) -> u64 {
        if self.negative { self.magnitude.wrapping_neg() } else { self.magnitude }
    }

    fn as_char(self) -> char {
        u32::try_from(self.bits()).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
    }
}

impl Printer {
    /// False where the verb is not one for integers.
    pub(super) fn integer(&mut self, value: Integer, verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v && !value.signed => self.hex_with_prefix(value),
            'v' | 'd' => self.digits(value, 10, verb),
            'b' => self.digits(value, 2, verb),
            'o' | 'O' => self.digits(value, 8, verb),
            'x' | 'X' => self.digits(value, 16, verb),
            'c' => self.pad(value.as_char().encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => self.pad(quote_rune(value.as_char(), self.flags.plus).as_bytes()),
            'U' => self.unicode(value),
            _ => return false,
        }
        true
    }

    pub(super) fn hex_with_prefix(&mut self, value: Integer) {
        let sharp = std::mem::replace(&mut self.flags.sharp, true);
        self.digits(value, 16, 'v');
        self.flags.sharp = sharp;
    }

    pub(super) fn digits(&mut self, value: Integer, base: u32, verb: char) {
        if self.flags.precision == Some(0) && value.magnitude == 0 {
            let zero = std::mem::replace(&mut self.flags.zero, false);
            self.write_padding(self.flags.width.unwrap_or(0));
            self.flags.zero = zero;
            return;
        }
        let mut digits = match base {
            2 => format!("{:b}", value.magnitude),
            8 => format!("{:o}", value.magnitude),
            16 if verb == 'X' => format!("{:X}", value.magnitude),
            16 => format!("{:x}", value.magnitude),
            _ => value.magnitude.to_string(),
        };
        let leading = self.leading_digits(value).saturating_sub(digits.len());
        digits.insert_str(0, &"0".repeat(leading));
        let prefix = self.prefix(base, verb, digits.starts_with('0'));
        let sign = match () {
            () if value.negative => "-",
            () if self.flags.plus => "+",
            () if self.flags.space => " ",
            () => "",
        };
        self.pad_blank(format!("{sign}{prefix}{digits}").as_bytes());
    }

    /// How many digits there are at least: by precision, or by zero padding.
    fn leading_digits(&self, value: Integer) -> usize {
        let signed = value.negative || self.flags.plus || self.flags.space;
        match (self.flags.precision, self.flags.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.flags.zero && !self.flags.minus => width.saturating_sub(usize::from(signed)),
            _ => 0,
        }
    }

    fn prefix(&self, base: u32, verb: char, leading_zero: bool) -> &'static str {
        match (base, self.flags.sharp) {
            (2, true) => "0b",
            (8, true) if verb == 'O' && !leading_zero => "0o0",
            (8, _) if verb == 'O' => "0o",
            (8, true) if !leading_zero => "0",
            (16, true) if verb == 'X' => "0X",
            (16, true) => "0x",
            _ => "",
        }
    }

    /// `U+0078`, with `#` also the character.
    fn unicode(&mut self, value: Integer) {
        let code = value.bits();
        let precision = self.flags.precision.unwrap_or(4).max(4);
        let mut text = format!("U+{code:0precision$X}");
        if let Some(char) = u32::try_from(code).ok().and_then(char::from_u32)
            && self.flags.sharp
            && is_print(char)
        {
            text.push_str(&format!(" '{char}'"));
        }
        self.pad_blank(text.as_bytes());
    }
}
