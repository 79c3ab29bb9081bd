//! Go's syntax, read and written again.

use super::class::{Named, named_class, perl_class};

/// What Go allows for a counted repetition.
const MAX_REPEAT: u32 = 1000;
/// Groups inside one another. Go allows 1,000; the other side's parser recurses and is kept lower.
const MAX_NESTING: usize = 100;

/// The pattern in the `regex` crate's syntax.
///
/// # Errors
/// What Go says, without `error parsing regexp: `.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator {
        pattern,
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        names: Vec::new(),
        open: 0,
        repeatable: false,
    };
    translator.run()?;
    Ok(translator.out)
}

pub(super) struct Translator<'p> {
    pub(super) pattern: &'p str,
    pub(super) at: usize,
    pub(super) out: String,
    names: Vec<&'p str>,
    /// Groups not yet closed.
    open: usize,
    /// Whether something stands before that can be repeated.
    repeatable: bool,
}

pub(super) type Step = Result<(), String>;

pub(super) fn fault(what: &str, shown: &str) -> String {
    format!("{what}: `{shown}`")
}

impl<'p> Translator<'p> {
    pub(super) fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    fn run(&mut self) -> Step {
        while let Some(char) = self.rest().chars().next() {
            self.piece(char)?;
        }
        if self.open > 0 {
            return Err(fault("missing closing )", self.pattern));
        }
        Ok(())
    }

    fn piece(&mut self, char: char) -> Step {
        match char {
            '(' => self.group(),
            ')' => self.close(),
            '|' => {
                self.copy("|");
                self.repeatable = false;
                Ok(())
            }
            '[' => self.class(),
            '\\' => self.escape(),
            '*' | '+' | '?' => self.repeat(1),
            '{' => match counted(self.rest()) {
                Some(count) => {
                    count.check()?;
                    self.repeat(count.length)
                }
                None => self.literal('{', 1),
            },
            '.' | '^' | '$' => {
                self.out.push(char);
                self.step(1)
            }
            char => self.literal(char, char.len_utf8()),
        }
    }

    fn step(&mut self, length: usize) -> Step {
        self.at += length;
        self.repeatable = true;
        Ok(())
    }

    fn copy(&mut self, text: &str) {
        self.out.push_str(text);
        self.at += text.len();
    }

    fn literal(&mut self, char: char, length: usize) -> Step {
        push_literal(&mut self.out, char);
        self.step(length)
    }

    /// An operator, a question mark that may follow it, and no second operator.
    fn repeat(&mut self, length: usize) -> Step {
        let start = self.at;
        if !self.repeatable {
            return Err(fault("missing argument to repetition operator", &self.rest()[..length]));
        }
        self.copy(&self.pattern[start..start + length]);
        if self.rest().starts_with('?') {
            self.copy("?");
        }
        let next = match self.rest().chars().next() {
            Some('*' | '+' | '?') => 1,
            Some('{') => counted(self.rest()).map_or(0, |count| count.length),
            _ => 0,
        };
        if next > 0 {
            let shown = &self.pattern[start..self.at + next];
            return Err(fault("invalid nested repetition operator", shown));
        }
        // What is repeated can only be repeated again in parentheses.
        self.repeatable = true;
        Ok(())
    }

    fn close(&mut self) -> Step {
        if self.open == 0 {
            return Err(fault("unexpected )", self.pattern));
        }
        self.open -= 1;
        self.copy(")");
        self.repeatable = true;
        Ok(())
    }

    fn group(&mut self) -> Step {
        if self.open >= MAX_NESTING {
            return Err(fault("expression nests too deeply", self.pattern));
        }
        if let Some(inside) = self.rest().strip_prefix("(?") {
            return self.flagged_group(inside);
        }
        self.copy("(");
        self.opened();
        Ok(())
    }

    fn opened(&mut self) {
        self.open += 1;
        self.repeatable = false;
    }

    fn flagged_group(&mut self, inside: &'p str) -> Step {
        let named = inside.strip_prefix("P<").or_else(|| inside.strip_prefix('<'));
        if let Some(named) = named.filter(|named| !named.starts_with(['=', '!'])) {
            return self.named_group(named);
        }
        let length = inside.find(|char: char| !"imsU-".contains(char)).unwrap_or(inside.len());
        let (flags, after) = inside.split_at(length);
        let end = after.chars().next();
        let minus = flags.matches('-').count();
        if !matches!(end, Some(':' | ')')) || minus > 1 || flags.ends_with('-') {
            let shown = 2 + length + end.map_or(0, char::len_utf8);
            let what = if end.is_none() { "missing closing )" } else { "invalid or unsupported Perl syntax" };
            return Err(fault(what, if end.is_none() { self.pattern } else { &self.rest()[..shown] }));
        }
        if end == Some(')') {
            // An empty list of flags changes nothing, and is no syntax on the other side.
            self.at += 2 + length + 1;
            if !flags.is_empty() {
                self.out.push_str(&format!("(?{flags})"));
            }
            self.repeatable = false;
            return Ok(());
        }
        self.copy(&self.pattern[self.at..self.at + 2 + length + 1]);
        self.opened();
        Ok(())
    }

    fn named_group(&mut self, text: &'p str) -> Step {
        let Some(end) = text.find('>') else {
            return Err(fault("invalid named capture", self.rest()));
        };
        let name = &text[..end];
        let head = self.rest().len() - text.len() + end + 1;
        let is_word = |char: char| char == '_' || char.is_ascii_alphanumeric();
        if name.is_empty() || !name.chars().all(is_word) {
            return Err(fault("invalid named capture", &self.rest()[..head]));
        }
        if self.names.contains(&name) {
            return Err(fault("duplicate capture group name", name));
        }
        self.names.push(name);
        // A name may begin with a digit in Go only.
        if name.starts_with(|char: char| char.is_ascii_digit()) {
            self.out.push('(');
        } else {
            self.out.push_str(&format!("(?P<{name}>"));
        }
        self.at += head;
        self.opened();
        Ok(())
    }

    fn escape(&mut self) -> Step {
        let rest = self.rest();
        let Some(letter) = rest[1..].chars().next() else {
            return Err(fault("trailing backslash at end of expression", ""));
        };
        match letter {
            'A' | 'z' => self.verbatim(2),
            'b' | 'B' => {
                self.out.push_str(&format!("(?-u:\\{letter})"));
                self.step(2)
            }
            'C' => Err(fault("invalid escape sequence", "\\C")),
            'Q' => self.quoted(&rest[2..]),
            'E' => {
                self.at += 2;
                Ok(())
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let (ranges, negated) = perl_class(letter);
                self.out.push_str(&format!("[{}{ranges}]", if negated { "^" } else { "" }));
                self.step(2)
            }
            'p' | 'P' => {
                let length = unicode_class(rest)?;
                self.verbatim(length)
            }
            _ => {
                let (char, length) = escaped_char(rest)?;
                self.literal(char, length)
            }
        }
    }

    fn verbatim(&mut self, length: usize) -> Step {
        self.out.push_str(&self.rest()[..length]);
        self.step(length)
    }

    /// `\Q…\E`; without the end, to the end.
    fn quoted(&mut self, text: &str) -> Step {
        let end = text.find("\\E");
        let literal = &text[..end.unwrap_or(text.len())];
        for char in literal.chars() {
            push_literal(&mut self.out, char);
        }
        self.at += 2 + literal.len() + end.map_or(0, |_| 2);
        self.repeatable = self.repeatable || !literal.is_empty();
        Ok(())
    }

    fn class(&mut self) -> Step {
        let (class, length) = super::class::translate_class(self.rest())?;
        self.out.push_str(&class);
        self.step(length)
    }
}

pub(super) fn push_literal(out: &mut String, char: char) {
    if char.is_ascii_alphanumeric() || matches!(char, ' ' | '_') || !char.is_ascii() {
        out.push(char);
    } else {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(char)));
    }
}

/// The length of `\pL` or `\p{Greek}`.
pub(super) fn unicode_class(text: &str) -> Result<usize, String> {
    let mut chars = text[2..].chars();
    match chars.next() {
        Some('{') => match text.find('}') {
            Some(end) => named_class_exists(&text[..=end]).map(|()| end + 1),
            None => Err(fault("invalid character class range", text)),
        },
        Some(char) => {
            let length = 2 + char.len_utf8();
            named_class_exists(&text[..length]).map(|()| length)
        }
        None => Err(fault("invalid character class range", text)),
    }
}

fn named_class_exists(text: &str) -> Result<(), String> {
    let inner = text[2..].trim_matches(['{', '}', '^']);
    // Go knows general categories and scripts, by their exact names.
    let is_name = inner.starts_with(|char: char| char.is_ascii_uppercase()) && !inner.contains(['=', ':', ' ']);
    if is_name && regex::Regex::new(text).is_ok() { Ok(()) } else { Err(fault("invalid character class range", text)) }
}

/// The character an escape stands for, and the escape's length.
pub(super) fn escaped_char(text: &str) -> Result<(char, usize), String> {
    let Some(letter) = text[1..].chars().next() else {
        return Err(fault("trailing backslash at end of expression", ""));
    };
    let length = 1 + letter.len_utf8();
    let invalid = || fault("invalid escape sequence", &text[..length]);
    let char = match letter {
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => return hex_char(text),
        '1'..='7' if !text[2..].starts_with(|char: char| matches!(char, '0'..='7')) => return Err(invalid()),
        '0'..='7' => return Ok(octal_char(text)),
        char if char.is_ascii_punctuation() => char,
        _ => return Err(invalid()),
    };
    Ok((char, length))
}

fn octal_char(text: &str) -> (char, usize) {
    let digits = text[1..].chars().take(3).take_while(|char| char.is_digit(8)).count();
    let code = u32::from_str_radix(&text[1..1 + digits], 8).unwrap_or(0);
    (char::from_u32(code).unwrap_or('\u{fffd}'), 1 + digits)
}

fn hex_char(text: &str) -> Result<(char, usize), String> {
    let (digits, length) = match text[2..].strip_prefix('{') {
        Some(inner) => match inner.find('}') {
            Some(end) => (&inner[..end], end + 4),
            None => return Err(fault("invalid escape sequence", text)),
        },
        None => (text.get(2..4).unwrap_or(""), 4),
    };
    let valid = !digits.is_empty() && digits.chars().all(|char| char.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| valid).and_then(char::from_u32);
    code.map(|char| (char, length)).ok_or_else(|| fault("invalid escape sequence", text.get(..length).unwrap_or(text)))
}

struct Count<'t> {
    text: &'t str,
    low: Option<u32>,
    high: Option<u32>,
    length: usize,
}

/// `{2}`, `{2,}`, `{2,5}`; any other brace is a literal.
fn counted(text: &str) -> Option<Count<'_>> {
    let end = text.find('}')?;
    let inner = &text[1..end];
    let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
    let is_number = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'))
    };
    if !is_number(low) || !(high.is_empty() || is_number(high)) {
        return None;
    }
    // What does not fit a number is above every limit.
    let number = |text: &str| Some(text.parse().unwrap_or(u32::MAX));
    let high = if high.is_empty() { None } else { number(high) };
    Some(Count { text: &text[..=end], low: number(low), high, length: end + 1 })
}

impl Count<'_> {
    fn check(&self) -> Step {
        let low = self.low.unwrap_or(0);
        let fits = low <= MAX_REPEAT && self.high.is_none_or(|high| high <= MAX_REPEAT && low <= high);
        if fits { Ok(()) } else { Err(fault("invalid repeat count", self.text)) }
    }
}

/// For the classes' own module.
pub(super) fn posix_class(text: &str) -> Option<Result<(Named, usize), String>> {
    let end = text.find(":]").filter(|_| text.starts_with("[:"))? + 2;
    Some(
        named_class(&text[..end])
            .map(|named| (named, end))
            .ok_or_else(|| fault("invalid character class range", &text[..end])),
    )
}
