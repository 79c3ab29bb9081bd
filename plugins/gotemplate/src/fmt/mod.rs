//! Go's `fmt` for template values: `%v` and all other verbs, flags, widths, and the forms it uses
//! for what does not fit (`%!d(string=x)`).

mod float;
mod integer;
mod printer;
mod printf;
mod quote;
mod value;

pub use self::float::{format_float, shortest};
use self::printer::Printer;
pub use self::printf::sprintf;
pub use self::quote::{describe_char, is_print, quote, quote_ascii, quote_cut};
use crate::error::Failure;
use crate::value::Value;

/// Appends the value as `%v` prints it.
///
/// # Errors
/// The value is nested too deeply, or contains itself.
pub fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), Failure> {
    if let Value::String(text) = value {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let mut printer = Printer::new(std::mem::take(out));
    printer.print_arg(value, 'v');
    *out = printer.finish()?;
    Ok(())
}

/// `fmt.Sprint`: blanks only between operands of which neither is a string.
///
/// # Errors
/// As [`write_value`].
pub fn sprint(values: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut printer = Printer::new(Vec::new());
    let mut after_string = true;
    for value in values {
        let is_string = value.kind() == crate::types::Kind::String;
        if !is_string && !after_string {
            printer.out.push(b' ');
        }
        printer.print_arg(value, 'v');
        after_string = is_string;
    }
    printer.finish()
}

/// `fmt.Sprintln`: blanks between all operands, and a newline.
///
/// # Errors
/// As [`write_value`].
pub fn sprintln(values: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut printer = Printer::new(Vec::new());
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.out.push(b' ');
        }
        printer.print_arg(value, 'v');
    }
    printer.out.push(b'\n');
    printer.finish()
}
