//! The patterns of `.Files.Glob`: those of gobwas/glob with `/` as separator.
//!
//! `*` stays within one path element, `**` crosses them, `?` is one character other than `/`, `[abc]`, `[a-z]` and
//! `[!a-z]` are classes, `{a,b}` alternatives, `\` quotes one character.

/// Alternatives multiply; a pattern of more branches than this is treated as malformed.
const MAX_BRANCHES: usize = 1024;

#[derive(Clone, Debug)]
enum Token {
    Literal(char),
    One,
    Run,
    DeepRun,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// A compiled pattern: every combination of its alternatives.
#[derive(Clone, Debug)]
pub(crate) struct Glob(Vec<Vec<Token>>);

impl Glob {
    /// None when the pattern is malformed.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let characters: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let branches = sequence(&characters, &mut at, 0)?;
        (at == characters.len()).then_some(Self(branches))
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        self.0.iter().any(|tokens| fits(tokens, &name))
    }
}

/// Parses up to the end, or inside braces up to `,` or `}`.
fn sequence(pattern: &[char], at: &mut usize, braces: usize) -> Option<Vec<Vec<Token>>> {
    let mut branches: Vec<Vec<Token>> = vec![Vec::new()];
    while let Some(&next) = pattern.get(*at) {
        *at += 1;
        let token = match next {
            ',' | '}' if braces > 0 => {
                *at -= 1;
                return Some(branches);
            }
            '{' => {
                branches = cross(&branches, &alternatives(pattern, at, braces + 1)?)?;
                continue;
            }
            '*' if pattern.get(*at) == Some(&'*') => {
                *at += 1;
                Token::DeepRun
            }
            '*' => Token::Run,
            '?' => Token::One,
            '[' => class(pattern, at)?,
            '\\' => {
                *at += 1;
                Token::Literal(*pattern.get(*at - 1)?)
            }
            literal => Token::Literal(literal),
        };
        branches.iter_mut().for_each(|branch| branch.push(token.clone()));
    }
    (braces == 0).then_some(branches)
}

fn alternatives(pattern: &[char], at: &mut usize, braces: usize) -> Option<Vec<Vec<Token>>> {
    if braces > 8 {
        return None;
    }
    let mut all = Vec::new();
    loop {
        all.extend(sequence(pattern, at, braces)?);
        let end = *pattern.get(*at)?;
        *at += 1;
        if end == '}' {
            return Some(all);
        }
    }
}

fn cross(heads: &[Vec<Token>], tails: &[Vec<Token>]) -> Option<Vec<Vec<Token>>> {
    if heads.len().saturating_mul(tails.len()) > MAX_BRANCHES {
        return None;
    }
    let joined = heads.iter().flat_map(|head| tails.iter().map(move |tail| [head.as_slice(), tail].concat()));
    Some(joined.collect())
}

fn class(pattern: &[char], at: &mut usize) -> Option<Token> {
    let negated = pattern.get(*at) == Some(&'!');
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        let mut low = *pattern.get(*at)?;
        *at += 1;
        if low == ']' && !ranges.is_empty() {
            return Some(Token::Class { negated, ranges });
        }
        if low == '\\' {
            low = *pattern.get(*at)?;
            *at += 1;
        }
        let mut high = low;
        if pattern.get(*at) == Some(&'-') && pattern.get(*at + 1).is_some_and(|next| *next != ']') {
            high = *pattern.get(*at + 1)?;
            *at += 2;
        }
        ranges.push((low, high));
    }
}

/// Tracks every position the pattern can be in, so the work is bounded by pattern times name.
fn fits(tokens: &[Token], name: &[char]) -> bool {
    let mut states = vec![false; tokens.len() + 1];
    states[0] = true;
    spread(tokens, &mut states);
    for character in name {
        let mut next = vec![false; tokens.len() + 1];
        for (index, token) in tokens.iter().enumerate().filter(|(index, _)| states[*index]) {
            match token {
                Token::DeepRun => next[index] = true,
                Token::Run => next[index] |= *character != '/',
                other => next[index + 1] |= one(other, *character),
            }
        }
        spread(tokens, &mut next);
        states = next;
    }
    states[tokens.len()]
}

/// Runs may be empty.
fn spread(tokens: &[Token], states: &mut [bool]) {
    for (index, token) in tokens.iter().enumerate() {
        if states[index] && matches!(token, Token::Run | Token::DeepRun) {
            states[index + 1] = true;
        }
    }
}

fn one(token: &Token, character: char) -> bool {
    match token {
        Token::Literal(literal) => *literal == character,
        Token::One => character != '/',
        Token::Class { negated, ranges } => {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
        }
        Token::Run | Token::DeepRun => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: bool) {
        assert_eq!(Glob::parse(pattern).unwrap().matches(name), expected, "{pattern} on {name}");
    }

    #[test]
    fn one_star_stays_in_its_folder_and_two_cross_folders() {
        check("config/*.yaml", "config/a.yaml", true);
        check("config/*.yaml", "config/sub/a.yaml", false);
        check("config/**", "config/sub/a.yaml", true);
        check("**.yaml", "config/sub/a.yaml", true);
        check("**/a.yaml", "a.yaml", false);
    }

    #[test]
    fn alternatives_and_classes_combine() {
        check("{a,b*}/[!x-z].{yml,yaml}", "bc/a.yaml", true);
        check("{a,b*}/[!x-z].{yml,yaml}", "bc/y.yaml", false);
        check("a?c", "a/c", false);
        check("\\*", "*", true);
    }

    #[test]
    fn malformed_patterns_are_told() {
        for pattern in ["{a", "[a", "a\\", "{{{{{{{{{{a}"] {
            assert!(Glob::parse(pattern).is_none(), "{pattern}");
        }
    }
}
