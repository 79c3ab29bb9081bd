//! Kinds of well-known operators whose rules differ in names only: a family is a rule, a kind is a row.

use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

/// Group, kind, the condition that tells, and what to say until it does. False is degraded, True healthy,
/// each with the condition's message.
const CONDITIONS: [(&str, &str, &str, &str); 11] = [
    ("bitnami.com", "SealedSecret", "Synced", "Waiting for Sealed Secret to be decrypted"),
    ("camel.apache.org", "Integration", "Ready", "Waiting for Integration"),
    ("cert-manager.io", "ClusterIssuer", "Ready", "Initializing ClusterIssuer"),
    ("cert-manager.io", "Issuer", "Ready", "Initializing issuer"),
    ("certmanager.k8s.io", "Certificate", "Ready", "Waiting for certificate"),
    ("certmanager.k8s.io", "Issuer", "Ready", "Initializing issuer"),
    ("external-secrets.io", "ClusterSecretStore", "Ready", "Waiting for ClusterSecretStore"),
    ("external-secrets.io", "ExternalSecret", "Ready", "Waiting for ExternalSecret"),
    ("external-secrets.io", "PushSecret", "Ready", "Waiting for PushSecret"),
    ("external-secrets.io", "SecretStore", "Ready", "Waiting for SecretStore"),
    ("onepassword.com", "OnePasswordItem", "Ready", "Waiting for controller to report status"),
];

/// Kinds of Strimzi, and what to call them while they start.
const STRIMZI: [(&str, &str); 5] = [
    ("KafkaBridge", "KafkaBridge"),
    ("KafkaConnect", "Kafka Connect"),
    ("KafkaConnector", "KafkaConnector"),
    ("KafkaTopic", "Kafka Topic"),
    ("KafkaUser", "Kafka User"),
];

const RABBITMQ: [&str; 8] = ["Binding", "Exchange", "Permission", "Policy", "Queue", "Shovel", "User", "Vhost"];
const CONFLUENT: [&str; 6] = ["Connect", "ControlCenter", "Kafka", "KsqlDB", "SchemaRegistry", "Zookeeper"];
const HUMIO: [&str; 5] = ["HumioAction", "HumioAlert", "HumioIngestToken", "HumioParser", "HumioRepository"];
const KEPTN: [&str; 4] = ["KeptnAppVersion", "KeptnTask", "KeptnWorkloadInstance", "KeptnWorkloadVersion"];
const ASTRA: [&str; 5] = ["Backup", "ExecHooksRun", "ResourceBackup", "ResticVolumeBackup", "Snapshot"];
const GLOO: [(&str, &str); 10] = [
    ("gateway.solo.io", "Gateway"),
    ("gateway.solo.io", "MatchableHttpGateway"),
    ("gateway.solo.io", "RouteOption"),
    ("gateway.solo.io", "RouteTable"),
    ("gateway.solo.io", "VirtualHostOption"),
    ("gateway.solo.io", "VirtualService"),
    ("gloo.solo.io", "Proxy"),
    ("gloo.solo.io", "Settings"),
    ("gloo.solo.io", "Upstream"),
    ("gloo.solo.io", "UpstreamGroup"),
];
/// Managed resources of Crossplane's AWS provider, and what they are called while they start.
const CROSSPLANE: [(&str, &str, &str); 8] = [
    ("cloudfront.aws.crossplane.io", "Distribution", "distribution"),
    ("iam.aws.crossplane.io", "Policy", "Policy"),
    ("iam.aws.crossplane.io", "Role", "Role"),
    ("iam.aws.crossplane.io", "RolePolicyAttachment", "RolePolicyAttachment"),
    ("rds.aws.crossplane.io", "DBCluster", "DBCluster"),
    ("rds.aws.crossplane.io", "DBInstance", "DBInstance"),
    ("route53.aws.crossplane.io", "ResourceRecordSet", "resourcrecordset"),
    ("s3.aws.crossplane.io", "Bucket", "Bucket"),
];

/// The verdict of a family that knows the kind.
pub(crate) fn verdict(group: &str, kind: &str, object: Object<'_>) -> Option<Verdict> {
    if let Some((_, _, condition, waiting)) = CONDITIONS.iter().find(|row| (row.0, row.1) == (group, kind)) {
        return Some(by_condition(object, condition, waiting));
    }
    if let Some((_, _, noun)) = CROSSPLANE.iter().find(|row| (row.0, row.1) == (group, kind)) {
        return Some(crossplane(object, noun));
    }
    if GLOO.contains(&(group, kind)) {
        return Some(gloo(object));
    }
    Some(match group {
        "kafka.strimzi.io" => strimzi(object, STRIMZI.iter().find(|row| row.0 == kind)?.1),
        "rabbitmq.com" if RABBITMQ.contains(&kind) => rabbitmq(object, kind),
        "platform.confluent.io" if CONFLUENT.contains(&kind) => confluent(object, kind),
        "core.humio.com" if HUMIO.contains(&kind) => humio(object),
        "lifecycle.keptn.sh" if KEPTN.contains(&kind) => keptn(object, kind),
        "astra.netapp.io" if ASTRA.contains(&kind) => astra(object, kind),
        _ => return None,
    })
}

fn by_condition(object: Object<'_>, condition: &str, waiting: &str) -> Verdict {
    let told = object.conditions().find(|own| own.is(condition, "True") || own.is(condition, "False"));
    match told {
        Some(told) if told.status == "True" => Verdict::new(Status::Healthy, told.message),
        Some(told) => Verdict::new(Status::Degraded, told.message),
        None => Verdict::new(Status::Progressing, waiting),
    }
}

fn strimzi(object: Object<'_>, noun: &str) -> Verdict {
    let told = object.conditions().find(|condition| condition.is("NotReady", "True") || condition.is("Ready", "True"));
    match told {
        Some(told) if told.kind == "Ready" => Verdict::new(Status::Healthy, ""),
        Some(told) => Verdict::new(Status::Degraded, told.message),
        None => Verdict::new(Status::Progressing, format!("Waiting for {noun}")),
    }
}

fn rabbitmq(object: Object<'_>, kind: &str) -> Verdict {
    let noun = format!("RabbitMQ {}", kind.to_lowercase());
    let told = object.conditions().filter(|condition| condition.kind == "Ready").find_map(|ready| {
        match (ready.status, ready.reason) {
            ("True", "SuccessfulCreateOrUpdate") => Some(Verdict::new(Status::Healthy, format!("{noun} ready"))),
            ("False", "FailedCreateOrUpdate") => {
                Some(Verdict::new(Status::Degraded, format!("{noun} failed to be created or updated")))
            }
            _ => None,
        }
    });
    told.unwrap_or_else(|| Verdict::new(Status::Unknown, format!("{noun} status is unknown")))
}

fn confluent(object: Object<'_>, kind: &str) -> Verdict {
    match object.text("/status/phase") {
        "RUNNING" => Verdict::new(Status::Healthy, format!("{kind} running")),
        "PROVISIONING" => Verdict::new(Status::Progressing, format!("{kind} provisioning")),
        _ => Verdict::new(Status::Progressing, format!("Waiting for {kind}")),
    }
}

fn humio(object: Object<'_>) -> Verdict {
    let state = object.text("/status/state");
    let status = match state {
        "Exists" => Status::Healthy,
        "NotFound" => Status::Missing,
        "ConfigError" => Status::Degraded,
        "Unknown" => Status::Unknown,
        _ => return Verdict::new(Status::Progressing, "Update in progress"),
    };
    Verdict::new(status, format!("Component state: {state}."))
}

fn keptn(object: Object<'_>, kind: &str) -> Verdict {
    match object.text("/status/status") {
        "Succeeded" => Verdict::new(Status::Healthy, format!("{kind} is healthy")),
        "Failed" => Verdict::new(Status::Degraded, format!("{kind} is degraded")),
        _ => Verdict::new(Status::Progressing, format!("{kind} is progressing")),
    }
}

fn astra(object: Object<'_>, kind: &str) -> Verdict {
    match object.at("/status/state").as_str() {
        None => Verdict::new(Status::Progressing, "No status available"),
        Some("Completed") => Verdict::new(Status::Healthy, format!("{kind} Completed")),
        Some("Running") => Verdict::new(Status::Progressing, format!("{kind} Running")),
        Some(state) => Verdict::new(Status::Degraded, state),
    }
}

/// Either one status, or one for each namespace that watches: the first that is more than progress counts.
fn gloo(object: Object<'_>) -> Verdict {
    let statuses = object.at("/status/statuses").as_object();
    let mut namespaces = statuses.into_iter().flat_map(|map| map.values()).map(|status| gloo_state(Object(status)));
    let told = namespaces.rfind(|verdict| verdict.status != Some(Status::Progressing));
    told.unwrap_or_else(|| gloo_state(Object(object.at("/status"))))
}

/// A state is a name, or its number.
fn gloo_state(status: Object<'_>) -> Verdict {
    let state = status.at("/state");
    match (state.as_str(), state.as_i64()) {
        (Some("Accepted"), _) | (_, Some(1)) => Verdict::new(Status::Healthy, "The resource has been validated"),
        (Some("Pending"), _) | (_, Some(0)) => {
            Verdict::new(Status::Suspended, "The resource has not yet been validated")
        }
        (Some("Warning" | "Rejected"), _) | (_, Some(2 | 3)) => Verdict::new(Status::Degraded, status.text("/reason")),
        _ => Verdict::new(Status::Progressing, "Update in progress"),
    }
}

fn crossplane(object: Object<'_>, noun: &str) -> Verdict {
    if object.at("/status/conditions").is_null() {
        return Verdict::new(Status::Progressing, format!("Waiting for {noun} to be created"));
    }
    let find = |kind: &str| object.conditions().filter(|condition| condition.kind == kind).last();
    let (ready, synced) = (find("Ready"), find("Synced"));
    let is_true = |condition: Option<crate::object::Condition<'_>>| condition.is_some_and(|c| c.status == "True");
    let paused = object.conditions().any(|c| c.kind == "Synced" && c.reason == "ReconcilePaused");
    match (is_true(ready), is_true(synced)) {
        (true, true) => Verdict::new(Status::Healthy, ready.map_or("", |ready| ready.reason)),
        (_, false) if paused => Verdict::new(Status::Suspended, "ReconcilePaused"),
        (false, true) if !paused => Verdict::new(Status::Progressing, format!("Waiting for {noun} to be available")),
        _ => {
            let error = synced.filter(|synced| synced.reason == "ReconcileError");
            Verdict::new(Status::Degraded, error.map_or("", |error| error.message))
        }
    }
}
