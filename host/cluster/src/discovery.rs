//! The kinds that a cluster serves.

use std::collections::HashMap;

use kube::{
    Client,
    discovery::{ApiCapabilities, ApiResource, Discovery, Scope as ApiScope, verbs},
};
use windlass_model::{GroupKind, key::split_api_version};

use crate::Error;

/// One served kind in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub namespaced: bool,
    /// Whether it can be listed and watched.
    pub watchable: bool,
}

impl Kind {
    fn new(resource: &ApiResource, capabilities: &ApiCapabilities) -> Self {
        Self {
            group: resource.group.clone(),
            version: resource.version.clone(),
            kind: resource.kind.clone(),
            plural: resource.plural.clone(),
            namespaced: capabilities.scope == ApiScope::Namespaced,
            watchable: capabilities.supports_operation(verbs::LIST) && capabilities.supports_operation(verbs::WATCH),
        }
    }

    pub fn group_kind(&self) -> GroupKind {
        GroupKind::new(&self.group, &self.kind)
    }

    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The URL path of an object, of a collection when `name` is empty.
    pub fn path(&self, namespace: &str, name: &str) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if self.namespaced && !namespace.is_empty() {
            path.push_str(&format!("/namespaces/{}", escaped(namespace)));
        }
        path.push_str(&format!("/{}", self.plural));
        if !name.is_empty() {
            path.push_str(&format!("/{}", escaped(name)));
        }
        path
    }
}

/// Keeps a name inside its path segment. Valid names need no escaping but `:` of RBAC, which may stand.
fn escaped(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => (byte as char).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// All kinds of a cluster, by group and kind; versions in the server's order of preference.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    kinds: HashMap<GroupKind, Vec<Kind>>,
    api_versions: Vec<String>,
}

impl Kinds {
    /// Asks the cluster. Two requests where aggregated discovery is served, one for each group where not.
    pub(crate) async fn discover(client: &Client) -> Result<Self, Error> {
        let discovery = match Discovery::new(client.clone()).run_aggregated().await {
            Ok(discovery) => discovery,
            Err(_) => Discovery::new(client.clone()).run().await?,
        };
        let mut kinds: HashMap<GroupKind, Vec<Kind>> = HashMap::new();
        let mut api_versions = Vec::new();
        for group in discovery.groups() {
            for version in group.versions() {
                for (resource, capabilities) in group.versioned_resources(version) {
                    let kind = Kind::new(&resource, &capabilities);
                    api_versions.push(kind.api_version());
                    api_versions.push(format!("{}/{}", kind.api_version(), kind.kind));
                    kinds.entry(kind.group_kind()).or_default().push(kind);
                }
            }
        }
        api_versions.sort();
        api_versions.dedup();
        Ok(Self { kinds, api_versions })
    }

    /// The kind in the version that an object names, if the cluster serves it.
    pub fn find(&self, api_version: &str, kind: &str) -> Option<&Kind> {
        let (group, version) = split_api_version(api_version);
        self.kinds.get(&GroupKind::new(group, kind))?.iter().find(|served| served.version == version)
    }

    /// The kind in its preferred version.
    pub fn preferred(&self, kind: &GroupKind) -> Option<&Kind> {
        self.kinds.get(kind)?.first()
    }

    /// Whether objects of a kind live in namespaces; `None` when the kind is unknown.
    pub fn is_namespaced(&self, kind: &GroupKind) -> Option<bool> {
        self.preferred(kind).map(|kind| kind.namespaced)
    }

    /// Every kind in its preferred version.
    pub fn all_preferred(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values().filter_map(|versions| versions.first())
    }

    /// `apps/v1` and `apps/v1/Deployment` forms, sorted: what charts ask for as API versions.
    pub fn api_versions(&self) -> &[String] {
        &self.api_versions
    }
}
