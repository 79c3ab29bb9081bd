//! Table: what single fields of built-in kinds may hold, whatever the fields beside them hold.
//!
//! Rules that look at more than one field are in the files of their kinds.

use serde_json::Value;

use super::names;
use crate::catalog::Resource;
use crate::error::Cause;
use crate::object::Object;

/// What a value must be; a value that is absent is only looked at by [`Check::Required`].
#[derive(Clone, Copy)]
enum Check {
    Required,
    OneOf(&'static [&'static str]),
    Least(i64),
    Between(i64, i64),
    Label,
    Subdomain,
    LabelKeys,
}

use Check::{Between, Label, LabelKeys, Least, OneOf, Required, Subdomain};

/// Path below the object, `[]` for the items of a list.
type Row = (&'static str, Check);

const PORT: Check = Between(1, 65_535);
const PROTOCOLS: Check = OneOf(&["SCTP", "TCP", "UDP"]);
const SECONDS: Check = Between(1, 2_147_483_647);

/// Of a pod spec, wherever it stands.
const POD: &[Row] = &[
    ("volumes[].name", Required),
    ("volumes[].name", Label),
    ("volumes[].hostPath.path", Required),
    ("volumes[].persistentVolumeClaim.claimName", Required),
    ("volumes[].secret.secretName", Required),
    ("volumes[].configMap.name", Required),
    ("restartPolicy", OneOf(&["Always", "OnFailure", "Never"])),
    ("dnsPolicy", OneOf(&["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])),
    ("activeDeadlineSeconds", SECONDS),
    ("serviceAccountName", Subdomain),
    ("nodeName", Subdomain),
    ("nodeSelector", LabelKeys),
    ("securityContext.runAsUser", Between(0, 2_147_483_647)),
    ("securityContext.runAsGroup", Between(0, 2_147_483_647)),
    ("securityContext.fsGroup", Between(0, 2_147_483_647)),
    ("securityContext.sysctls[].name", Required),
    ("tolerations[].effect", OneOf(&["NoSchedule", "PreferNoSchedule", "NoExecute"])),
    ("topologySpreadConstraints[].whenUnsatisfiable", OneOf(&["DoNotSchedule", "ScheduleAnyway"])),
];

/// Of each container of a pod spec.
const CONTAINER: &[Row] = &[
    ("imagePullPolicy", OneOf(&["Always", "IfNotPresent", "Never"])),
    ("terminationMessagePolicy", OneOf(&["File", "FallbackToLogsOnError"])),
    ("ports[].protocol", PROTOCOLS),
    ("env[].name", Required),
    ("volumeMounts[].mountPath", Required),
    ("securityContext.runAsUser", Between(0, 2_147_483_647)),
    ("securityContext.runAsGroup", Between(0, 2_147_483_647)),
];

const PROBE: &[Row] = &[
    ("initialDelaySeconds", Least(0)),
    ("timeoutSeconds", Least(0)),
    ("periodSeconds", Least(0)),
    ("successThreshold", Least(0)),
    ("failureThreshold", Least(0)),
    ("httpGet.scheme", OneOf(&["HTTP", "HTTPS"])),
    ("httpGet.port", PORT),
    ("tcpSocket.port", PORT),
];

const WORKLOAD: &[Row] = &[("spec.minReadySeconds", Least(0)), ("spec.revisionHistoryLimit", Least(0))];

const STATEFUL_SET: &[Row] = &[
    ("spec.minReadySeconds", Least(0)),
    ("spec.revisionHistoryLimit", Least(0)),
    ("spec.ordinals.start", Least(0)),
    ("spec.updateStrategy.rollingUpdate.partition", Least(0)),
    ("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", OneOf(&["Retain", "Delete"])),
    ("spec.persistentVolumeClaimRetentionPolicy.whenScaled", OneOf(&["Retain", "Delete"])),
    ("spec.serviceName", Label),
];

const JOB: &[Row] = &[
    ("spec.parallelism", Least(0)),
    ("spec.completions", Least(0)),
    ("spec.activeDeadlineSeconds", Least(0)),
    ("spec.backoffLimit", Least(0)),
    ("spec.ttlSecondsAfterFinished", Least(0)),
    ("spec.backoffLimitPerIndex", Least(0)),
    ("spec.maxFailedIndexes", Least(0)),
    ("spec.completionMode", OneOf(&["Indexed", "NonIndexed"])),
];

const CRON_JOB: &[Row] = &[
    ("spec.startingDeadlineSeconds", Least(0)),
    ("spec.concurrencyPolicy", OneOf(&["Allow", "Forbid", "Replace"])),
    ("spec.successfulJobsHistoryLimit", Least(0)),
    ("spec.failedJobsHistoryLimit", Least(0)),
];

const SERVICE: &[Row] = &[
    ("spec.type", OneOf(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])),
    ("spec.sessionAffinity", OneOf(&["ClientIP", "None"])),
    ("spec.ports[].protocol", PROTOCOLS),
    ("spec.ports[].targetPort", PORT),
    ("spec.ports[].name", Label),
    ("spec.selector", LabelKeys),
    ("spec.internalTrafficPolicy", OneOf(&["Cluster", "Local"])),
    ("spec.externalTrafficPolicy", OneOf(&["Cluster", "Local"])),
];

const NETWORK_POLICY: &[Row] = &[
    ("spec.podSelector.matchLabels", LabelKeys),
    ("spec.policyTypes[]", OneOf(&["Ingress", "Egress"])),
    ("spec.ingress[].ports[].protocol", OneOf(&["TCP", "UDP", "SCTP"])),
    ("spec.egress[].ports[].protocol", OneOf(&["TCP", "UDP", "SCTP"])),
    ("spec.ingress[].ports[].port", PORT),
    ("spec.egress[].ports[].port", PORT),
    ("spec.ingress[].from[].ipBlock.cidr", Required),
    ("spec.egress[].to[].ipBlock.cidr", Required),
];

const INGRESS: &[Row] = &[
    ("spec.ingressClassName", Subdomain),
    ("spec.tls[].secretName", Subdomain),
    ("spec.rules[].http.paths[].pathType", OneOf(&["Exact", "ImplementationSpecific", "Prefix"])),
];

const LEASE: &[Row] = &[("spec.leaseDurationSeconds", Least(1)), ("spec.leaseTransitions", Least(0))];

const CLAIM: &[Row] = &[
    ("spec.accessModes[]", OneOf(&["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"])),
    ("spec.storageClassName", Subdomain),
    ("spec.volumeMode", OneOf(&["Block", "Filesystem"])),
];

const PRIORITY_CLASS: &[Row] = &[("preemptionPolicy", OneOf(&["Never", "PreemptLowerPriority"]))];

const WEBHOOKS: &[Row] = &[
    ("webhooks[].failurePolicy", OneOf(&["Fail", "Ignore"])),
    ("webhooks[].matchPolicy", OneOf(&["Equivalent", "Exact"])),
];

/// The faults of single fields of an object; of pod specs inside it in [`pod_spec`].
pub(super) fn validate(resource: &Resource, object: &Object) -> Vec<Cause> {
    let rows = match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "statefulsets") => STATEFUL_SET,
        ("apps", _) => WORKLOAD,
        ("batch", "jobs") => JOB,
        ("batch", "cronjobs") => CRON_JOB,
        ("", "services") => SERVICE,
        ("", "persistentvolumeclaims") => CLAIM,
        ("networking.k8s.io", "networkpolicies") => NETWORK_POLICY,
        ("networking.k8s.io", "ingresses") => INGRESS,
        ("coordination.k8s.io", "leases") => LEASE,
        ("scheduling.k8s.io", "priorityclasses") => PRIORITY_CLASS,
        ("admissionregistration.k8s.io", "mutatingwebhookconfigurations" | "validatingwebhookconfigurations") => {
            WEBHOOKS
        }
        _ => &[],
    };
    check(rows, object, "")
}

/// The faults of single fields of a pod spec that stands at `path`.
pub(super) fn pod_spec(spec: &Object, path: &str) -> Vec<Cause> {
    let mut causes = check(POD, spec, path);
    for list in ["initContainers", "containers"] {
        let containers = spec.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (index, container) in containers.iter().enumerate() {
            let Value::Object(container) = container else { continue };
            let place = format!("{path}.{list}[{index}]");
            causes.extend(check(CONTAINER, container, &place));
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                if let Some(Value::Object(fields)) = container.get(probe) {
                    causes.extend(check(PROBE, fields, &format!("{place}.{probe}")));
                }
            }
        }
    }
    causes
}

fn check(rows: &[Row], object: &Object, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (pattern, check) in rows {
        let steps: Vec<&str> = pattern.split('.').collect();
        walk(&steps, object, path, *check, &mut causes);
    }
    causes
}

fn walk(steps: &[&str], object: &Object, path: &str, check: Check, causes: &mut Vec<Cause>) {
    let Some((step, rest)) = steps.split_first() else { return };
    let key = step.trim_end_matches("[]");
    let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let value = object.get(key).unwrap_or(&Value::Null);
    let places = match value {
        Value::Array(items) if step.ends_with("[]") => {
            items.iter().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
        }
        _ if step.ends_with("[]") => return,
        value => vec![(path, value)],
    };
    for (place, value) in places {
        match value {
            value if rest.is_empty() => causes.extend(fault(check, value, &place)),
            Value::Object(below) => walk(rest, below, &place, check, causes),
            _ => {}
        }
    }
}

fn fault(check: Check, value: &Value, place: &str) -> Option<Cause> {
    let text = value.as_str().unwrap_or_default();
    match check {
        Required => (value.is_null() || value == "").then(|| Cause::required(place, "")),
        _ if value.is_null() || value == "" => None,
        OneOf(allowed) => (!allowed.contains(&text)).then(|| Cause::unsupported(place, value, allowed)),
        Least(bound) => {
            let low = value.as_i64().is_some_and(|number| number < bound);
            let detail = if bound == 1 {
                "must be greater than 0".into()
            } else {
                format!("must be greater than or equal to {bound}")
            };
            low.then(|| Cause::invalid(place, value, detail))
        }
        Between(low, high) => {
            let outside = value.as_i64().is_some_and(|number| !(low..=high).contains(&number));
            outside.then(|| Cause::invalid(place, value, format!("must be between {low} and {high}, inclusive")))
        }
        Label => names::label_fault(place, text),
        Subdomain => names::subdomain_fault(place, text),
        LabelKeys => value.as_object()?.keys().find_map(|key| names::key_fault(place, key)),
    }
}
