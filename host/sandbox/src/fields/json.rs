//! JSON bodies as Go reads them, and their faults in its words.

use serde_json::Value;

use super::duplicates::{self, Read};
use crate::error::ApiError;

/// Go's decoder goes no deeper; ours ends earlier, and says the same.
const TOO_DEEP: &str = "recursion limit exceeded";

/// # Errors
/// Text that is not JSON.
pub fn read_json(body: &[u8]) -> Result<Read, ApiError> {
    read(body)
        .map_err(|problem| ApiError::bad_request(format!("couldn't get version/kind; json parse error: {problem}")))
}

/// As [`read_json`], with the fault alone.
///
/// # Errors
/// Text that is not JSON.
pub fn read(body: &[u8]) -> Result<Read, String> {
    let error = match duplicates::read(body) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    match mended(body).map(|body| duplicates::read(&body)) {
        Some(Ok(read)) => Ok(read),
        Some(Err(_)) | None => Err(problem(body, &error)),
    }
}

/// Text in which what is no Unicode has been replaced, as Go does while it reads; none where all of it is.
fn mended(body: &[u8]) -> Option<Vec<u8>> {
    let mut text = String::from_utf8_lossy(body).into_owned().into_bytes();
    let mut changed = text != body;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &text[at..]) {
        let start = at + found;
        match escaped_unit(&text, start) {
            Some(0xd800..0xdc00) if matches!(escaped_unit(&text, start + 6), Some(0xdc00..0xe000)) => at = start + 12,
            Some(0xd800..0xe000) => {
                text[start + 2..start + 6].copy_from_slice(b"fffd");
                changed = true;
                at = start + 6;
            }
            _ => at = (start + 2).min(text.len()),
        }
    }
    changed.then_some(text)
}

/// The number of a `\\uXXXX` escape.
fn escaped_unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The fault of a JSON text.
fn problem(body: &[u8], error: &serde_json::Error) -> String {
    let told = error.to_string();
    if told.starts_with(TOO_DEEP) && body.trim_ascii_start().starts_with(b"[") {
        return not_an_object(&Value::Array(Vec::new()));
    }
    if error.is_eof() {
        return "unexpected end of JSON input".into();
    }
    let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let letter = match line.get(error.column().saturating_sub(1)).copied().map_or('?', char::from) {
        '\'' => "\\'".to_owned(),
        letter => letter.to_string(),
    };
    let place = match told.as_str() {
        _ if told.starts_with(TOO_DEEP) => "exceeded max depth",
        _ if told.starts_with("trailing characters") => "after top-level value",
        _ if told.starts_with("key must be a string") => "looking for beginning of object key string",
        _ => "looking for beginning of value",
    };
    format!("invalid character '{letter}' {place}")
}

/// What Go says of a value that is no object, where it looks for a kind.
pub fn not_an_object(value: &Value) -> String {
    format!(
        "json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; \
         Kind string \"json:\\\"kind,omitempty\\\"\" }}",
        go_word(value)
    )
}

/// The same where it looks for a map.
pub fn not_a_map(value: &Value) -> String {
    format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", go_word(value))
}

fn go_word(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Object(_) => "object",
        _ => "array",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_unicode_is_replaced_and_pairs_stay() {
        let data = |body: &[u8]| read(body).expect("mended").value["a"].as_str().expect("a text").to_owned();
        assert_eq!(data(b"{\"a\":\"x\xff\"}"), "x\u{fffd}");
        assert_eq!(data(br#"{"a":"\ud800 \udc00"}"#), "\u{fffd} \u{fffd}");
        assert_eq!(data(br#"{"a":"\ud83d\ude00 \\ud800"}"#), "\u{1f600} \\ud800");
    }
}
