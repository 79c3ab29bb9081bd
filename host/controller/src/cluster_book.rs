//! Which clusters are registered, and which of them a destination means. Pure.

use windlass_cluster::{Access, Part};
use windlass_model::application::Destination;

use crate::cluster_secret::ClusterSecret;

/// The server URL under which Argo CD knows the cluster it runs in.
pub(crate) const IN_CLUSTER: &str = "https://kubernetes.default.svc";
const IN_CLUSTER_NAME: &str = "in-cluster";

/// The registered clusters, that of the control plane among them unless it is switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterBook {
    clusters: Vec<ClusterSecret>,
}

/// Why a destination leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCluster {
    #[error("Destination server missing from app spec")]
    Nothing,
    #[error("application destination can't have both name and server defined: {name} {server}")]
    Both { name: String, server: String },
    #[error("there are no clusters with this name: {name}")]
    NoName { name: String },
    #[error("error getting cluster by server \"{server}\": cluster \"{server}\" not found")]
    NoServer { server: String },
    #[error("there are {} clusters with the same name: [{}]", servers.len(), servers.join(" "))]
    Several { servers: Vec<String> },
}

impl ClusterBook {
    /// `in_cluster` is whether the control plane's own cluster may be deployed to.
    pub(crate) fn new(mut secrets: Vec<ClusterSecret>, in_cluster: bool) -> Self {
        if !in_cluster {
            secrets.retain(|secret| secret.server != IN_CLUSTER);
        } else if !secrets.iter().any(|secret| secret.server == IN_CLUSTER) {
            secrets.push(ClusterSecret {
                server: IN_CLUSTER.into(),
                name: IN_CLUSTER_NAME.into(),
                project: String::new(),
                part: Part::Whole,
                access: Ok(Access { server: IN_CLUSTER.into(), ..Access::default() }),
            });
        }
        secrets.sort_by(|one, other| one.server.cmp(&other.server));
        secrets.dedup_by(|later, first| later.server == first.server);
        Self { clusters: secrets }
    }

    pub(crate) fn all(&self) -> &[ClusterSecret] {
        &self.clusters
    }

    /// The cluster that a destination names, by URL or by name.
    pub(crate) fn find(&self, destination: &Destination) -> Result<&ClusterSecret, NoCluster> {
        let Destination { server, name, .. } = destination;
        let wanted = server.trim_end_matches('/');
        let found: Vec<&ClusterSecret> = match (server.as_str(), name.as_str()) {
            ("", "") => return Err(NoCluster::Nothing),
            (_, "") => self.clusters.iter().filter(|known| known.server == wanted).collect(),
            ("", _) => self.clusters.iter().filter(|known| known.name == *name).collect(),
            _ => return Err(NoCluster::Both { name: name.clone(), server: server.clone() }),
        };
        match found.as_slice() {
            [one] => Ok(one),
            [] if server.is_empty() => Err(NoCluster::NoName { name: name.clone() }),
            [] => Err(NoCluster::NoServer { server: server.clone() }),
            several => Err(NoCluster::Several { servers: several.iter().map(|known| known.server.clone()).collect() }),
        }
    }
}

impl ClusterSecret {
    /// Whether this is the control plane's own cluster, reached as the control plane is.
    pub(crate) fn is_home(&self) -> bool {
        let bare = Access { server: IN_CLUSTER.into(), ..Access::default() };
        self.server == IN_CLUSTER && self.access.as_ref().is_ok_and(|access| *access == bare)
    }

    /// A destination that leads here, with server and name filled in.
    pub(crate) fn destination(&self, namespace: &str) -> Destination {
        Destination { server: self.server.clone(), name: self.name.clone(), namespace: namespace.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn secret(server: &str, name: &str) -> ClusterSecret {
        let fields = [("server", server), ("name", name)];
        let data: BTreeMap<_, _> = fields.iter().map(|(key, text)| ((*key).into(), text.as_bytes().to_vec())).collect();
        ClusterSecret::parse(&data).unwrap()
    }

    fn at(server: &str, name: &str) -> Destination {
        Destination { server: server.into(), name: name.into(), ..Destination::default() }
    }

    #[test]
    fn a_cluster_is_found_by_url_or_by_name() {
        let book = ClusterBook::new(vec![secret("https://prod", "prod")], true);
        assert_eq!(book.find(&at("https://prod/", "")).unwrap().name, "prod");
        assert_eq!(book.find(&at("", "prod")).unwrap().server, "https://prod");
        assert!(book.find(&at("", "in-cluster")).unwrap().is_home());
        assert!(matches!(book.find(&at("https://prod", "prod")), Err(NoCluster::Both { .. })));
        assert_eq!(book.find(&at("", "")), Err(NoCluster::Nothing));
    }

    #[test]
    fn a_name_that_two_clusters_share_is_no_destination() {
        let book = ClusterBook::new(vec![secret("https://a", "twin"), secret("https://b", "twin")], true);
        let message = book.find(&at("", "twin")).unwrap_err().to_string();
        assert_eq!(message, "there are 2 clusters with the same name: [https://a https://b]");
    }

    #[test]
    fn the_own_cluster_can_be_renamed_and_switched_off() {
        let renamed = ClusterBook::new(vec![secret(IN_CLUSTER, "hub")], true);
        assert!(renamed.find(&at("", "hub")).unwrap().is_home());
        assert!(renamed.find(&at("", "in-cluster")).is_err());
        assert!(ClusterBook::new(Vec::new(), false).find(&at(IN_CLUSTER, "")).is_err());
    }
}
