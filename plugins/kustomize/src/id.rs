//! What names a resource: group, version, kind, name and namespace.

use std::fmt;

/// Group, version and kind. An empty part of a selector or field specification matches anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gvk {
    pub group: String,
    pub version: String,
    pub kind: String,
}

impl Gvk {
    pub(crate) fn new(group: &str, version: &str, kind: &str) -> Self {
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    pub(crate) fn of(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self::new(group, version, kind)
    }

    /// Whether it selects objects of these: every part that it names is equal.
    pub(crate) fn selects(&self, api_version: &str, kind: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let fits = |wanted: &str, part: &str| wanted.is_empty() || part == wanted;
        fits(&self.kind, kind) && fits(&self.group, group) && fits(&self.version, version)
    }

    /// Whether every part the selector names is equal.
    pub(crate) fn is_selected_by(&self, selector: &Gvk) -> bool {
        let fits = |part: &str, wanted: &str| wanted.is_empty() || part == wanted;
        fits(&self.group, &selector.group) && fits(&self.version, &selector.version) && fits(&self.kind, &selector.kind)
    }
}

/// The namespace that stands for "none" where namespaces are compared.
const CLUSTER: &str = "_non_namespaceable_";
const DEFAULT: &str = "default";

/// A resource's identity, now or at an earlier point of the build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResId {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) cluster_scoped: bool,
}

impl ResId {
    /// The namespace that counts in comparisons: none and `default` are one, cluster-scoped kinds are in none.
    pub(crate) fn effective_namespace(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.cluster_scoped => CLUSTER,
            "" => DEFAULT,
            namespace => namespace,
        }
    }

    pub(crate) fn has_same_namespace(&self, other: &Self) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// Same object, namespace aside.
    pub(crate) fn has_same_kind_and_name(&self, other: &Self) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }

    pub(crate) fn is_same_object(&self, other: &Self) -> bool {
        self.has_same_kind_and_name(other) && self.has_same_namespace(other)
    }

    /// Whether every part the selector names is equal.
    pub(crate) fn is_selected_by(&self, selector: &Self) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.has_same_namespace(self))
            && self.gvk.is_selected_by(&selector.gvk)
    }

    pub(crate) fn is_in_cluster_namespace(&self) -> bool {
        self.effective_namespace() == CLUSTER
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", or(&self.kind, "[noKind]"), or(&self.version, "[noVer]"), or(&self.group, "[noGrp]"))
    }
}

impl fmt::Display for ResId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}.{}", self.gvk, or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}

/// The text, or what stands for an empty one.
pub(crate) fn or<'a>(text: &'a str, absent: &'a str) -> &'a str {
    if text.is_empty() { absent } else { text }
}
