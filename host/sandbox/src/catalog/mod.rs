//! What the server serves: built-in resources and those that CRDs add.
//!
//! A catalog is an immutable snapshot; a change of a CRD makes a new one.

mod aggregated;
mod builtin;
mod discovery;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::crd::CustomVersion;
use crate::store::ShelfId;

pub use aggregated::aggregated_groups;
pub use builtin::priorities;
pub use discovery::{RELEASE, core_versions, group, groups, resources, server_version};

/// One resource in one version.
#[derive(Clone, Debug)]
pub struct Resource {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
    pub subresources: Vec<String>,
    pub scale: Option<Scale>,
    pub shelf: ShelfId,
    /// The version in which objects rest.
    pub storage_version: String,
    /// What the CRD says; `None` for built-in resources.
    pub custom: Option<Arc<CustomVersion>>,
    /// Reviews: they can be created, and are answered, but not stored.
    pub creatable_only: bool,
}

/// Where the scale subresource finds its numbers: dotted paths without the leading dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    pub spec_replicas: String,
    pub status_replicas: String,
    pub selector: Option<String>,
}

impl Scale {
    fn standard() -> Self {
        Scale {
            spec_replicas: "spec.replicas".into(),
            status_replicas: "status.replicas".into(),
            selector: Some("spec.selector".into()),
        }
    }
}

impl Resource {
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    pub fn storage_api_version(&self) -> String {
        api_version(&self.group, &self.storage_version)
    }

    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|entry| entry == subresource)
    }

    pub fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    /// What whoever uses it is told, if it is to be used no more.
    pub fn deprecation(&self) -> Option<String> {
        match (self.group.as_str(), self.plural.as_str()) {
            ("", "endpoints") => {
                Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into())
            }
            ("", "componentstatuses") => Some("v1 ComponentStatus is deprecated in v1.19+".into()),
            _ => self.custom.as_ref().and_then(|custom| custom.deprecation.clone()),
        }
    }

    pub fn is_custom(&self) -> bool {
        self.custom.is_some()
    }
}

pub fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.into() } else { format!("{group}/{version}") }
}

/// Splits `apps/v1` and `v1`.
pub fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The shelf of a resource. Events are one resource under two groups.
pub fn shelf_of(group: &str, plural: &str) -> ShelfId {
    match (group, plural) {
        ("events.k8s.io", "events") => ShelfId::new("", "events"),
        _ => ShelfId::new(group, plural),
    }
}

/// The versions of a group, preferred first, each with its resources in discovery order.
pub type Versions = Vec<(String, Vec<Arc<Resource>>)>;

#[derive(Debug, Default)]
pub struct Catalog {
    /// Groups in discovery order.
    groups: Vec<(String, Versions)>,
    index: BTreeMap<(String, String, String), Arc<Resource>>,
    /// Groups and versions that a Service would serve, had it a process behind it.
    away: BTreeSet<(String, String)>,
    /// The document of OpenAPI v2 once somebody has asked for it; a megabyte, and the same as long as the catalog.
    openapi_v2: OnceLock<Bytes>,
}

impl Catalog {
    pub fn builtin() -> Self {
        let mut catalog = Catalog::default();
        builtin::ROWS.iter().flat_map(builtin::Row::resources).for_each(|resource| catalog.add(resource));
        catalog
    }

    /// The built-in resources and these; a custom group's versions are put in order of preference.
    pub fn with_custom(custom: impl IntoIterator<Item = Resource>) -> Self {
        let mut catalog = Self::builtin();
        let fixed = catalog.groups.len();
        custom.into_iter().for_each(|resource| catalog.add(resource));
        for (_, versions) in &mut catalog.groups[fixed..] {
            versions.sort_by(|first, second| crate::crd::version_order(&first.0, &second.0));
        }
        catalog.groups[fixed..].sort_by(|first, second| first.0.cmp(&second.0));
        catalog
    }

    /// The same, where some groups and versions are left to Services that do not answer.
    pub fn without(mut self, away: impl IntoIterator<Item = (String, String)>) -> Self {
        for (group, version) in away {
            let at = self.group_place(&group);
            let versions = &mut self.groups[at].1;
            match versions.iter_mut().find(|(name, _)| *name == version) {
                Some((_, resources)) => resources.clear(),
                None => versions.push((version.clone(), Vec::new())),
            }
            self.away.insert((group, version));
        }
        self
    }

    /// Whether anything is left to Services.
    pub fn leaves_any(&self) -> bool {
        !self.away.is_empty()
    }

    pub fn is_away(&self, group: &str, version: &str) -> bool {
        self.away.iter().any(|(away, of)| away == group && of == version)
    }

    fn add(&mut self, resource: Resource) {
        let resource = Arc::new(resource);
        let key = (resource.group.clone(), resource.version.clone(), resource.plural.clone());
        self.index.insert(key, resource.clone());
        let at = self.group_place(&resource.group);
        let versions = &mut self.groups[at].1;
        match versions.iter_mut().find(|(version, _)| *version == resource.version) {
            Some((_, resources)) => resources.push(resource),
            None => versions.push((resource.version.clone(), vec![resource])),
        }
    }

    fn group_place(&mut self, name: &str) -> usize {
        self.groups.iter().position(|(group, _)| group == name).unwrap_or_else(|| {
            self.groups.push((name.to_owned(), Vec::new()));
            self.groups.len() - 1
        })
    }

    /// The document of OpenAPI v2, made the first time.
    pub fn openapi_v2(&self, make: impl FnOnce(&Self) -> Vec<u8>) -> Bytes {
        self.openapi_v2.get_or_init(|| make(self).into()).clone()
    }

    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.index.get(&(group.to_owned(), version.to_owned(), plural.to_owned()))
    }

    pub fn find_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.index.values().find(|entry| entry.group == group && entry.version == version && entry.kind == kind)
    }

    /// Any version of the resource that keeps its objects on this shelf.
    pub fn of_shelf(&self, shelf: &ShelfId) -> Option<&Arc<Resource>> {
        self.index.values().find(|entry| entry.shelf == *shelf && entry.version == entry.storage_version)
    }

    pub fn groups(&self) -> &[(String, Versions)] {
        &self.groups
    }

    /// Whether a group is there for definitions only.
    pub fn is_custom(&self, group: &str) -> bool {
        let mut resources = self.group(group).into_iter().flatten().flat_map(|(_, resources)| resources).peekable();
        resources.peek().is_some() && resources.all(|resource| resource.is_custom())
    }

    pub fn group(&self, name: &str) -> Option<&Versions> {
        self.groups.iter().find(|(group, _)| group == name).map(|(_, versions)| versions)
    }
}
