//! Which built-in kinds live in a namespace. A table.
//!
//! Source: the paths of Kubernetes 1.21's OpenAPI document, as kustomize has them. Kinds that are not here count as
//! namespaced unless a custom document says otherwise.

struct Row {
    api_version: &'static str,
    namespaced: &'static [&'static str],
    cluster: &'static [&'static str],
}

/// `None` for kinds the table does not know.
pub(super) fn is_namespaced(api_version: &str, kind: &str) -> Option<bool> {
    let row = TABLE.iter().find(|row| row.api_version == api_version)?;
    match (row.namespaced.contains(&kind), row.cluster.contains(&kind)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

const TABLE: &[Row] = &[
    Row {
        api_version: "admissionregistration.k8s.io/v1",
        namespaced: &[],
        cluster: &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    },
    Row {
        api_version: "admissionregistration.k8s.io/v1beta1",
        namespaced: &[],
        cluster: &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    },
    Row { api_version: "apiextensions.k8s.io/v1", namespaced: &[], cluster: &["CustomResourceDefinition"] },
    Row { api_version: "apiextensions.k8s.io/v1beta1", namespaced: &[], cluster: &["CustomResourceDefinition"] },
    Row { api_version: "apiregistration.k8s.io/v1", namespaced: &[], cluster: &["APIService"] },
    Row { api_version: "apiregistration.k8s.io/v1beta1", namespaced: &[], cluster: &["APIService"] },
    Row {
        api_version: "apps/v1",
        namespaced: &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        cluster: &[],
    },
    Row { api_version: "autoscaling/v1", namespaced: &["HorizontalPodAutoscaler", "Scale"], cluster: &[] },
    Row { api_version: "autoscaling/v2beta1", namespaced: &["HorizontalPodAutoscaler"], cluster: &[] },
    Row { api_version: "autoscaling/v2beta2", namespaced: &["HorizontalPodAutoscaler"], cluster: &[] },
    Row { api_version: "batch/v1", namespaced: &["CronJob", "Job"], cluster: &[] },
    Row { api_version: "batch/v1beta1", namespaced: &["CronJob"], cluster: &[] },
    Row { api_version: "certificates.k8s.io/v1", namespaced: &[], cluster: &["CertificateSigningRequest"] },
    Row { api_version: "certificates.k8s.io/v1beta1", namespaced: &[], cluster: &["CertificateSigningRequest"] },
    Row { api_version: "coordination.k8s.io/v1", namespaced: &["Lease"], cluster: &[] },
    Row { api_version: "coordination.k8s.io/v1beta1", namespaced: &["Lease"], cluster: &[] },
    Row { api_version: "discovery.k8s.io/v1", namespaced: &["EndpointSlice"], cluster: &[] },
    Row { api_version: "discovery.k8s.io/v1beta1", namespaced: &["EndpointSlice"], cluster: &[] },
    Row { api_version: "events.k8s.io/v1", namespaced: &["Event"], cluster: &[] },
    Row { api_version: "events.k8s.io/v1beta1", namespaced: &["Event"], cluster: &[] },
    Row { api_version: "extensions/v1beta1", namespaced: &["Ingress"], cluster: &[] },
    Row {
        api_version: "flowcontrol.apiserver.k8s.io/v1beta1",
        namespaced: &[],
        cluster: &["FlowSchema", "PriorityLevelConfiguration"],
    },
    Row { api_version: "networking.k8s.io/v1", namespaced: &["Ingress", "NetworkPolicy"], cluster: &["IngressClass"] },
    Row { api_version: "networking.k8s.io/v1beta1", namespaced: &["Ingress"], cluster: &["IngressClass"] },
    Row { api_version: "node.k8s.io/v1", namespaced: &[], cluster: &["RuntimeClass"] },
    Row { api_version: "node.k8s.io/v1beta1", namespaced: &[], cluster: &["RuntimeClass"] },
    Row { api_version: "policy/v1", namespaced: &["PodDisruptionBudget"], cluster: &[] },
    Row { api_version: "policy/v1beta1", namespaced: &["PodDisruptionBudget"], cluster: &["PodSecurityPolicy"] },
    Row {
        api_version: "rbac.authorization.k8s.io/v1",
        namespaced: &["Role", "RoleBinding"],
        cluster: &["ClusterRole", "ClusterRoleBinding"],
    },
    Row {
        api_version: "rbac.authorization.k8s.io/v1beta1",
        namespaced: &["Role", "RoleBinding"],
        cluster: &["ClusterRole", "ClusterRoleBinding"],
    },
    Row { api_version: "scheduling.k8s.io/v1", namespaced: &[], cluster: &["PriorityClass"] },
    Row { api_version: "scheduling.k8s.io/v1beta1", namespaced: &[], cluster: &["PriorityClass"] },
    Row {
        api_version: "storage.k8s.io/v1",
        namespaced: &[],
        cluster: &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
    },
    Row {
        api_version: "storage.k8s.io/v1beta1",
        namespaced: &["CSIStorageCapacity"],
        cluster: &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
    },
    Row {
        api_version: "v1",
        namespaced: &[
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodAttachOptions",
            "PodExecOptions",
            "PodPortForwardOptions",
            "PodProxyOptions",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
            "ServiceProxyOptions",
        ],
        cluster: &["ComponentStatus", "Namespace", "Node", "NodeProxyOptions", "PersistentVolume"],
    },
];
