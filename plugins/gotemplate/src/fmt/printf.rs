//! Format strings.

use super::printer::{Flags, Printer};
use crate::error::Failure;
use crate::types::Kind;
use crate::value::Value;

/// Go's own bound on widths, precisions and argument numbers.
const MAX_NUMBER: usize = 1_000_000;

/// `fmt.Sprintf`. What does not fit is shown in the text, never an error.
///
/// # Errors
/// An operand is nested too deeply, or contains itself.
pub fn sprintf(format: &[u8], args: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut scan = Scan { format, at: 0, args, next: 0, reordered: false, good_number: true, after_index: false };
    let mut printer = Printer::new(Vec::with_capacity(format.len() + 16));
    while scan.literal(&mut printer) {
        printer.flags = Flags::default();
        scan.good_number = true;
        scan.directive(&mut printer);
    }
    scan.extra(&mut printer);
    printer.finish()
}

struct Scan<'f> {
    format: &'f [u8],
    at: usize,
    args: &'f [Value],
    /// Index of the next argument.
    next: usize,
    /// An explicit index was used, so unused arguments are nothing to complain of.
    reordered: bool,
    good_number: bool,
    /// The directive's last part was an index.
    after_index: bool,
}

impl Scan<'_> {
    /// Copies text up to a percent sign and steps over it. False at the end.
    fn literal(&mut self, printer: &mut Printer) -> bool {
        let rest = &self.format[self.at..];
        let length = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        printer.out.extend_from_slice(&rest[..length]);
        self.at += length + 1;
        length < rest.len()
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn directive(&mut self, printer: &mut Printer) {
        if self.flags(printer) {
            return;
        }
        self.index();
        self.width(printer);
        self.precision(printer);
        if !self.after_index {
            self.index();
        }
        let Some(verb) = self.verb() else {
            return printer.push_str("%!(NOVERB)");
        };
        match verb {
            '%' => printer.out.push(b'%'),
            verb if !self.good_number => complain(printer, verb, "BADINDEX"),
            verb if self.next >= self.args.len() => complain(printer, verb, "MISSING"),
            verb => self.print(printer, verb),
        }
    }

    /// Reads flags, and the verb where nothing stands between: true when that was the whole directive.
    fn flags(&mut self, printer: &mut Printer) -> bool {
        loop {
            match self.peek() {
                Some(b'#') => printer.flags.sharp = true,
                Some(b'0') => printer.flags.zero = true,
                Some(b'+') => printer.flags.plus = true,
                Some(b'-') => printer.flags.minus = true,
                Some(b' ') => printer.flags.space = true,
                Some(verb @ b'a'..=b'z') if self.next < self.args.len() => {
                    self.at += 1;
                    self.print(printer, verb.into());
                    return true;
                }
                _ => return false,
            }
            self.at += 1;
        }
    }

    fn print(&mut self, printer: &mut Printer, verb: char) {
        // `%w` is `%v` for errors being wrapped, which only happens elsewhere.
        if matches!(verb, 'v' | 'w') {
            let flags = &mut printer.flags;
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        printer.print_arg(&self.args[self.next], verb);
        self.next += 1;
    }

    /// `[n]`: the argument to use next.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let Some(close) = rest.iter().position(|byte| *byte == b']').filter(|_| rest.len() >= 3) else {
            self.at += 1;
            self.good_number = false;
            return;
        };
        let (number, length) = digits(&rest[1..close]);
        self.at += close + 1;
        let number = number.filter(|_| length == close - 1);
        self.after_index = number.is_some();
        match number {
            Some(number) if (1..=self.args.len()).contains(&number) => self.next = number - 1,
            _ => self.good_number = false,
        }
    }

    fn width(&mut self, printer: &mut Printer) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.int_argument() {
                Some(width) => {
                    printer.flags.width = Some(width.unsigned_abs() as usize);
                    if width < 0 {
                        printer.flags.minus = true;
                        printer.flags.zero = false;
                    }
                }
                None => printer.push_str("%!(BADWIDTH)"),
            }
            self.after_index = false;
            return;
        }
        printer.flags.width = self.number();
        if self.after_index && printer.flags.width.is_some() {
            self.good_number = false;
        }
    }

    fn precision(&mut self, printer: &mut Printer) {
        if self.at + 1 >= self.format.len() || self.peek() != Some(b'.') {
            return;
        }
        self.at += 1;
        if self.after_index {
            self.good_number = false;
        }
        self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            printer.flags.precision = self.int_argument().and_then(|precision| usize::try_from(precision).ok());
            if printer.flags.precision.is_none() {
                printer.push_str("%!(BADPREC)");
            }
            self.after_index = false;
        } else {
            printer.flags.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// Takes the next argument as a width or precision; it is used up even where it is no integer.
    fn int_argument(&mut self) -> Option<i64> {
        let value = self.args.get(self.next)?;
        self.next += 1;
        let number = match value.underlying() {
            Value::Int(number, _) => number,
            Value::Uint(number, _) => i64::try_from(number).ok()?,
            _ => return None,
        };
        (number.unsigned_abs() <= MAX_NUMBER as u64).then_some(number)
    }

    fn number(&mut self) -> Option<usize> {
        let (number, length) = digits(self.format.get(self.at..).unwrap_or_default());
        self.at += length;
        number
    }

    fn verb(&mut self) -> Option<char> {
        let rest = self.format.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = super::printer::rune_length(rest);
        self.at += length;
        Some(std::str::from_utf8(&rest[..length]).ok().and_then(|text| text.chars().next()).unwrap_or('\u{fffd}'))
    }

    fn extra(&self, printer: &mut Printer) {
        let left = self.args.get(self.next..).unwrap_or_default();
        if self.reordered || left.is_empty() {
            return;
        }
        printer.flags = Flags::default();
        printer.push_str("%!(EXTRA ");
        for (index, arg) in left.iter().enumerate() {
            if index > 0 {
                printer.push_str(", ");
            }
            if arg.kind() != Kind::Invalid {
                printer.push_str(&arg.type_of().to_string());
                printer.out.push(b'=');
            }
            printer.print_arg(arg, 'v');
        }
        printer.out.push(b')');
    }
}

fn complain(printer: &mut Printer, verb: char, what: &str) {
    printer.push_str("%!");
    printer.push_char(verb);
    printer.push_str(&format!("({what})"));
}

/// A number and its length; one that is too large ends the reading, as in Go.
fn digits(text: &[u8]) -> (Option<usize>, usize) {
    let mut number = None;
    for (index, byte) in text.iter().enumerate() {
        if !byte.is_ascii_digit() {
            return (number, index);
        }
        let grown = number.unwrap_or(0) * 10 + usize::from(byte - b'0');
        if grown > MAX_NUMBER * 10 {
            return (None, text.len());
        }
        number = Some(grown);
    }
    (number, text.len())
}
