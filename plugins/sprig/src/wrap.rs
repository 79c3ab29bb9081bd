//! Wrapping, abbreviating and initials, which count bytes.

/// Breaks lines at blanks so that none is longer than `width`, where words allow; `cuts` breaks words.
pub(crate) fn wrap(text: &[u8], width: i64, newline: &[u8], cuts: bool) -> Vec<u8> {
    let newline = if newline.is_empty() { b"\n" } else { newline };
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while text.len() - at > width {
        if text[at] == b' ' {
            at += 1;
            continue;
        }
        let line = &text[at..at + width + 1];
        let (length, skipped) = match line.iter().rposition(|byte| *byte == b' ') {
            Some(blank) => (blank, 1),
            None if cuts => (width, 0),
            None => match text[at + width..].iter().position(|byte| *byte == b' ') {
                Some(blank) => (width + blank, 1),
                None => {
                    out.extend_from_slice(&text[at..]);
                    return out;
                }
            },
        };
        out.extend_from_slice(&text[at..at + length]);
        out.extend_from_slice(newline);
        at += length + skipped;
    }
    out.extend_from_slice(&text[at..]);
    out
}

const ELLIPSIS: &[u8] = b"...";

/// At most `width` bytes of the text from about `offset` on, with dots where something is missing.
pub(crate) fn abbreviate(text: &[u8], offset: usize, width: usize) -> Vec<u8> {
    if text.is_empty() || width < 4 {
        return Vec::new();
    }
    if text.len() <= width {
        return text.to_vec();
    }
    let kept = width - ELLIPSIS.len();
    let mut offset = offset.min(text.len());
    if text.len() - offset < kept {
        offset = text.len() - kept;
    }
    if offset <= 4 {
        return [&text[..kept], ELLIPSIS].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + kept < text.len() {
        return [ELLIPSIS, &abbreviate(&text[offset..], 0, kept)].concat();
    }
    [ELLIPSIS, &text[text.len() - kept..]].concat()
}

/// Bytes are taken for Latin-1 here, so that a byte beyond ASCII comes out as two.
fn push_latin1(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes());
}

pub(crate) fn delete_space(text: &[u8]) -> Vec<u8> {
    let is_space = |byte: &u8| char::from(*byte).is_whitespace();
    if !text.iter().any(is_space) {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    text.iter().filter(|byte| !is_space(byte)).for_each(|byte| push_latin1(&mut out, *byte));
    out
}

pub(crate) fn initials(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_gap = true;
    for byte in text {
        let gap = char::from(*byte).is_whitespace();
        if !gap && after_gap {
            push_latin1(&mut out, *byte);
        }
        after_gap = gap;
    }
    out
}
