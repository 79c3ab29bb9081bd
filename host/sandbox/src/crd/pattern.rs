//! Why a regular expression is none, in the words of the server's own library.

use regex::Regex;

/// The fault of an expression; `None` where it can be used.
pub fn fault(pattern: &str) -> Option<String> {
    Regex::new(pattern).err()?;
    let (reason, part) = reason(pattern);
    Some(format!("error parsing regexp: {reason}: `{part}`"))
}

/// The first thing that is wrong, and the part of the expression that shows it.
fn reason(pattern: &str) -> (&'static str, &str) {
    let bytes = pattern.as_bytes();
    let (mut at, mut open, mut repeatable) = (0, 0usize, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if at + 1 == bytes.len() => return ("trailing backslash at end of expression", ""),
            b'\\' => {
                if !is_escape(bytes[at + 1]) {
                    return ("invalid escape sequence", part(pattern, at, 2));
                }
                (at, repeatable) = (at + 1, true);
            }
            b'[' => match class_end(bytes, at) {
                Some(end) => (at, repeatable) = (end, true),
                None => return ("missing closing ]", &pattern[at..]),
            },
            b'(' => {
                if let Some(known) =
                    ["(?=", "(?!", "(?<=", "(?<!", "(?>"].iter().find(|one| pattern[at..].starts_with(**one))
                {
                    return ("invalid or unsupported Perl syntax", part(pattern, at, known.len()));
                }
                (open, repeatable) = (open + 1, false);
                if pattern[at..].starts_with("(?") {
                    at += 1;
                }
            }
            b')' if open == 0 => return ("unexpected )", pattern),
            b')' => (open, repeatable) = (open - 1, true),
            b'|' | b'^' => repeatable = false,
            b'*' | b'+' | b'?' if !repeatable => {
                return ("missing argument to repetition operator", part(pattern, at, 1));
            }
            b'*' | b'+' | b'?' => {}
            _ => repeatable = true,
        }
        at += 1;
    }
    if open > 0 { ("missing closing )", pattern) } else { ("invalid or unsupported Perl syntax", pattern) }
}

fn part(pattern: &str, at: usize, length: usize) -> &str {
    let end = (at + length..=pattern.len()).find(|end| pattern.is_char_boundary(*end)).unwrap_or(pattern.len());
    &pattern[at..end]
}

fn is_escape(letter: u8) -> bool {
    !letter.is_ascii_alphanumeric() || b"AzbBdDsSwWpPQEaftnrvxCu01234567".contains(&letter)
}

/// Where a class ends; a bracket at its beginning is a member.
fn class_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    if bytes.get(at) == Some(&b'^') {
        at += 1;
    }
    if bytes.get(at) == Some(&b']') {
        at += 1;
    }
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b']' => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn faults_are_told_as_the_servers_library_tells_them() {
        let cases = [
            ("[", "missing closing ]: `[`"),
            ("a[b", "missing closing ]: `[b`"),
            ("(a", "missing closing ): `(a`"),
            ("a)", "unexpected ): `a)`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("a\\", "trailing backslash at end of expression: ``"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(
                fault(pattern).as_deref(),
                Some(format!("error parsing regexp: {expected}").as_str()),
                "{pattern}"
            );
        }
        assert_eq!(fault("^[a-z]+(b|c)?$"), None);
    }
}
