//! The schemas of Kubernetes' own kinds: what its server tells, packed by `tests/realcluster/servers/openapi`.
//!
//! `schemas.gz` holds texts of Kubernetes 1.37.2, which is Copyright The Kubernetes Authors and licensed under the
//! Apache License 2.0. It is inflated when the first document is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::LazyLock;

static PACKED: &[u8] = include_bytes!("schemas.gz");

/// The text of each schema by its name.
static SCHEMAS: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut text = String::new();
    // The tests read them back: a fault in them cannot reach a release.
    flate2::read::GzDecoder::new(PACKED).read_to_string(&mut text).unwrap_or_default();
    text.leak().lines().filter_map(|line| line.split_once('\t')).collect()
});

const REFERENCE: &str = r##""$ref":"#/components/schemas/"##;

/// Schemas by name.
pub type Chosen = BTreeMap<&'static str, &'static str>;

/// All schemas, by name.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCHEMAS.iter().map(|(name, schema)| (*name, *schema))
}

/// The schema of this name.
pub fn named(name: &str) -> Option<&'static str> {
    SCHEMAS.get(name).copied()
}

/// The schemas of the kinds of this group and version, and those that they refer to.
pub fn of_version(group: &str, version: &str) -> Chosen {
    let (start, end) = (format!(r#"{{"group":"{group}","kind":""#), format!(r#"","version":"{version}"}}"#));
    let is_of = |schema: &str| {
        schema.match_indices(&start).any(|(at, _)| {
            let rest = &schema[at + start.len()..];
            rest.find('"').is_some_and(|kind| rest[kind..].starts_with(&end))
        })
    };
    let roots = SCHEMAS.iter().filter(|(_, schema)| is_of(schema)).map(|(name, _)| *name);
    with_references(roots.collect())
}

/// These schemas, and those that they refer to.
pub fn with_references(roots: BTreeSet<&'static str>) -> Chosen {
    let mut chosen = Chosen::new();
    let mut open: Vec<&str> = roots.into_iter().collect();
    while let Some(name) = open.pop() {
        let Some((name, schema)) = SCHEMAS.get_key_value(name).filter(|(name, _)| !chosen.contains_key(*name)) else {
            continue;
        };
        chosen.insert(*name, *schema);
        open.extend(references(schema));
    }
    chosen
}

fn references(schema: &str) -> impl Iterator<Item = &str> {
    schema.match_indices(REFERENCE).filter_map(|(at, _)| schema[at + REFERENCE.len()..].split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        for (name, schema) in SCHEMAS.iter() {
            serde_json::from_str::<serde_json::Value>(schema).unwrap();
            for reference in references(schema) {
                assert!(named(reference).is_some(), "{name} refers to {reference}");
            }
        }
    }

    #[test]
    fn a_version_has_its_kinds_and_what_they_are_made_of() {
        let apps = of_version("apps", "v1");
        assert!(apps.contains_key("io.k8s.api.apps.v1.Deployment"));
        assert!(apps.contains_key("io.k8s.api.core.v1.PodSpec"));
        assert!(!apps.contains_key("io.k8s.api.batch.v1.Job"));
    }
}
