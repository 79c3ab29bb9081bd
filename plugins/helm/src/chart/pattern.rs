//! Go's `path.Match`: the pattern language of `.helmignore` and `--show-only`.
//!
//! `*` and `?` do not cross a `/`, classes are `[a-z]` and `[^a-z]`, `\` quotes one character.

/// A malformed pattern; the text is Go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub(crate) struct BadPattern;

#[derive(Clone, Debug)]
enum Token {
    Literal(char),
    AnyCharacter,
    AnyRun,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Token>);

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, BadPattern> {
        let mut tokens = Vec::new();
        let mut rest = text.chars();
        while let Some(next) = rest.next() {
            tokens.push(match next {
                '*' => Token::AnyRun,
                '?' => Token::AnyCharacter,
                '\\' => Token::Literal(rest.next().ok_or(BadPattern)?),
                '[' => parse_class(&mut rest)?,
                literal => Token::Literal(literal),
            });
        }
        Ok(Self(tokens))
    }

    /// Whether the whole of `name` fits; linear in `name` for each run, as only the last run is retried.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.0.get(token) {
                Some(Token::AnyRun) => {
                    retry = Some((token, at));
                    token += 1;
                    continue;
                }
                None if at == name.len() => return true,
                Some(other) if at < name.len() && other.fits(name[at]) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            match retry {
                Some((run, start)) if start < name.len() && name[start] != '/' => {
                    retry = Some((run, start + 1));
                    token = run + 1;
                    at = start + 1;
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn fits(&self, character: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == character,
            Self::AnyCharacter => character != '/',
            Self::AnyRun => false,
            Self::Class { negated, ranges } => {
                character != '/' && ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
        }
    }
}

fn parse_class(rest: &mut std::str::Chars<'_>) -> Result<Token, BadPattern> {
    let negated = rest.as_str().starts_with('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    loop {
        if rest.as_str().starts_with(']') && !ranges.is_empty() {
            rest.next();
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_character(rest)?;
        let high = if rest.as_str().starts_with('-') {
            rest.next();
            class_character(rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

fn class_character(rest: &mut std::str::Chars<'_>) -> Result<char, BadPattern> {
    match rest.next() {
        Some('\\') => rest.next().ok_or(BadPattern),
        Some('-' | ']') | None => Err(BadPattern),
        Some(character) => Ok(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: Result<bool, BadPattern>) {
        assert_eq!(Pattern::parse(pattern).map(|pattern| pattern.matches(name)), expected, "{pattern} on {name}");
    }

    #[test]
    fn a_star_stays_within_one_path_element() {
        check("templates/.?*", "templates/.hidden", Ok(true));
        check("templates/.?*", "templates/.", Ok(false));
        check("*.txt", "a/b.txt", Ok(false));
        check("a*/b*c", "axx/bxcxc", Ok(true));
        check("a*b", "acd", Ok(false));
    }

    #[test]
    fn classes_ranges_and_quotes_match_as_in_go() {
        check("[a-c]x", "bx", Ok(true));
        check("[^a-c]x", "bx", Ok(false));
        check("\\*", "*", Ok(true));
        check("[", "a", Err(BadPattern));
        check("[]a]", "]", Err(BadPattern));
        check("a\\", "a", Err(BadPattern));
    }
}
