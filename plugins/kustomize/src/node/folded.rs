//! What becomes of a folded text (`>`) that kustomize prints and reads again.
//!
//! kustomize does so with every object on its way out, and its printer writes one break too many in two places: before
//! a line that is indented more, and at an end of several breaks. It writes one too few where the text begins with a
//! blank. Descriptions and scripts change by that, so we follow.

/// The text after one round of printing and reading.
pub(super) fn reprinted(text: &str) -> String {
    let start = text.trim_start_matches('\n');
    let body = start.trim_end_matches('\n');
    if body.is_empty() || !is_printed_folded(text) {
        return text.to_owned();
    }
    let doubles = !is_indented(body);
    let mut done = text[..text.len() - start.len()].to_owned();
    let mut rest = body;
    while let Some((line, after)) = rest.split_once('\n') {
        let next = after.trim_start_matches('\n');
        let breaks = 1 + after.len() - next.len() + usize::from(doubles && !is_indented(line));
        done += line;
        match breaks {
            breaks if is_indented(line) || is_indented(next) => done += &"\n".repeat(breaks),
            1 => done.push(' '),
            breaks => done += &"\n".repeat(breaks - 1),
        }
        rest = next;
    }
    let end = start.len() - body.len();
    let added = usize::from(end > 1 && doubles && !is_indented(rest));
    done + rest + &"\n".repeat(end + added)
}

/// Blanks at the end of a line and control characters put a text in quotes, where it is safe.
fn is_printed_folded(text: &str) -> bool {
    let is_special = |letter: char| letter.is_control() && letter != '\n' && letter != '\t' || letter == '\u{feff}';
    !text.ends_with(' ') && !text.contains(" \n") && !text.chars().any(is_special)
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::reprinted;

    #[test]
    fn a_line_that_is_indented_more_is_moved_off_by_an_empty_one() {
        assert_eq!(reprinted("list:\n  - a\n  - b\nend"), "list:\n\n  - a\n  - b\nend");
        assert_eq!(reprinted("one\ntwo\n\nthree\n"), "one\ntwo\n\nthree\n");
    }

    #[test]
    fn several_breaks_at_the_end_become_one_more() {
        assert_eq!(reprinted("a\n\n"), "a\n\n\n");
        assert_eq!(reprinted("a\n"), "a\n");
    }

    #[test]
    fn behind_a_blank_at_the_start_lines_run_together() {
        assert_eq!(reprinted("  first\na\nb\n\nc"), "  first\na b\nc");
    }

    #[test]
    fn what_is_printed_in_quotes_stays() {
        for text in ["a \n  b", "a\n  b ", "a\u{7}\n  b", "\n\n", ""] {
            assert_eq!(reprinted(text), text);
        }
    }
}
