//! Columns of accounts, roles, bindings and webhooks.

use serde_json::Value;

use super::cells::View;
use super::{AGE, Column, NAME, column};

pub(super) fn columns(key: (&str, &str)) -> Option<&'static [Column]> {
    Some(match key {
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => ROLES,
        ("rbac.authorization.k8s.io", _) => BINDINGS,
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations" | "mutatingwebhookconfigurations") => {
            WEBHOOKS
        }
        _ => return None,
    })
}

const ROLES: &[Column] = &[NAME, column("Created At", |role| role.text("metadata.creationTimestamp").into()).date()];

const BINDINGS: &[Column] = &[
    NAME,
    column("Role", |binding| format!("{}/{}", binding.text("roleRef.kind"), binding.text("roleRef.name")).into()),
    AGE,
    column("Users", |binding| subjects(binding, "User")).wide(),
    column("Groups", |binding| subjects(binding, "Group")).wide(),
    column("ServiceAccounts", |binding| subjects(binding, "ServiceAccount")).wide(),
];

fn subjects(binding: &View<'_>, kind: &str) -> Value {
    let chosen = binding.list("subjects").iter().filter(|subject| subject["kind"] == kind);
    let text = |subject: &Value, key: &str| subject[key].as_str().unwrap_or_default().to_owned();
    let names = chosen.map(|subject| match kind {
        "ServiceAccount" => format!("{}/{}", text(subject, "namespace"), text(subject, "name")),
        _ => text(subject, "name"),
    });
    names.collect::<Vec<_>>().join(", ").into()
}

const WEBHOOKS: &[Column] = &[NAME, column("Webhooks", |object| object.list("webhooks").len().into()).integer(), AGE];
