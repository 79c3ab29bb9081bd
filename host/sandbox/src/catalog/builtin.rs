//! Table: the built-in resources of Kubernetes 1.37, as discovery of the real server lists them.
//!
//! Long because it is data; the order within a group is the order of discovery.

use super::{Resource, Scale};

/// One row: versions are given in the order in which the server prefers them.
pub(super) struct Row {
    pub(super) group: &'static str,
    pub(super) versions: &'static [&'static str],
    pub(super) kind: &'static str,
    pub(super) plural: &'static str,
    pub(super) short: &'static [&'static str],
    pub(super) all: bool,
    pub(super) namespaced: bool,
    pub(super) subresources: &'static [&'static str],
}

const fn row(group: &'static str, kind: &'static str, plural: &'static str, namespaced: bool) -> Row {
    Row { group, versions: &["v1"], kind, plural, short: &[], all: false, namespaced, subresources: &[] }
}

impl Row {
    const fn short(mut self, short: &'static [&'static str]) -> Self {
        self.short = short;
        self
    }
    const fn all(mut self) -> Self {
        self.all = true;
        self
    }
    const fn subs(mut self, subresources: &'static [&'static str]) -> Self {
        self.subresources = subresources;
        self
    }
    const fn versions(mut self, versions: &'static [&'static str]) -> Self {
        self.versions = versions;
        self
    }
}

const NS: bool = true;
const CLUSTER: bool = false;
const STATUS: &[&str] = &["status"];
const SCALED: &[&str] = &["scale", "status"];

pub(super) const ROWS: &[Row] = &[
    row("", "Binding", "bindings", NS),
    row("", "ComponentStatus", "componentstatuses", CLUSTER).short(&["cs"]),
    row("", "ConfigMap", "configmaps", NS).short(&["cm"]),
    row("", "Endpoints", "endpoints", NS).short(&["ep"]),
    row("", "Event", "events", NS).short(&["ev"]),
    row("", "LimitRange", "limitranges", NS).short(&["limits"]),
    row("", "Namespace", "namespaces", CLUSTER).short(&["ns"]).subs(&["finalize", "status"]),
    row("", "Node", "nodes", CLUSTER).short(&["no"]).subs(&["proxy", "status"]),
    row("", "PersistentVolumeClaim", "persistentvolumeclaims", NS).short(&["pvc"]).subs(STATUS),
    row("", "PersistentVolume", "persistentvolumes", CLUSTER).short(&["pv"]).subs(STATUS),
    row("", "Pod", "pods", NS).short(&["po"]).all().subs(&[
        "attach",
        "binding",
        "ephemeralcontainers",
        "eviction",
        "exec",
        "log",
        "portforward",
        "proxy",
        "resize",
        "status",
    ]),
    row("", "PodTemplate", "podtemplates", NS),
    row("", "ReplicationController", "replicationcontrollers", NS).short(&["rc"]).all().subs(SCALED),
    row("", "ResourceQuota", "resourcequotas", NS).short(&["quota"]).subs(STATUS),
    row("", "Secret", "secrets", NS),
    row("", "ServiceAccount", "serviceaccounts", NS).short(&["sa"]).subs(&["token"]),
    row("", "Service", "services", NS).short(&["svc"]).all().subs(&["proxy", "status"]),
    row("apiregistration.k8s.io", "APIService", "apiservices", CLUSTER).subs(STATUS),
    row("apps", "ControllerRevision", "controllerrevisions", NS),
    row("apps", "DaemonSet", "daemonsets", NS).short(&["ds"]).all().subs(STATUS),
    row("apps", "Deployment", "deployments", NS).short(&["deploy"]).all().subs(SCALED),
    row("apps", "ReplicaSet", "replicasets", NS).short(&["rs"]).all().subs(SCALED),
    row("apps", "StatefulSet", "statefulsets", NS).short(&["sts"]).all().subs(SCALED),
    row("events.k8s.io", "Event", "events", NS).short(&["ev"]),
    row("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews", CLUSTER),
    row("authentication.k8s.io", "TokenReview", "tokenreviews", CLUSTER),
    row("authorization.k8s.io", "LocalSubjectAccessReview", "localsubjectaccessreviews", NS),
    row("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews", CLUSTER),
    row("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews", CLUSTER),
    row("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews", CLUSTER),
    row("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", NS)
        .versions(&["v2", "v1"])
        .short(&["hpa"])
        .all()
        .subs(STATUS),
    row("batch", "CronJob", "cronjobs", NS).short(&["cj"]).all().subs(STATUS),
    row("batch", "Job", "jobs", NS).all().subs(STATUS),
    row("certificates.k8s.io", "CertificateSigningRequest", "certificatesigningrequests", CLUSTER)
        .short(&["csr"])
        .subs(&["approval", "status"]),
    row("certificates.k8s.io", "ClusterTrustBundle", "clustertrustbundles", CLUSTER),
    row("certificates.k8s.io", "PodCertificateRequest", "podcertificaterequests", NS).subs(STATUS),
    row("networking.k8s.io", "IngressClass", "ingressclasses", CLUSTER),
    row("networking.k8s.io", "Ingress", "ingresses", NS).short(&["ing"]).subs(STATUS),
    row("networking.k8s.io", "IPAddress", "ipaddresses", CLUSTER).short(&["ip"]),
    row("networking.k8s.io", "NetworkPolicy", "networkpolicies", NS).short(&["netpol"]),
    row("networking.k8s.io", "ServiceCIDR", "servicecidrs", CLUSTER).subs(STATUS),
    row("policy", "PodDisruptionBudget", "poddisruptionbudgets", NS).short(&["pdb"]).subs(STATUS),
    row("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", CLUSTER),
    row("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", CLUSTER),
    row("rbac.authorization.k8s.io", "RoleBinding", "rolebindings", NS),
    row("rbac.authorization.k8s.io", "Role", "roles", NS),
    row("storage.k8s.io", "CSIDriver", "csidrivers", CLUSTER),
    row("storage.k8s.io", "CSINode", "csinodes", CLUSTER).subs(STATUS),
    row("storage.k8s.io", "CSIStorageCapacity", "csistoragecapacities", NS),
    row("storage.k8s.io", "StorageClass", "storageclasses", CLUSTER).short(&["sc"]),
    row("storage.k8s.io", "VolumeAttachment", "volumeattachments", CLUSTER).subs(STATUS),
    row("storage.k8s.io", "VolumeAttributesClass", "volumeattributesclasses", CLUSTER).short(&["vac"]),
    row("admissionregistration.k8s.io", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", CLUSTER),
    row("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", CLUSTER),
    row("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", CLUSTER),
    row("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", CLUSTER)
        .subs(STATUS),
    row(
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        CLUSTER,
    ),
    row("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", CLUSTER),
    row("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", CLUSTER)
        .short(&["crd", "crds"])
        .subs(STATUS),
    row("scheduling.k8s.io", "PriorityClass", "priorityclasses", CLUSTER).short(&["pc"]),
    row("coordination.k8s.io", "Lease", "leases", NS),
    row("node.k8s.io", "RuntimeClass", "runtimeclasses", CLUSTER),
    row("discovery.k8s.io", "EndpointSlice", "endpointslices", NS),
    row("resource.k8s.io", "DeviceClass", "deviceclasses", CLUSTER),
    row("resource.k8s.io", "DeviceTaintRule", "devicetaintrules", CLUSTER).subs(STATUS),
    row("resource.k8s.io", "ResourceClaim", "resourceclaims", NS).subs(STATUS),
    row("resource.k8s.io", "ResourceClaimTemplate", "resourceclaimtemplates", NS),
    row("resource.k8s.io", "ResourceSlice", "resourceslices", CLUSTER),
    row("flowcontrol.apiserver.k8s.io", "FlowSchema", "flowschemas", CLUSTER).subs(STATUS),
    row("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", "prioritylevelconfigurations", CLUSTER)
        .subs(STATUS),
    row("storagemigration.k8s.io", "StorageVersionMigration", "storageversionmigrations", CLUSTER).subs(STATUS),
];

/// How groups stand to each other in discovery, first what comes first; `apiregistration.k8s.io` has no place of its own.
const GROUP_PRIORITIES: [(&str, i64); 21] = [
    ("", 18_000),
    ("apps", 17_800),
    ("events.k8s.io", 17_750),
    ("authentication.k8s.io", 17_700),
    ("authorization.k8s.io", 17_600),
    ("autoscaling", 17_500),
    ("batch", 17_400),
    ("certificates.k8s.io", 17_300),
    ("networking.k8s.io", 17_200),
    ("policy", 17_100),
    ("rbac.authorization.k8s.io", 17_000),
    ("storage.k8s.io", 16_800),
    ("admissionregistration.k8s.io", 16_700),
    ("apiextensions.k8s.io", 16_700),
    ("scheduling.k8s.io", 16_600),
    ("coordination.k8s.io", 16_500),
    ("node.k8s.io", 16_300),
    ("discovery.k8s.io", 16_200),
    ("resource.k8s.io", 16_200),
    ("flowcontrol.apiserver.k8s.io", 16_100),
    ("storagemigration.k8s.io", 15_800),
];
/// Those of the versions that have not the usual one.
const VERSION_PRIORITIES: [(&str, &str, i64); 4] = [
    ("", "v1", 1),
    ("autoscaling", "v2", 30),
    ("flowcontrol.apiserver.k8s.io", "v1", 21),
    ("resource.k8s.io", "v1", 21),
];
const USUAL_PRIORITY: i64 = 15;

/// Group, version and the priorities of both, of all that is built in.
pub fn priorities() -> impl Iterator<Item = (&'static str, &'static str, [i64; 2])> {
    GROUP_PRIORITIES.into_iter().flat_map(|(group, of_group)| {
        let versions = ROWS.iter().filter(move |row| row.group == group).flat_map(|row| row.versions);
        let versions = versions.copied().collect::<std::collections::BTreeSet<_>>();
        versions.into_iter().map(move |version| {
            let own = VERSION_PRIORITIES.iter().find(|(of, named, _)| (*of, *named) == (group, version));
            (group, version, [of_group, own.map_or(USUAL_PRIORITY, |(.., priority)| *priority)])
        })
    })
}

/// The kinds that the real server stores in another version than the one it prefers, as group, version and kind.
pub(super) const STORED_OTHERWISE: [(&str, &str, &str); 5] = [
    ("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition"),
    ("certificates.k8s.io", "v1beta1", "ClusterTrustBundle"),
    ("certificates.k8s.io", "v1beta1", "PodCertificateRequest"),
    ("resource.k8s.io", "v1beta2", "DeviceTaintRule"),
    ("storagemigration.k8s.io", "v1beta1", "StorageVersionMigration"),
];

impl Row {
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource> {
        self.versions.iter().map(|version| self.resource(version))
    }

    fn resource(&self, version: &str) -> Resource {
        let owned = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        Resource {
            group: self.group.into(),
            version: version.into(),
            kind: self.kind.into(),
            plural: self.plural.into(),
            singular: self.kind.to_lowercase(),
            short_names: owned(self.short),
            categories: self.category().into_iter().map(str::to_owned).collect(),
            namespaced: self.namespaced,
            subresources: owned(self.subresources),
            scale: self.subresources.contains(&"scale").then(Scale::standard),
            shelf: super::shelf_of(self.group, self.plural),
            storage_version: self.versions[0].into(),
            custom: None,
            creatable_only: self.kind.ends_with("Review") || self.kind == "Binding",
        }
    }

    fn category(&self) -> Option<&'static str> {
        const EXTENSIONS: [&str; 3] =
            ["admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"];
        if EXTENSIONS.contains(&self.group) { Some("api-extensions") } else { self.all.then_some("all") }
    }
}
