//! Constraints: `>=1.2 <2 || ~3.1`, ranges with ` - `, wildcards, carets and tildes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use windlass_gotemplate::fmt::quote;

use super::version::{Version, compare_prereleases};

const MAX_LENGTH: usize = 512;
const MAX_GROUPS: usize = 32;

const VERSION: &str = concat!(
    r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?",
    r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?",
    r"(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
);
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

/// A constant, so `None` never happens; it would refuse every constraint.
type Pattern = LazyLock<Option<Regex>>;

// Read when first needed, and used on a few bytes: what takes little to build is quicker here than what is quick to
// match.
static ONE: Pattern = LazyLock::new(|| compile(&format!(r"^\s*({OPERATORS})\s*({VERSION})\s*$")));
static FIND: Pattern = LazyLock::new(|| compile(&format!(r"({OPERATORS})\s*({VERSION})")));
static VALID: Pattern = LazyLock::new(|| {
    compile(&format!(r"^(\s*({OPERATORS})\s*({VERSION})\s*)((?:\s+|,\s*)({OPERATORS})\s*({VERSION})\s*)*$"))
});
static RANGE: Pattern = LazyLock::new(|| compile(&format!(r"\s*(?<low>{VERSION})\s+-\s+(?<high>{VERSION})\s*")));

fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&pattern.replace(r"\s", r"[\t\n\f\r ]")).ok()
}

/// Alternatives of which each is a list of conditions that must all hold.
#[derive(Clone, Debug)]
pub struct Constraints {
    alternatives: Vec<Vec<Condition>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    TildeOrEqual,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// How much of the version was written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    Nothing,
    Major,
    Minor,
    Patch,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    version: Version,
    precision: Precision,
}

impl Constraints {
    /// # Errors
    /// Go's words for what is wrong.
    pub fn parse(text: &str) -> Result<Constraints, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("constraint string is too long (max {MAX_LENGTH} bytes)"));
        }
        let text = rewrite_ranges(text);
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > MAX_GROUPS {
            return Err(format!("too many constraint groups (max {MAX_GROUPS})"));
        }
        let alternatives = groups.into_iter().map(parse_group).collect::<Result<_, _>>()?;
        Ok(Constraints { alternatives })
    }

    pub fn check(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|conditions| {
            let prereleases = conditions.iter().any(|condition| !condition.version.prerelease.is_empty());
            conditions.iter().all(|condition| condition.holds(version, prereleases))
        })
    }
}

/// `1.2 - 1.4` is `>= 1.2, <= 1.4`.
fn rewrite_ranges(text: &str) -> Cow<'_, str> {
    let is_blank = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ');
    let may_be_range = text.as_bytes().windows(2).any(|pair| is_blank(pair[0]) && pair[1] == b'-');
    let Some(range) = RANGE.as_ref().filter(|_| may_be_range) else { return text.into() };
    range.replace_all(text, |found: &Captures<'_>| format!(">= {}, <= {} ", &found["low"], &found["high"]))
}

fn parse_group(text: &str) -> Result<Vec<Condition>, String> {
    let matches = |pattern: &Pattern| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
    if matches(&ONE) {
        return Ok(vec![parse_condition(text)?]);
    }
    let (true, Some(find)) = (matches(&VALID), &*FIND) else {
        return Err(format!("improper constraint: {}", quote(text.as_bytes())));
    };
    find.find_iter(text).map(|found| parse_condition(found.as_str())).collect()
}

fn parse_condition(text: &str) -> Result<Condition, String> {
    let found = ONE.as_ref().and_then(|one| one.captures(text));
    let Some(found) = found else {
        return Err(format!("improper constraint: {}", quote(text.as_bytes())));
    };
    let group = |index: usize| found.get(index).map_or("", |group| group.as_str());
    let (major, minor, patch, prerelease) = (group(3), group(4), group(5), group(6));
    let open = |segment: &str| matches!(segment.trim_start_matches('.'), "" | "x" | "X" | "*");
    let (precision, version) = if open(major) {
        (Precision::Nothing, format!("0.0.0{prerelease}"))
    } else if open(minor) {
        (Precision::Major, format!("{major}.0.0{prerelease}"))
    } else if open(patch) {
        (Precision::Minor, format!("{major}{minor}.0{prerelease}"))
    } else {
        (Precision::Patch, group(2).to_owned())
    };
    let version = Version::parse(&version).map_err(|_| "constraint parser error".to_owned())?;
    let operator = match group(1) {
        "!=" => Operator::NotEqual,
        ">" => Operator::Greater,
        "<" => Operator::Less,
        ">=" | "=>" => Operator::GreaterOrEqual,
        "<=" | "=<" => Operator::LessOrEqual,
        "~" | "~>" => Operator::Tilde,
        "^" => Operator::Caret,
        _ => Operator::TildeOrEqual,
    };
    Ok(Condition { operator, version, precision })
}

impl Condition {
    /// Prereleases only pass where some condition names one.
    fn holds(&self, version: &Version, prereleases: bool) -> bool {
        if !version.prerelease.is_empty() && !prereleases {
            return false;
        }
        match self.operator {
            Operator::TildeOrEqual if self.precision == Precision::Patch => *version == self.version,
            Operator::TildeOrEqual | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => self.not_equal(version),
            Operator::Greater => self.greater(version),
            Operator::Less => *version < self.version,
            Operator::GreaterOrEqual => *version >= self.version,
            Operator::LessOrEqual => self.less_or_equal(version),
            Operator::Caret => self.caret(version),
        }
    }

    fn not_equal(&self, version: &Version) -> bool {
        let wanted = &self.version;
        match self.precision {
            Precision::Patch => version != wanted,
            // A wildcard alone equals only major zero, as in Go.
            Precision::Nothing => version.numbers() != wanted.numbers() || version != wanted,
            Precision::Major => version.major != wanted.major,
            Precision::Minor => {
                (version.major, version.minor) != (wanted.major, wanted.minor)
                    || compare_prereleases(&version.prerelease, &wanted.prerelease).is_ne()
            }
        }
    }

    fn greater(&self, version: &Version) -> bool {
        let wanted = &self.version;
        match self.precision {
            Precision::Major => version.major > wanted.major,
            Precision::Minor => (version.major, version.minor) > (wanted.major, wanted.minor),
            Precision::Patch => version > wanted,
            Precision::Nothing => version.major > wanted.major || version > wanted,
        }
    }

    fn less_or_equal(&self, version: &Version) -> bool {
        let wanted = &self.version;
        match self.precision {
            Precision::Patch => version <= wanted,
            Precision::Major => version.major <= wanted.major,
            Precision::Minor | Precision::Nothing => (version.major, version.minor) <= (wanted.major, wanted.minor),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if version < wanted {
            return false;
        }
        let anything = wanted.numbers() == (0, 0, 0) && matches!(self.precision, Precision::Nothing | Precision::Patch);
        anything
            || (version.major == wanted.major && (version.minor == wanted.minor || self.precision == Precision::Major))
    }

    /// Nothing left of the first number that is not zero may change.
    fn caret(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if version < wanted {
            return false;
        }
        if wanted.major > 0 || self.precision == Precision::Major {
            return version.major == wanted.major;
        }
        if version.major > 0 {
            return false;
        }
        if wanted.minor > 0 || self.precision == Precision::Minor {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }
}
