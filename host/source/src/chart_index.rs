//! A Helm repository's `index.yaml`: which versions of which charts there are, and which one a request means.

use std::{collections::HashMap, fmt};

use serde::{Deserialize, Deserializer, de};

use crate::Constraint;

/// Versions that a message lists.
const SHOWN: usize = 5;

/// What of an index counts.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ChartIndex {
    #[serde(default)]
    entries: HashMap<String, Option<Vec<Option<Entry>>>>,
}

/// One packaged version of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Entry {
    #[serde(deserialize_with = "text")]
    pub(crate) version: String,
    /// Where the archive is; only the first is ever asked.
    pub(crate) urls: Vec<String>,
    /// SHA-256 of the archive; not every index has them.
    #[serde(deserialize_with = "text")]
    pub(crate) digest: String,
}

impl ChartIndex {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let index: Option<Self> = serde_yaml::from_slice(text).map_err(|error| error.to_string())?;
        Ok(index.unwrap_or_default())
    }

    /// The version that is meant: the one of that name, else the highest that satisfies the constraint. A plain
    /// version that is not there counts as a constraint too, so that `1.2` finds `1.2.9`. The error is a hint.
    pub(crate) fn choose(&self, chart: &str, wanted: &str) -> Result<&Entry, String> {
        let versions = self.entries.get(chart).and_then(Option::as_ref);
        let versions = versions.ok_or("the repository has no chart of this name")?;
        let versions: Vec<&Entry> = versions.iter().flatten().filter(|entry| !entry.urls.is_empty()).collect();
        let named = |name: &str| versions.iter().find(|entry| entry.version == name).copied();
        if let Some(entry) = named(wanted) {
            return Ok(entry);
        }
        let constraint = match wanted.trim() {
            "" => Constraint::parse("*"),
            wanted => Constraint::parse(wanted).or_else(|| Constraint::parse(&format!("={wanted}"))),
        };
        let constraint = constraint.ok_or("it is neither a version nor a constraint on versions")?;
        let highest = constraint.highest(versions.iter().map(|entry| entry.version.as_str()), "");
        highest.and_then(named).ok_or_else(|| available(&versions))
    }

    /// Whether a request names one version rather than a range of them.
    pub(crate) fn has(&self, chart: &str, version: &str) -> bool {
        self.choose(chart, version).is_ok_and(|entry| entry.version == version)
    }
}

fn available(versions: &[&Entry]) -> String {
    let names: Vec<&str> = versions.iter().take(SHOWN).map(|entry| entry.version.as_str()).collect();
    match names.is_empty() {
        true => "the repository has no version of it".to_owned(),
        false => format!("the repository has {} and {} more", names.join(", "), versions.len() - names.len()),
    }
}

/// Text that somebody may have written without quotes: `version: 1.0`.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Text;

    impl de::Visitor<'_> for Text {
        type Value = String;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_unit<E: de::Error>(self) -> Result<String, E> {
            Ok(String::new())
        }
    }

    deserializer.deserialize_any(Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "
apiVersion: v1
entries:
  web:
  - {version: 2.0.0-rc.1, urls: [web-2.0.0-rc.1.tgz]}
  - {version: v1.3.0, urls: [web-v1.3.0.tgz], digest: abc}
  - {version: 1.2.9+build, urls: [web-1.2.9.tgz]}
  - {version: 1.2.0, urls: [web-1.2.0.tgz]}
  - {version: 1.9.0, urls: []}
  -
  loose:
  - {version: 1.0, urls: [loose.tgz], digest: }
  empty: []
";

    #[track_caller]
    fn check(wanted: &str, expected: &str) {
        let index = ChartIndex::parse(INDEX.as_bytes()).unwrap();
        assert_eq!(index.choose("web", wanted).map(|entry| entry.version.as_str()), Ok(expected), "{wanted:?}");
    }

    #[test]
    fn a_version_is_found_by_name_or_by_constraint() {
        check("1.2.0", "1.2.0");
        check("1.3.0", "v1.3.0");
        check("1.2", "1.2.9+build");
        check("~1.2", "1.2.9+build");
        check("", "v1.3.0");
        check("*", "v1.3.0");
        check(">=2.0.0-0", "2.0.0-rc.1");
        check("2.0.0-rc.1", "2.0.0-rc.1");
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let index = ChartIndex::parse(INDEX.as_bytes()).unwrap();
        let hint = |chart: &str, wanted: &str| index.choose(chart, wanted).unwrap_err();
        assert!(hint("web", "3.x").contains("2.0.0-rc.1, v1.3.0"));
        assert!(hint("other", "").contains("no chart of this name"));
        assert!(hint("empty", "").contains("no version"));
        assert!(hint("web", "main").contains("neither"));
        assert_eq!(index.choose("loose", "").unwrap().version, "1");
    }

    #[test]
    fn an_index_that_is_none_is_refused_and_an_empty_one_has_nothing() {
        assert!(ChartIndex::parse(b"<html>").is_err());
        assert!(ChartIndex::parse(b"entries: [").is_err());
        assert_eq!(ChartIndex::parse(b""), Ok(ChartIndex::default()));
    }
}
