//! Version constraints over tags, by the rules of Masterminds/semver v3, which Argo CD resolves them with:
//! `1.2.*`, `~1.2`, `^1`, `>=1.0.0 <2 || 3.x`, `1.2 - 1.4`.
//!
//! A prerelease satisfies a constraint only if one of its comparisons, in the same `||` part, names one.

use semver::{Prerelease, Version};

/// A parsed constraint: alternatives of comparisons that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    alternatives: Vec<Vec<Comparison>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    operator: Operator,
    version: Version,
    given: Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Tilde,
    Caret,
}

/// How much of a version was written out; the rest is a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Given {
    Nothing,
    Major,
    Minor,
    Patch,
}

/// Longest first, since `>` is a prefix of `>=`.
const OPERATORS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    ("=>", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("=<", Operator::LessEqual),
    ("~>", Operator::Tilde),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("=", Operator::Equal),
];

impl Constraint {
    /// Reads a constraint. `None` for what is not one, and for a plain version: that names one tag.
    pub fn parse(text: &str) -> Option<Self> {
        if parse_version(text).is_some() {
            return None;
        }
        let alternatives = text.split("||").map(parse_alternative).collect::<Option<Vec<_>>>()?;
        Some(Self { alternatives })
    }

    /// Whether the version satisfies the constraint.
    pub fn allows(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|comparisons| {
            let takes_prereleases = comparisons.iter().any(|comparison| !comparison.version.pre.is_empty());
            (version.pre.is_empty() || takes_prereleases)
                && comparisons.iter().all(|comparison| comparison.holds(version))
        })
    }

    /// The tag with the highest allowed version. With a prefix only tags that have it count, and it is
    /// taken off before the comparison.
    pub fn highest<'a>(&self, tags: impl IntoIterator<Item = &'a str>, prefix: &str) -> Option<&'a str> {
        tags.into_iter()
            .filter_map(|tag| Some((parse_version(tag.strip_prefix(prefix)?)?, tag)))
            .filter(|(version, _)| self.allows(version))
            .max_by(|left, right| left.0.cmp_precedence(&right.0))
            .map(|(_, tag)| tag)
    }
}

impl Comparison {
    fn holds(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        match self.operator {
            Operator::Equal if self.given < Given::Patch => self.is_within_tilde(version),
            Operator::Equal => order.is_eq(),
            Operator::NotEqual if self.given < Given::Patch => !self.shares_given_part(version),
            Operator::NotEqual => order.is_ne(),
            Operator::Greater if self.is_partial() => order.is_gt() && !self.shares_given_part(version),
            Operator::Greater => order.is_gt(),
            Operator::GreaterEqual => order.is_ge(),
            Operator::Less => order.is_lt(),
            Operator::LessEqual => order.is_le() || (self.given < Given::Patch && self.shares_given_part(version)),
            Operator::Tilde => self.is_within_tilde(version),
            Operator::Caret => order.is_ge() && self.is_within_caret(version),
        }
    }

    /// Whether some numbers were written out, but not all.
    fn is_partial(&self) -> bool {
        matches!(self.given, Given::Major | Given::Minor)
    }

    /// `1` takes `1.x`, `1.2` takes `1.2.x`, a wildcard everything.
    fn shares_given_part(&self, version: &Version) -> bool {
        let same_major = self.given < Given::Major || version.major == self.version.major;
        let same_minor = self.given < Given::Minor || version.minor == self.version.minor;
        let same_patch = self.given < Given::Patch || version.patch == self.version.patch;
        same_major && same_minor && same_patch
    }

    /// At least the version, with its major and, where one was given, its minor number. `~0.0.0` takes all.
    fn is_within_tilde(&self, version: &Version) -> bool {
        if self.given == Given::Patch && (self.version.major, self.version.minor, self.version.patch) == (0, 0, 0) {
            return version.cmp_precedence(&self.version).is_ge();
        }
        let same_major = self.given < Given::Major || version.major == self.version.major;
        let same_minor = self.given < Given::Minor || version.minor == self.version.minor;
        version.cmp_precedence(&self.version).is_ge() && same_major && same_minor
    }

    /// The leftmost number that is given and not zero stays as it is.
    fn is_within_caret(&self, version: &Version) -> bool {
        let same_major = version.major == self.version.major;
        let same_minor = same_major && version.minor == self.version.minor;
        match self.given {
            Given::Nothing => true,
            _ if self.version.major > 0 => same_major,
            Given::Major => same_major,
            _ if self.version.minor > 0 => same_minor,
            Given::Minor => same_minor,
            Given::Patch => same_minor && version.patch == self.version.patch,
        }
    }
}

/// One `||` part: comparisons parted by blanks or commas; ` - ` makes a range of two.
fn parse_alternative(text: &str) -> Option<Vec<Comparison>> {
    let mut comparisons = Vec::new();
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (operator, after) = split_operator(rest);
        let (version, after) = split_version(after.trim_start());
        let upper = after.trim_start().strip_prefix("- ").filter(|_| operator.is_none());
        match upper {
            Some(upper) => {
                let (upper, after) = split_version(upper.trim_start());
                comparisons.push(parse_comparison(Operator::GreaterEqual, version)?);
                comparisons.push(parse_comparison(Operator::LessEqual, upper)?);
                rest = after;
            }
            None => {
                comparisons.push(parse_comparison(operator.unwrap_or(Operator::Equal), version)?);
                rest = after;
            }
        }
        rest = skip_separator(rest)?;
    }
    Some(comparisons)
}

fn split_operator(text: &str) -> (Option<Operator>, &str) {
    OPERATORS
        .iter()
        .find_map(|(sign, operator)| Some((Some(*operator), text.strip_prefix(sign)?)))
        .unwrap_or((None, text))
}

fn split_version(text: &str) -> (&str, &str) {
    text.split_at(text.find([' ', '\t', ',', '<', '>', '=', '!', '~', '^']).unwrap_or(text.len()))
}

/// A comma or a blank must stand between two comparisons, and nothing dangles after a comma.
fn skip_separator(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    match rest.strip_prefix(',') {
        Some(rest) => Some(rest.trim_start()).filter(|rest| !rest.is_empty()),
        None if rest.is_empty() || rest.len() < text.len() => Some(rest),
        None => None,
    }
}

fn parse_comparison(operator: Operator, text: &str) -> Option<Comparison> {
    let (numbers, prerelease) = split_numbers(text)?;
    let is_wildcard = |number: &&str| matches!(*number, "x" | "X" | "*");
    let written = numbers.iter().position(is_wildcard).unwrap_or(numbers.len());
    if numbers.len() > 3 {
        return None;
    }
    for number in &numbers[written..] {
        if !is_wildcard(number) && number.parse::<u64>().is_err() {
            return None;
        }
    }
    let number = |at: usize| if at < written { parse_number(numbers[at]) } else { Some(0) };
    let mut version = Version::new(number(0)?, number(1)?, number(2)?);
    version.pre = prerelease;
    let given = [Given::Nothing, Given::Major, Given::Minor, Given::Patch][written];
    Some(Comparison { operator, version, given })
}

/// Reads a version as tags spell it: an optional `v`, minor and patch may be missing.
fn parse_version(text: &str) -> Option<Version> {
    let (numbers, prerelease) = split_numbers(text)?;
    if numbers.len() > 3 {
        return None;
    }
    let number = |at: usize| numbers.get(at).map_or(Some(0), |number| parse_number(number));
    let mut version = Version::new(number(0)?, number(1)?, number(2)?);
    version.pre = prerelease;
    Some(version)
}

/// Splits `v1.2.3-pre+build` into its numbers and its prerelease; the build does not count in comparisons.
fn split_numbers(text: &str) -> Option<(Vec<&str>, Prerelease)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = text.split_once('+').unwrap_or((text, "0"));
    let (numbers, prerelease) = text.split_once('-').unwrap_or((text, ""));
    let is_dangling = text.ends_with('-');
    semver::BuildMetadata::new(build).ok().filter(|build| !build.is_empty() && !is_dangling)?;
    Some((numbers.split('.').collect(), Prerelease::new(prerelease).ok()?))
}

fn parse_number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: [&str; 12] = [
        "v0.1.0",
        "0.1.4",
        "v0.2.0",
        "v1.0.0",
        "v1.2.0",
        "v1.2.9",
        "v1.3.0-rc.1",
        "v2.0.0-beta",
        "v2.0.0",
        "v2.1",
        "v3.0.0-alpha",
        "nightly",
    ];

    #[track_caller]
    fn check(constraint: &str, expected: Option<&str>) {
        let parsed = Constraint::parse(constraint).unwrap_or_else(|| panic!("{constraint} is a constraint"));
        assert_eq!(parsed.highest(TAGS, ""), expected, "{constraint}");
    }

    #[test]
    fn a_constraint_picks_the_highest_tag() {
        check("*", Some("v2.1"));
        check("x", Some("v2.1"));
        check("1.2.*", Some("v1.2.9"));
        check("1.x", Some("v1.2.9"));
        check("v1.*", Some("v1.2.9"));
        check("~1.2", Some("v1.2.9"));
        check("~1.2.3", Some("v1.2.9"));
        check("~> 1", Some("v1.2.9"));
        check("^1", Some("v1.2.9"));
        check("^0.1.0", Some("0.1.4"));
        check("^0", Some("v0.2.0"));
        check("^0.0.1", None);
        check(">=1.0.0 <2", Some("v1.2.9"));
        check(">=1.0.0, <2.0.0", Some("v1.2.9"));
        check(">1", Some("v2.1"));
        check(">2", None);
        check(">*", Some("v2.1"));
        check("~0.0.0", Some("v2.1"));
        check(">1.2", Some("v2.1"));
        check("<=1", Some("v1.2.9"));
        check("<1", Some("v0.2.0"));
        check("!=2.x", Some("v1.2.9"));
        check("!=2.1", Some("v2.0.0"));
        check("0.1 - 1.2", Some("v1.2.9"));
        check("0.1.x || 1.0.x", Some("v1.0.0"));
        check("=1.2.0 || 9", Some("v1.2.0"));
    }

    #[test]
    fn prereleases_count_only_where_the_constraint_names_one() {
        check(">=1.2.0 <1.4", Some("v1.2.9"));
        check(">=1.2.0-0 <1.4", Some("v1.3.0-rc.1"));
        check(">=3.0.0-0", Some("v3.0.0-alpha"));
        check("~2.0.0-alpha", Some("v2.0.0"));
    }

    #[test]
    fn a_prefix_selects_tags_and_is_taken_off() {
        let constraint = Constraint::parse("1.*").unwrap();
        let tags = ["web/1.0.0", "web/1.4.0", "api/1.9.0", "1.8.0"];
        assert_eq!(constraint.highest(tags, "web/"), Some("web/1.4.0"));
        assert_eq!(constraint.highest(tags, ""), Some("1.8.0"));
    }

    #[test]
    fn names_and_plain_versions_are_not_constraints() {
        for text in ["main", "v1.2.3", "1.2", "release-1.x", "HEAD", "", "feature/a", ">=", "1.0.0 ||", "1.2.3.*", ">a"]
        {
            assert_eq!(Constraint::parse(text), None, "{text}");
        }
    }
}
