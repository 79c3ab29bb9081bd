//! The order in which kustomize prints resources.

use std::cmp::Ordering;

use crate::error::{Error, Result};
use crate::id::{Gvk, ResId, or};
use crate::resource::Resource;

/// `sortOptions` of the top kustomization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SortOptions {
    pub(crate) order: String,
    pub(crate) legacy: Option<KindOrder>,
}

/// Kinds that come first and last, each in this order; all others stand between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KindOrder {
    pub(crate) first: Vec<String>,
    pub(crate) last: Vec<String>,
}

/// Source: kustomize's legacy order, so that what others need is created before them.
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

impl Default for Order {
    fn default() -> Self {
        let owned = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
        Self::Kinds(KindOrder { first: owned(&FIRST), last: owned(&LAST) })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// As the files name them.
    Input,
    Kinds(KindOrder),
}

impl SortOptions {
    pub(crate) fn order(&self) -> Result<Order> {
        match (self.order.as_str(), &self.legacy) {
            ("fifo", None) => Ok(Order::Input),
            ("legacy", None) => Ok(Order::default()),
            ("legacy", Some(kinds)) => Ok(Order::Kinds(kinds.clone())),
            ("fifo", Some(_)) => {
                Err(Error::invalid("legacySortOptions is set but the selected order is 'fifo', not 'legacy'")
                    .in_field("sortOptions.legacySortOptions"))
            }
            _ => Err(Error::invalid("must be one of [fifo, legacy]").in_field("sortOptions.order")),
        }
    }
}

pub(crate) fn sort(resources: &mut [Resource], order: &Order) {
    if let Order::Kinds(kinds) = order {
        resources.sort_by_cached_key(|resource| SortKey::new(&resource.id(), kinds));
    }
}

#[derive(PartialEq, Eq)]
struct SortKey {
    rank: i64,
    is_core_namespace: bool,
    gvk: String,
    id: String,
}

impl SortKey {
    fn new(id: &ResId, kinds: &KindOrder) -> Self {
        let identity = format!("{}|{}|{}", id.gvk, or(&id.namespace, "~X"), or(&id.name, "~N"));
        Self {
            rank: rank(&id.gvk.kind, kinds),
            is_core_namespace: id.gvk.kind == "Namespace" && id.gvk.group.is_empty(),
            gvk: sort_texts(&id.gvk).concat(),
            id: identity,
        }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        // A Namespace of the core group precedes kinds of other groups that are called so too.
        let by_kind = self.rank.cmp(&other.rank).then(other.is_core_namespace.cmp(&self.is_core_namespace));
        by_kind.then_with(|| self.gvk.cmp(&other.gvk)).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn rank(kind: &str, kinds: &KindOrder) -> i64 {
    let position = |list: &[String]| list.iter().rposition(|name| name == kind).map(|at| at as i64);
    match (position(&kinds.last), position(&kinds.first)) {
        (Some(at), _) => at + 1,
        (None, Some(at)) => at - kinds.first.len() as i64,
        (None, None) => 0,
    }
}

/// Group, version and kind as the pieces of one text; empty parts sort behind all others.
fn sort_texts(gvk: &Gvk) -> [&str; 5] {
    [or(&gvk.group, "~G"), "_", or(&gvk.version, "~V"), "_", or(&gvk.kind, "~K")]
}

/// Orders field specifications as kustomize does when it merges configurations.
pub(crate) fn compare_gvk(left: &Gvk, right: &Gvk) -> Ordering {
    let fixed = |kind: &str| -> i64 {
        let position = |list: &[&str]| list.iter().position(|name| *name == kind).map(|at| at as i64);
        position(&LAST).map(|at| at + 1).or(position(&FIRST).map(|at| at - FIRST.len() as i64)).unwrap_or(0)
    };
    let text = |gvk| sort_texts(gvk).into_iter().flat_map(str::bytes);
    fixed(&left.kind).cmp(&fixed(&right.kind)).then_with(|| text(left).cmp(text(right)))
}
