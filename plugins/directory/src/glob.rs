//! Globs as Argo CD's directory source reads them: `*` and `?` match a slash too, `[a-z]` and `[!a-z]`
//! match one character, `{a,b}` one of several patterns, `\` takes the next character as it is.
//! A pattern that is not whole matches nothing.

/// Patterns that braces may expand to: each group multiplies.
const EXPANSIONS: usize = 1_000;

/// Whether the whole text matches.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    expand(&pattern).is_some_and(|patterns| patterns.iter().any(|tokens| run(tokens, &text)))
}

#[derive(Clone, Debug)]
enum Token {
    Char(char),
    One,
    Any,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// The pattern without braces, once for each choice.
fn expand(pattern: &[char]) -> Option<Vec<Vec<Token>>> {
    let mut done = vec![Vec::new()];
    let mut rest = pattern;
    while let Some((first, tail)) = rest.split_first() {
        let (choices, after) = match first {
            '{' => braces(tail)?,
            '[' => single(class(tail)?),
            '\\' => single((Token::Char(*tail.first()?), &tail[1..])),
            '*' => single((Token::Any, tail)),
            '?' => single((Token::One, tail)),
            other => single((Token::Char(*other), tail)),
        };
        done = combine(&done, &choices)?;
        rest = after;
    }
    Some(done)
}

fn single((token, rest): (Token, &[char])) -> (Vec<Vec<Token>>, &[char]) {
    (vec![vec![token]], rest)
}

fn combine(heads: &[Vec<Token>], tails: &[Vec<Token>]) -> Option<Vec<Vec<Token>>> {
    if heads.len() * tails.len() > EXPANSIONS {
        return None;
    }
    let joined = heads.iter().flat_map(|head| tails.iter().map(move |tail| [head.as_slice(), tail].concat()));
    Some(joined.collect())
}

/// The choices of a group whose brace is already taken, and what follows it. Groups do not nest.
fn braces(pattern: &[char]) -> Option<(Vec<Vec<Token>>, &[char])> {
    let end = pattern.iter().position(|c| *c == '}')?;
    let mut choices = Vec::new();
    for choice in pattern[..end].split(|c| *c == ',') {
        if choice.contains(&'{') {
            return None;
        }
        choices.extend(expand(choice)?);
    }
    Some((choices, &pattern[end + 1..]))
}

fn class(pattern: &[char]) -> Option<(Token, &[char])> {
    let end = pattern.iter().position(|c| *c == ']')?;
    let (negated, mut body) = match &pattern[..end] {
        ['!', body @ ..] => (true, body),
        body => (false, body),
    };
    let mut ranges = Vec::new();
    while let Some(first) = body.first() {
        let (range, taken) = match body {
            [low, '-', high, ..] => ((*low, *high), 3),
            _ => ((*first, *first), 1),
        };
        ranges.push(range);
        body = &body[taken..];
    }
    (!ranges.is_empty()).then_some((Token::Class { negated, ranges }, &pattern[end + 1..]))
}

/// Goes back to the last star only: earlier ones need not give anything up.
fn run(tokens: &[Token], text: &[char]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        if matches!(tokens.get(token), Some(Token::Any)) {
            star = Some((token, at));
            token += 1;
        } else if tokens.get(token).is_some_and(|token| takes(token, text[at])) {
            token += 1;
            at += 1;
        } else if let Some((starred, taken)) = star {
            star = Some((starred, taken + 1));
            token = starred + 1;
            at = taken + 1;
        } else {
            return false;
        }
    }
    tokens[token..].iter().all(|token| matches!(token, Token::Any))
}

fn takes(token: &Token, c: char) -> bool {
    match token {
        Token::Char(own) => *own == c,
        Token::One => true,
        Token::Any => false,
        Token::Class { negated, ranges } => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_cross_slashes_and_braces_choose() {
        for (pattern, text, expected) in [
            ("*.yaml", "a/b/c.yaml", true),
            ("**/c.yaml", "a/b/c.yaml", true),
            ("a?b", "a/b", true),
            ("{a.yaml,sub/*}", "sub/x/y", true),
            ("{a,b}.yaml", "c.yaml", false),
            ("{a,{b,c}}", "c", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("*a*b", "xaxxb", true),
            ("", "a", false),
            ("[a", "[a", false),
            ("{a", "{a", false),
            ("a\\", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} against {text}");
        }
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let text = "a".repeat(2_000);
        assert!(!matches(&"a*".repeat(500).replace("a*a*", "a*"), &format!("{text}b").replace('a', "c")));
        assert!(!matches(&"{a,b}".repeat(64), &"a".repeat(64)), "too many choices match nothing");
    }
}
