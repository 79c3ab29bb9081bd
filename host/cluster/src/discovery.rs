//! The kinds that a cluster serves.

mod ask;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use kube::Client;
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
    fn is_of(&self, version: &GroupVersion) -> bool {
        self.group == version.group && self.version == version.version
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

/// A version of a group, as `apps/v1` or `v1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupVersion {
    group: String,
    version: String,
}

impl GroupVersion {
    fn core(version: &str) -> Self {
        Self { group: String::new(), version: version.to_owned() }
    }
}

impl fmt::Display for GroupVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() { f.write_str(&self.version) } else { write!(f, "{}/{}", self.group, self.version) }
    }
}

/// All kinds of a cluster, by group and kind; versions in the server's order of preference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    kinds: HashMap<GroupKind, Vec<Kind>>,
    api_versions: Arc<[String]>,
    /// What the server could not tell of, with the reason: its kinds are not gone, and cannot be seen.
    hidden: BTreeMap<GroupVersion, String>,
}

impl Kinds {
    /// Asks the cluster. Of what it cannot tell now, what was known before stays known.
    pub(crate) async fn discover(client: &Client, before: &Self) -> Result<Self, Error> {
        let found = ask::ask(client).await?;
        let hidden: BTreeMap<GroupVersion, String> = found.hidden.into_iter().collect();
        let is_hidden = |kind: &&Kind| hidden.keys().any(|version| kind.is_of(version));
        let kept: Vec<Kind> = before.kinds.values().flatten().filter(is_hidden).cloned().collect();
        let mut kinds = Self { hidden, ..Self::default() };
        found.kinds.into_iter().chain(kept).for_each(|kind| kinds.add(kind));
        kinds.api_versions = kinds.names().into_iter().collect();
        Ok(kinds)
    }

    fn add(&mut self, kind: Kind) {
        let served = self.kinds.entry(kind.group_kind()).or_default();
        if served.iter().any(|known| known.version == kind.version) {
            return;
        }
        served.push(kind);
    }

    fn names(&self) -> BTreeSet<String> {
        let both = |kind: &Kind| [kind.api_version(), format!("{}/{}", kind.api_version(), kind.kind)];
        self.kinds.values().flatten().flat_map(both).collect()
    }

    /// Whether the server could not tell of everything.
    pub(crate) fn are_incomplete(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Why nobody knows what there is of a kind: the server could not tell of its version, or of a version of its
    /// group that may have it.
    pub(crate) fn hides(&self, kind: &GroupKind) -> Option<&str> {
        let known = self.preferred(kind);
        let concerns = |version: &GroupVersion| match known {
            Some(known) => known.is_of(version),
            None => *version.group == *kind.group,
        };
        self.hidden.iter().find(|(version, _)| concerns(version)).map(|(_, reason)| reason.as_str())
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
    pub fn api_versions(&self) -> &Arc<[String]> {
        &self.api_versions
    }
}
