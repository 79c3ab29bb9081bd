//! Base64 and base32. Decoding errors are answered as text, which is what sprig does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_gotemplate::{Functions, Value};

use crate::args::{STRING, bytes};

pub(crate) fn register(functions: &mut Functions) {
    functions.add("b64enc", STRING, |_, args| Ok(STANDARD.encode(bytes(args, 0)).into()));
    functions.add("b64dec", STRING, |_, args| Ok(decoded(decode_base64(bytes(args, 0)))));
    functions.add("b32enc", STRING, |_, args| Ok(encode_base32(bytes(args, 0)).into()));
    functions.add("b32dec", STRING, |_, args| Ok(decoded(decode_base32(bytes(args, 0)))));
}

fn decoded(result: Result<Vec<u8>, String>) -> Value {
    match result {
        Ok(bytes) => Value::string(bytes),
        Err(message) => Value::from(message),
    }
}

/// Line breaks are skipped; padding is wanted.
///
/// # Errors
/// Go's words, with the offset of the first byte that does not fit.
pub(crate) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let clean: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let lenient = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    lenient.decode(&clean).map_err(|_| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        format!("illegal base64 data at input byte {}", corrupt_offset(text, 4, is_digit, &[2, 3]))
    })
}

/// The offset Go complains of: the first byte out of place, or the start of a group cut short.
fn corrupt_offset(text: &[u8], group: usize, is_digit: impl Fn(u8) -> bool, may_pad_from: &[usize]) -> usize {
    let breaks = |byte: u8| matches!(byte, b'\r' | b'\n');
    let mut in_group = 0;
    for (at, byte) in text.iter().enumerate().filter(|(_, byte)| !breaks(**byte)) {
        if is_digit(*byte) {
            in_group = (in_group + 1) % group;
            continue;
        }
        if *byte != b'=' || !may_pad_from.contains(&in_group) {
            return at;
        }
        return bad_padding(text, at, group - in_group, breaks);
    }
    text.len() - in_group
}

fn bad_padding(text: &[u8], at: usize, wanted: usize, breaks: impl Fn(u8) -> bool) -> usize {
    let digits = text.iter().enumerate().skip(at).filter(|(_, byte)| !breaks(**byte));
    for (found, (at, byte)) in digits.enumerate() {
        if found == wanted || *byte != b'=' {
            return at;
        }
    }
    text.len()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn encode_base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        let digits = (chunk.len() * 8).div_ceil(5);
        for digit in 0..8 {
            let index = (bits >> (35 - 5 * digit)) & 31;
            out.push(if digit < digits { char::from(BASE32[index as usize]) } else { '=' });
        }
    }
    out
}

fn decode_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    let is_digit = |byte: u8| BASE32.contains(&byte);
    let fault = || format!("illegal base32 data at input byte {}", corrupt_offset(text, 8, is_digit, &[2, 4, 5, 7]));
    let clean: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let digits = clean.iter().position(|byte| !is_digit(*byte)).unwrap_or(clean.len());
    let padding_fits = clean[digits..].iter().all(|byte| *byte == b'=')
        && clean.len().is_multiple_of(8)
        && clean.len() - digits < 8
        && matches!(digits % 8, 0 | 2 | 4 | 5 | 7);
    if !padding_fits {
        return Err(fault());
    }
    let mut out = Vec::with_capacity(digits * 5 / 8);
    let (mut bits, mut held) = (0u64, 0);
    for byte in &clean[..digits] {
        let value = BASE32.iter().position(|digit| digit == byte).unwrap_or(0) as u64;
        bits = bits << 5 | value;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Ok(out)
}
