//! The field specifications kustomize starts from. Mostly a table. Source: kustomize's builtin plugin constants.

use super::transformer::{NameReference, TransformerConfig};
use crate::fieldspec::FieldSpec;
use crate::id::Gvk;

/// A kind that holds a pod, and where.
struct PodOwner {
    version: &'static str,
    kind: &'static str,
    pod: &'static str,
}

const fn owner(kind: &'static str, pod: &'static str) -> PodOwner {
    PodOwner { version: "", kind, pod }
}

const TEMPLATE: &str = "spec/template/spec";
const POD: PodOwner = PodOwner { version: "v1", kind: "Pod", pod: "spec" };
const CRON_JOB: PodOwner = owner("CronJob", "spec/jobTemplate/spec/template/spec");

/// Kinds whose pods refer to ConfigMaps and Secrets.
const CONFIG_USERS: [PodOwner; 8] = [
    POD,
    owner("PodTemplate", "template/spec"),
    owner("Deployment", TEMPLATE),
    owner("ReplicaSet", TEMPLATE),
    owner("DaemonSet", TEMPLATE),
    owner("StatefulSet", TEMPLATE),
    owner("Job", TEMPLATE),
    CRON_JOB,
];

/// Kinds whose pods refer to accounts, claims and priority classes.
const POD_OWNERS: [PodOwner; 7] = [
    owner("Pod", "spec"),
    owner("StatefulSet", TEMPLATE),
    owner("Deployment", TEMPLATE),
    owner("ReplicationController", TEMPLATE),
    CRON_JOB,
    owner("Job", TEMPLATE),
    owner("DaemonSet", TEMPLATE),
];

const CONFIG_MAP_FIELDS: [&str; 6] = [
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const SECRET_FIELDS: [&str; 7] = [
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

const VARIABLE_FIELDS: [&str; 8] = [
    "containers/args",
    "containers/command",
    "containers/env/value",
    "containers/volumeMounts/mountPath",
    "initContainers/args",
    "initContainers/command",
    "initContainers/env/value",
    "initContainers/volumeMounts/mountPath",
];

/// A path in one kind: path, group, version, kind.
type Row = (&'static str, &'static str, &'static str, &'static str);

const CONFIG_MAP_ROWS: [Row; 4] = [
    ("spec/configSource/configMap", "", "", "Node"),
    ("rules/resourceNames", "", "", "Role"),
    ("rules/resourceNames", "", "", "ClusterRole"),
    (r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap", "", "", "Ingress"),
];

const SECRET_ROWS: [Row; 13] = [
    ("spec/tls/secretName", "", "", "Ingress"),
    (r"metadata/annotations/ingress.kubernetes.io\/auth-secret", "", "", "Ingress"),
    (r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret", "", "", "Ingress"),
    (r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret", "", "", "Ingress"),
    ("imagePullSecrets/name", "", "", "ServiceAccount"),
    ("parameters/secretName", "", "", "StorageClass"),
    ("parameters/adminSecretName", "", "", "StorageClass"),
    ("parameters/userSecretName", "", "", "StorageClass"),
    ("parameters/secretRef", "", "", "StorageClass"),
    ("rules/resourceNames", "", "", "Role"),
    ("rules/resourceNames", "", "", "ClusterRole"),
    ("spec/template/spec/containers/env/valueFrom/secretKeyRef/name", "serving.knative.dev", "v1", "Service"),
    ("spec/azureFile/secretName", "", "", "PersistentVolume"),
];

const SERVICE_ROWS: [Row; 8] = [
    ("spec/serviceName", "apps", "", "StatefulSet"),
    ("spec/rules/http/paths/backend/serviceName", "", "", "Ingress"),
    ("spec/backend/serviceName", "", "", "Ingress"),
    ("spec/rules/http/paths/backend/service/name", "", "", "Ingress"),
    ("spec/defaultBackend/service/name", "", "", "Ingress"),
    ("spec/service/name", "apiregistration.k8s.io", "", "APIService"),
    ("webhooks/clientConfig/service", "admissionregistration.k8s.io", "", "ValidatingWebhookConfiguration"),
    ("webhooks/clientConfig/service", "admissionregistration.k8s.io", "", "MutatingWebhookConfiguration"),
];

const RBAC: &str = "rbac.authorization.k8s.io";
const ROLE_ROWS: [Row; 1] = [("roleRef/name", RBAC, "", "RoleBinding")];
const CLUSTER_ROLE_ROWS: [Row; 2] =
    [("roleRef/name", RBAC, "", "RoleBinding"), ("roleRef/name", RBAC, "", "ClusterRoleBinding")];
const ACCOUNT_ROWS: [Row; 2] = [("subjects", RBAC, "", "RoleBinding"), ("subjects", RBAC, "", "ClusterRoleBinding")];
const VOLUME_ROWS: [Row; 2] =
    [("spec/volumeName", "", "", "PersistentVolumeClaim"), ("rules/resourceNames", "", "", "ClusterRole")];
const STORAGE_CLASS_ROWS: [Row; 3] = [
    ("spec/storageClassName", "", "", "PersistentVolume"),
    ("spec/storageClassName", "", "", "PersistentVolumeClaim"),
    ("spec/volumeClaimTemplates/spec/storageClassName", "", "", "StatefulSet"),
];
const INGRESS_CLASS_ROWS: [Row; 1] = [("spec/ingressClassName", "", "", "Ingress")];
const ADMISSION_ROWS: [Row; 1] =
    [("spec/policyName", "admissionregistration.k8s.io", "", "ValidatingAdmissionPolicyBinding")];
const SCALE_ROWS: [Row; 1] = [("spec/scaleTargetRef/name", "", "", "HorizontalPodAutoscaler")];

const TEMPLATE_LABEL_ROWS: [Row; 10] = [
    ("metadata/labels", "", "", ""),
    ("spec/template/metadata/labels", "", "v1", "ReplicationController"),
    ("spec/template/metadata/labels", "", "", "Deployment"),
    ("spec/template/metadata/labels", "", "", "ReplicaSet"),
    ("spec/template/metadata/labels", "", "", "DaemonSet"),
    ("spec/template/metadata/labels", "apps", "", "StatefulSet"),
    ("spec/volumeClaimTemplates[]/metadata/labels", "apps", "", "StatefulSet"),
    ("spec/template/metadata/labels", "batch", "", "Job"),
    ("spec/jobTemplate/metadata/labels", "batch", "", "CronJob"),
    ("spec/jobTemplate/spec/template/metadata/labels", "batch", "", "CronJob"),
];

const SELECTOR_ROWS: [Row; 6] = [
    ("spec/selector", "", "v1", "Service"),
    ("spec/selector", "", "v1", "ReplicationController"),
    ("spec/selector/matchLabels", "", "", "Deployment"),
    ("spec/selector/matchLabels", "", "", "ReplicaSet"),
    ("spec/selector/matchLabels", "", "", "DaemonSet"),
    ("spec/selector/matchLabels", "apps", "", "StatefulSet"),
];

/// Selectors that get labels only where they stand already.
const PRESENT_SELECTOR_ROWS: [Row; 6] = [
    ("spec/selector/matchLabels", "batch", "", "Job"),
    ("spec/jobTemplate/spec/selector/matchLabels", "batch", "", "CronJob"),
    ("spec/selector/matchLabels", "policy", "", "PodDisruptionBudget"),
    ("spec/podSelector/matchLabels", "networking.k8s.io", "", "NetworkPolicy"),
    ("spec/ingress/from/podSelector/matchLabels", "networking.k8s.io", "", "NetworkPolicy"),
    ("spec/egress/to/podSelector/matchLabels", "networking.k8s.io", "", "NetworkPolicy"),
];

/// Inside the pod of Deployments and StatefulSets, where present.
const AFFINITY_FIELDS: [&str; 5] = [
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
];

const ANNOTATION_ROWS: [Row; 9] = [
    ("metadata/annotations", "", "", ""),
    ("spec/template/metadata/annotations", "", "v1", "ReplicationController"),
    ("spec/template/metadata/annotations", "", "", "Deployment"),
    ("spec/template/metadata/annotations", "", "", "ReplicaSet"),
    ("spec/template/metadata/annotations", "", "", "DaemonSet"),
    ("spec/template/metadata/annotations", "", "", "StatefulSet"),
    ("spec/template/metadata/annotations", "batch", "", "Job"),
    ("spec/jobTemplate/metadata/annotations", "batch", "", "CronJob"),
    ("spec/jobTemplate/spec/template/metadata/annotations", "batch", "", "CronJob"),
];

const IMAGE_ROWS: [Row; 6] = [
    ("spec/containers[]/image", "", "", ""),
    ("spec/initContainers[]/image", "", "", ""),
    ("spec/volumes[]/image/reference", "", "", ""),
    ("spec/template/spec/containers[]/image", "", "", ""),
    ("spec/template/spec/initContainers[]/image", "", "", ""),
    ("spec/template/spec/volumes[]/image/reference", "", "", ""),
];

const REPLICA_ROWS: [Row; 4] = [
    ("spec/replicas", "", "", "Deployment"),
    ("spec/replicas", "", "", "ReplicationController"),
    ("spec/replicas", "", "", "ReplicaSet"),
    ("spec/replicas", "", "", "StatefulSet"),
];

const NAMESPACE_ROWS: [Row; 2] =
    [("metadata/name", "", "", "Namespace"), ("spec/service/namespace", "apiregistration.k8s.io", "", "APIService")];
const WEBHOOK_NAMESPACE: Row =
    ("spec/conversion/webhook/clientConfig/service/namespace", "apiextensions.k8s.io", "", "CustomResourceDefinition");

const VARIABLE_ROWS: [Row; 17] = [
    ("spec/jobTemplate/spec/template/volumes/nfs/server", "", "", "CronJob"),
    ("spec/template/spec/volumes/nfs/server", "", "", "DaemonSet"),
    ("spec/template/spec/volumes/nfs/server", "", "", "Deployment"),
    ("spec/template/metadata/annotations", "", "", "Deployment"),
    ("spec/rules/host", "", "", "Ingress"),
    ("spec/tls/hosts", "", "", "Ingress"),
    ("spec/tls/secretName", "", "", "Ingress"),
    ("spec/template/spec/volumes/nfs/server", "", "", "Job"),
    ("spec/volumes/nfs/server", "", "", "Pod"),
    ("spec/template/spec/volumes/nfs/server", "", "", "ReplicaSet"),
    ("spec/ports/port", "", "", "Service"),
    ("spec/ports/targetPort", "", "", "Service"),
    ("spec/template/spec/volumes/nfs/server", "", "", "StatefulSet"),
    ("spec/volumeClaimTemplates/spec/nfs/server", "", "", "StatefulSet"),
    ("spec/nfs/server", "", "", "PersistentVolume"),
    ("metadata/labels", "", "", ""),
    ("metadata/annotations", "", "", ""),
];

/// Kinds in whose containers variables are replaced.
const VARIABLE_OWNERS: [PodOwner; 7] = [
    CRON_JOB,
    owner("DaemonSet", TEMPLATE),
    owner("Deployment", TEMPLATE),
    owner("Job", TEMPLATE),
    owner("Pod", "spec"),
    owner("ReplicaSet", TEMPLATE),
    owner("StatefulSet", TEMPLATE),
];

fn specs(rows: &[Row], create: bool) -> Vec<FieldSpec> {
    let spec =
        |(path, group, version, kind): &Row| FieldSpec { create, ..FieldSpec::new(path).on(group, version, kind) };
    rows.iter().map(spec).collect()
}

/// Every field in the pod of every owner.
fn in_pods(owners: &[PodOwner], fields: &[&str]) -> Vec<FieldSpec> {
    let of_owner = |owner: &PodOwner| {
        let spec = |field: &&str| FieldSpec::new(&format!("{}/{field}", owner.pod)).on("", owner.version, owner.kind);
        fields.iter().map(spec).collect::<Vec<_>>()
    };
    owners.iter().flat_map(of_owner).collect()
}

fn reference(group: &str, version: &str, kind: &str, specs: Vec<FieldSpec>) -> NameReference {
    NameReference { gvk: Gvk::new(group, version, kind), specs }
}

fn name_references() -> Vec<NameReference> {
    let both = |mut first: Vec<FieldSpec>, second: Vec<FieldSpec>| {
        first.extend(second);
        first
    };
    let scaled = |kind| reference("", "", kind, specs(&SCALE_ROWS, false));
    vec![
        scaled("Deployment"),
        scaled("ReplicationController"),
        scaled("ReplicaSet"),
        scaled("StatefulSet"),
        reference(
            "",
            "v1",
            "ConfigMap",
            both(in_pods(&CONFIG_USERS, &CONFIG_MAP_FIELDS), specs(&CONFIG_MAP_ROWS, false)),
        ),
        reference("", "v1", "Secret", both(in_pods(&CONFIG_USERS, &SECRET_FIELDS), specs(&SECRET_ROWS, false))),
        reference("", "v1", "Service", specs(&SERVICE_ROWS, false)),
        reference(RBAC, "", "Role", specs(&ROLE_ROWS, false)),
        reference(RBAC, "", "ClusterRole", specs(&CLUSTER_ROLE_ROWS, false)),
        reference(
            "",
            "v1",
            "ServiceAccount",
            both(specs(&ACCOUNT_ROWS, false), in_pods(&POD_OWNERS, &["serviceAccountName"])),
        ),
        reference(
            "",
            "v1",
            "PersistentVolumeClaim",
            in_pods(&POD_OWNERS, &["volumes/persistentVolumeClaim/claimName"]),
        ),
        reference("", "v1", "PersistentVolume", specs(&VOLUME_ROWS, false)),
        reference("storage.k8s.io", "v1", "StorageClass", specs(&STORAGE_CLASS_ROWS, false)),
        reference("scheduling.k8s.io", "v1", "PriorityClass", in_pods(&POD_OWNERS, &["priorityClassName"])),
        // kustomize's own table has the version inside the group, so this one never matches; it is kept that way.
        reference("networking.k8s.io/v1", "v1", "IngressClass", specs(&INGRESS_CLASS_ROWS, false)),
        reference("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicy", specs(&ADMISSION_ROWS, false)),
    ]
}

fn common_labels() -> Vec<FieldSpec> {
    let mut all = specs(&SELECTOR_ROWS, true);
    for kind in ["Deployment", "StatefulSet"] {
        let spec = |field: &&str| FieldSpec::new(&format!("{TEMPLATE}/{field}")).on("apps", "", kind);
        all.extend(AFFINITY_FIELDS.iter().map(spec));
    }
    all.extend(specs(&PRESENT_SELECTOR_ROWS, false));
    all.extend(specs(&TEMPLATE_LABEL_ROWS, true));
    all
}

/// The configuration every layer starts from.
pub(super) fn transformer_config() -> TransformerConfig {
    let mut namespace = specs(&NAMESPACE_ROWS, true);
    namespace.extend(specs(&[WEBHOOK_NAMESPACE], false));
    let mut variables = in_pods(&VARIABLE_OWNERS, &VARIABLE_FIELDS);
    variables.extend(specs(&VARIABLE_ROWS, false));
    let mut config = TransformerConfig {
        name_prefix: vec![FieldSpec::new("metadata/name")],
        name_suffix: vec![FieldSpec::new("metadata/name")],
        namespace,
        common_labels: common_labels(),
        labels: Vec::new(),
        template_labels: specs(&TEMPLATE_LABEL_ROWS, true),
        common_annotations: specs(&ANNOTATION_ROWS, true),
        name_reference: name_references(),
        var_reference: variables,
        images: specs(&IMAGE_ROWS, true),
        replicas: specs(&REPLICA_ROWS, true),
    };
    config.sort();
    config
}
