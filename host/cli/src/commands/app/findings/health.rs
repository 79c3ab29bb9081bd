//! What is not healthy, down to what stands behind it.

use windlass_model::{Health, HealthStatus, ObjectKey};
use windlass_pipeline::TreeNode;

use super::{Finding, Subject};

/// A resource that is not healthy, with what stands behind it and is not healthy either.
pub fn of_tree(tree: &TreeNode) -> Option<Finding> {
    let health = tree.health.as_ref().filter(|health| health.status != HealthStatus::Healthy)?;
    let mut finding = Finding::new(Subject::Health, ill(&tree.key, health), "");
    collect_ill(tree, &mut finding.facts);
    finding.remedy = match health.status {
        HealthStatus::Progressing => "wait; if it does not get further, look at what stands behind it".into(),
        HealthStatus::Suspended => "it is paused on purpose: resume it".into(),
        _ => format!("kubectl describe {} {}{}", kind_for_kubectl(&tree.key), in_namespace(&tree.key), tree.key.name),
    };
    Some(finding)
}

fn collect_ill(tree: &TreeNode, facts: &mut Vec<String>) {
    for child in &tree.children {
        if let Some(health) = child.health.as_ref().filter(|health| health.status != HealthStatus::Healthy) {
            facts.push(format!("behind it: {}", ill(&child.key, health)));
        }
        collect_ill(child, facts);
    }
}

fn ill(key: &ObjectKey, health: &Health) -> String {
    let message = if health.message.is_empty() { String::new() } else { format!(": {}", health.message) };
    format!("{key} is {}{message}", health.status.as_str())
}

fn kind_for_kubectl(key: &ObjectKey) -> String {
    key.kind.to_string().to_lowercase()
}

fn in_namespace(key: &ObjectKey) -> String {
    if key.namespace.is_empty() { String::new() } else { format!("-n {} ", key.namespace) }
}
