//! Who the controller is, and what it may do. `check --pre` asks for the same.

use serde_json::{Value, json};

use super::Installation;

const NAME: &str = "windlass-controller";

/// It deploys whatever Git says, so it may do everything; projects say what an application may do.
pub fn all(installation: &Installation) -> Vec<Value> {
    let name = json!({ "name": NAME, "labels": { "app.kubernetes.io/part-of": "argocd" } });
    vec![
        json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {
                "name": NAME, "namespace": installation.namespace,
                "labels": { "app.kubernetes.io/part-of": "argocd" },
            },
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": name,
            "rules": [
                { "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] },
                { "nonResourceURLs": ["*"], "verbs": ["*"] },
            ],
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": name,
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME },
            "subjects": [{ "kind": "ServiceAccount", "name": NAME, "namespace": installation.namespace }],
        }),
    ]
}

/// One right that is asked about.
pub struct Right {
    pub group: &'static str,
    pub resource: &'static str,
    pub verb: &'static str,
    /// In the control plane's namespace; else in the whole cluster.
    pub in_namespace: bool,
    /// What does not work without it.
    pub without: &'static str,
}

const fn right(group: &'static str, resource: &'static str, verb: &'static str, without: &'static str) -> Right {
    Right { group, resource, verb, in_namespace: true, without }
}

/// What a controller cannot do without, besides the objects that applications bring.
pub const NEEDED: &[Right] = &[
    right("argoproj.io", "applications", "watch", "no Application is seen"),
    right("argoproj.io", "applications", "patch", "no status is written"),
    right("argoproj.io", "appprojects", "watch", "no project is known, so nothing is permitted"),
    right("", "configmaps", "watch", "argocd-cm is not read"),
    right("", "secrets", "watch", "repositories and clusters are not known"),
    right("", "events", "create", "nobody is told what was left behind"),
    right("coordination.k8s.io", "leases", "create", "the controller never starts to act"),
    right("coordination.k8s.io", "leases", "update", "the controller loses its Lease"),
    Right {
        group: "*",
        resource: "*",
        verb: "*",
        in_namespace: false,
        without: "applications can deploy only what other rights allow",
    },
];
