//! The order in which Kubernetes prefers API versions: v2, v1, v2beta1, v1beta2, v1alpha1, then the rest by name.

use std::cmp::Ordering;

/// Orders preferred versions first.
pub fn version_order(first: &str, second: &str) -> Ordering {
    match (Parsed::read(first), Parsed::read(second)) {
        (Some(one), Some(two)) => two.cmp(&one),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => first.cmp(second),
    }
}

/// Ordered so that the greatest is preferred.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Parsed {
    stability: Stability,
    major: u64,
    minor: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stability {
    Alpha,
    Beta,
    General,
}

impl Parsed {
    fn read(version: &str) -> Option<Self> {
        let rest = version.strip_prefix('v')?;
        let parse = |text: &str| text.parse::<u64>().ok();
        for (word, stability) in [("alpha", Stability::Alpha), ("beta", Stability::Beta)] {
            if let Some((major, minor)) = rest.split_once(word) {
                return Some(Parsed { stability, major: parse(major)?, minor: parse(minor)? });
            }
        }
        Some(Parsed { stability: Stability::General, major: parse(rest)?, minor: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::version_order;

    #[test]
    fn general_versions_come_before_beta_before_alpha_before_free_names() {
        let mut versions = ["foo1", "v1alpha1", "v1", "v12beta1", "v10", "v2beta1", "v2", "foo10"];
        versions.sort_by(|first, second| version_order(first, second));
        assert_eq!(versions, ["v10", "v2", "v1", "v12beta1", "v2beta1", "v1alpha1", "foo1", "foo10"]);
    }
}
