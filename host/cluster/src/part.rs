//! What of a cluster is watched and managed.

use crate::Kind;

/// All of a cluster, or some of its namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    Whole,
    Namespaces {
        namespaces: Vec<String>,
        /// Whether objects outside namespaces belong to it.
        cluster_resources: bool,
    },
}

impl Part {
    /// The namespaces in which a kind is watched; one empty name stands for the whole cluster.
    pub(crate) fn places(&self, kind: &Kind) -> Vec<String> {
        match self {
            Self::Namespaces { namespaces, .. } if kind.namespaced => namespaces.clone(),
            Self::Namespaces { cluster_resources: false, .. } => Vec::new(),
            Self::Whole | Self::Namespaces { .. } => vec![String::new()],
        }
    }

    /// Whether an object belongs to the part; `namespace` is empty for one outside namespaces.
    pub fn holds(&self, namespace: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Namespaces { cluster_resources, .. } if namespace.is_empty() => *cluster_resources,
            Self::Namespaces { namespaces, .. } => namespaces.iter().any(|name| name == namespace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_holds_its_namespaces_and_what_is_outside_only_when_asked() {
        let part = |cluster_resources| Part::Namespaces { namespaces: vec!["web".into()], cluster_resources };
        assert!(Part::Whole.holds("") && Part::Whole.holds("any"));
        assert!(part(false).holds("web") && !part(false).holds("other") && !part(false).holds(""));
        assert!(part(true).holds(""));
    }
}
