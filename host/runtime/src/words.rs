//! What a plugin says to people, no longer than people read: a name of a megabyte in a source must not fill a status,
//! a log or a terminal.

/// Bytes of one text that are kept.
const LONGEST: usize = 16 << 10;

/// The text, or its beginning and how long it is.
pub(crate) fn short(mut text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let whole = text.len();
    text.truncate(text.floor_char_boundary(LONGEST));
    text + &format!("… ({whole} bytes in all)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_how_long_it_was() {
        assert_eq!(short("a".repeat(LONGEST)), "a".repeat(LONGEST));
        let cut = short("é".repeat(LONGEST));
        assert_eq!(cut, "é".repeat(LONGEST / 2) + "… (32768 bytes in all)");
    }
}
