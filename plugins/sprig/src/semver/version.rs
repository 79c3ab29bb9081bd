//! Versions: a leading `v`, and minor and patch left out, are all right.

use std::cmp::Ordering;

use windlass_gotemplate::fmt::quote;

/// Longer texts are refused unread.
const MAX_LENGTH: usize = 256;

/// Compared by precedence; metadata and spelling do not count.
#[derive(Clone, Debug)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    pub prerelease: String,
    pub metadata: String,
    /// As it was written.
    pub original: String,
}

impl Version {
    /// # Errors
    /// Go's words for what is wrong.
    pub fn parse(text: &str) -> Result<Version, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("version string is too long (max {MAX_LENGTH} bytes)"));
        }
        let invalid = || "invalid semantic version".to_owned();
        let body = text.strip_prefix('v').unwrap_or(text);
        let (body, metadata) = split_part(body, '+').ok_or_else(invalid)?;
        let (numbers, prerelease) = split_part(body, '-').ok_or_else(invalid)?;
        let mut parsed = [0; 3];
        let segments: Vec<&str> = numbers.split('.').collect();
        if segments.len() > 3 || segments.iter().any(|segment| !is_number(segment)) {
            return Err(invalid());
        }
        for (number, segment) in parsed.iter_mut().zip(&segments) {
            *number = segment.parse().map_err(|_| {
                let text = quote(segment.as_bytes());
                format!("error parsing version segment: strconv.ParseUint: parsing {text}: value out of range")
            })?;
        }
        if prerelease.split('.').any(|part| is_number(part) && part.len() > 1 && part.starts_with('0')) {
            return Err("version segment starts with 0".to_owned());
        }
        let [major, minor, patch] = parsed;
        let (prerelease, metadata) = (prerelease.to_owned(), metadata.to_owned());
        Ok(Version { major, minor, patch, prerelease, metadata, original: text.to_owned() })
    }

    pub(super) fn numbers(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }

    pub fn increment(&self, part: Increment) -> Version {
        let mut next = Version { prerelease: String::new(), metadata: String::new(), ..self.clone() };
        match part {
            // A prerelease's patch is its release.
            Increment::Patch if !self.prerelease.is_empty() => {}
            Increment::Patch => next.patch = next.patch.saturating_add(1),
            Increment::Minor => (next.minor, next.patch) = (next.minor.saturating_add(1), 0),
            Increment::Major => (next.major, next.minor, next.patch) = (next.major.saturating_add(1), 0, 0),
        }
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        next.original = format!("{prefix}{next}");
        next
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Increment {
    Major,
    Minor,
    Patch,
}

/// What stands before and behind the separator; behind it only dotted words may stand.
fn split_part(text: &str, separator: char) -> Option<(&str, &str)> {
    let Some((head, tail)) = text.split_once(separator) else {
        return Some((text, ""));
    };
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    tail.split('.').all(is_word).then_some((head, tail))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers().cmp(&other.numbers()).then_with(|| compare_prereleases(&self.prerelease, &other.prerelease))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// A release is above its prereleases; numbers are below words; of equal beginnings the longer wins.
pub(super) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut lefts, mut rights) = (left.split('.'), right.split('.'));
    loop {
        match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => match compare_parts(left, right) {
                Ordering::Equal => {}
                order => return order,
            },
        }
    }
}

fn compare_parts(left: &str, right: &str) -> Ordering {
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}
