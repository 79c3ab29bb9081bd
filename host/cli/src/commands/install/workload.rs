//! The Deployment of the controller, and what stands around it.

use serde_json::{Value, json};

use super::Installation;

pub const METRICS_PORT: u16 = 8082;
const NAME: &str = "windlass-controller";

/// Labels of all that is installed. `part-of` is what policies and backups written for Argo CD select by.
fn labels(name: &str) -> Value {
    json!({
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": "application-controller",
        "app.kubernetes.io/part-of": "argocd",
    })
}

fn selector() -> Value {
    json!({ "app.kubernetes.io/name": NAME })
}

pub fn all(installation: &Installation) -> Vec<Value> {
    vec![deployment(installation), service(installation), disruption_budget(installation), network_policy(installation)]
}

fn metadata(installation: &Installation, name: &str, labelled: &str) -> Value {
    json!({ "name": name, "namespace": installation.namespace, "labels": labels(labelled) })
}

fn deployment(installation: &Installation) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": metadata(installation, NAME, NAME),
        "spec": {
            "replicas": installation.replicas,
            "selector": { "matchLabels": selector() },
            "template": {
                "metadata": { "labels": labels(NAME) },
                "spec": {
                    "serviceAccountName": NAME,
                    "securityContext": { "runAsNonRoot": true, "runAsUser": 999, "seccompProfile": { "type": "RuntimeDefault" } },
                    "terminationGracePeriodSeconds": 30,
                    "containers": [container(installation)],
                    "volumes": [{ "name": "cache", "emptyDir": {} }, { "name": "tmp", "emptyDir": {} }],
                },
            },
        },
    })
}

fn container(installation: &Installation) -> Value {
    let probe = |path: &str| json!({ "httpGet": { "path": path, "port": "metrics" }, "periodSeconds": 10 });
    json!({
        "name": "controller",
        "image": installation.image,
        "args": [
            "controller", "--namespace", installation.namespace,
            "--metrics-listen", format!("0.0.0.0:{METRICS_PORT}"),
        ],
        "env": [
            { "name": "HOSTNAME", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
            { "name": "XDG_CACHE_HOME", "value": "/cache" },
            from_params("WINDLASS_LOG", "controller.log.level"),
            from_params("WINDLASS_LOG_FORMAT", "controller.log.format"),
            from_params("WINDLASS_STATUS_PROCESSORS", "controller.status.processors"),
        ],
        "ports": [{ "name": "metrics", "containerPort": METRICS_PORT }],
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz"),
        "resources": { "requests": { "cpu": "100m", "memory": "128Mi" } },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] },
        },
        "volumeMounts": [{ "name": "cache", "mountPath": "/cache" }, { "name": "tmp", "mountPath": "/tmp" }],
    })
}

/// What is read at the start comes through the environment, so that a missing ConfigMap is no fault.
fn from_params(variable: &str, key: &str) -> Value {
    json!({
        "name": variable,
        "valueFrom": { "configMapKeyRef": { "name": "argocd-cmd-params-cm", "key": key, "optional": true } },
    })
}

/// Named and labelled as Argo CD's, so that a ServiceMonitor finds it.
fn service(installation: &Installation) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": metadata(installation, "argocd-metrics", "argocd-metrics"),
        "spec": {
            "selector": selector(),
            "ports": [{ "name": "metrics", "port": METRICS_PORT, "targetPort": "metrics" }],
        },
    })
}

fn disruption_budget(installation: &Installation) -> Value {
    json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": metadata(installation, NAME, NAME),
        "spec": { "maxUnavailable": 1, "selector": { "matchLabels": selector() } },
    })
}

/// Nobody needs to reach the controller but for its metrics; where it has to go, nobody knows beforehand.
fn network_policy(installation: &Installation) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": metadata(installation, NAME, NAME),
        "spec": {
            "podSelector": { "matchLabels": selector() },
            "policyTypes": ["Ingress"],
            "ingress": [{ "ports": [{ "protocol": "TCP", "port": METRICS_PORT }] }],
        },
    })
}
