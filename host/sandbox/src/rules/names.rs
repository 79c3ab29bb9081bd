//! The names of what is measured: what containers can ask for, what quotas bound, what means something somewhere.

use crate::error::Cause;
use crate::rules::formats;
use crate::rules::spot::Spot;

/// Names without a prefix that a container can ask for.
const OF_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const OF_QUOTAS: [&str; 19] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];

/// The faults of a name as such.
pub(super) fn in_general(amount: &Spot<'_>, name: &str) -> Vec<Cause> {
    let invalid = |detail: &str| amount.invalid_as(name, detail);
    let causes: Vec<Cause> = formats::qualified(name).iter().map(|detail| invalid(detail)).collect();
    let means_something = name.contains('/') || name == "storage" || is_of_quotas(name);
    if causes.is_empty() && !means_something {
        return vec![invalid("must be a standard resource type or fully qualified")];
    }
    causes
}

pub(super) fn of_containers(amount: &Spot<'_>, name: &str) -> Vec<Cause> {
    let mut causes = in_general(amount, name);
    if name.contains('/') {
        if causes.is_empty() && !is_native(name) && name.starts_with("requests.") {
            causes.push(amount.invalid_as(name, "doesn't follow extended resource name standard"));
        }
    } else if !OF_CONTAINERS.contains(&name) && !is_huge_page(name) {
        causes.push(amount.invalid_as(name, "must be a standard resource for containers"));
    }
    causes
}

pub(super) fn of_quotas(amount: &Spot<'_>, name: &str) -> Vec<Cause> {
    let mut causes = in_general(amount, name);
    if !name.contains('/') && !is_of_quotas(name) {
        causes.push(amount.invalid_as(name, "must be a standard resource for quota"));
    }
    causes
}

pub(super) fn is_of_quotas(name: &str) -> bool {
    OF_QUOTAS.contains(&name) || is_huge_page(name.strip_prefix("requests.").unwrap_or(name))
}

/// Whether it is counted in pieces.
pub(super) fn is_whole(name: &str) -> bool {
    let is_plain =
        OF_QUOTAS.contains(&name) && ["cpu", "memory", "storage"].iter().all(|measured| !name.ends_with(measured));
    is_plain || !is_native(name) && !name.starts_with("requests.")
}

/// Whether more may be allowed than is asked for.
pub(super) fn is_shareable(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

pub(super) fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

pub(super) fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}
