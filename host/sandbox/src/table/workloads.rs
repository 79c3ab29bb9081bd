//! Columns of Pods and of what makes them.

use serde_json::{Value, json};

use super::cells::{NONE, View};
use super::{AGE, Column, NAME, age, column};

pub(super) fn columns(key: (&str, &str)) -> Option<&'static [Column]> {
    Some(match key {
        ("", "pods") => PODS,
        ("apps", "deployments") => DEPLOYMENTS,
        ("apps", "replicasets") => REPLICA_SETS,
        ("", "replicationcontrollers") => REPLICA_SETS,
        ("apps", "statefulsets") => STATEFUL_SETS,
        ("apps", "daemonsets") => DAEMON_SETS,
        ("batch", "jobs") => JOBS,
        ("batch", "cronjobs") => CRON_JOBS,
        ("apps", "controllerrevisions") => REVISIONS,
        ("autoscaling", "horizontalpodautoscalers") => AUTOSCALERS,
        ("policy", "poddisruptionbudgets") => BUDGETS,
        _ => return None,
    })
}

const CONTAINERS: Column = column("Containers", |view| view.template_names()).wide();
const IMAGES: Column = column("Images", |view| view.template_images()).wide();
const SELECTOR: Column = column("Selector", |view| view.spec_selector()).wide();

const PODS: &[Column] = &[
    NAME,
    column("Ready", |pod| {
        let ready = pod.list("status.containerStatuses").iter().filter(|status| status["ready"] == true).count();
        format!("{ready}/{}", pod.list("spec.containers").len()).into()
    }),
    column("Status", pod_status),
    column("Restarts", |pod| restarts(pod).to_string().into()),
    AGE,
    column("IP", |pod| pod.or_none("status.podIP")).wide(),
    column("Node", |pod| pod.or_none("spec.nodeName")).wide(),
    column("Nominated Node", |pod| pod.or_none("status.nominatedNodeName")).wide(),
    column("Readiness Gates", |pod| match pod.list("spec.readinessGates").len() {
        0 => NONE.into(),
        gates => format!("0/{gates}").into(),
    })
    .wide(),
];

fn restarts(pod: &View<'_>) -> i64 {
    pod.list("status.containerStatuses").iter().filter_map(|status| status["restartCount"].as_i64()).sum()
}

fn pod_status(pod: &View<'_>) -> Value {
    if !pod.at("metadata.deletionTimestamp").is_null() {
        return if pod.text("status.reason") == "NodeLost" { "Unknown" } else { "Terminating" }.into();
    }
    let state = |status: &Value| {
        let reason = |state: &str| status["state"][state]["reason"].as_str().map(str::to_owned);
        reason("waiting").or_else(|| reason("terminated"))
    };
    let stuck = pod.list("status.containerStatuses").iter().rev().find_map(state);
    let phase = pod.text("status.phase");
    let reason = pod.text("status.reason");
    match stuck {
        Some(stuck) => stuck.into(),
        None if !reason.is_empty() => reason.into(),
        None => phase.into(),
    }
}

const DEPLOYMENTS: &[Column] = &[
    NAME,
    column("Ready", |object| object.ratio("status.readyReplicas", "spec.replicas")),
    column("Up-to-date", |object| object.number("status.updatedReplicas").into()),
    column("Available", |object| object.number("status.availableReplicas").into()),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

const REPLICA_SETS: &[Column] = &[
    NAME,
    column("Desired", |object| object.number("spec.replicas").into()).integer(),
    column("Current", |object| object.number("status.replicas").into()).integer(),
    column("Ready", |object| object.number("status.readyReplicas").into()).integer(),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

const STATEFUL_SETS: &[Column] =
    &[NAME, column("Ready", |object| object.ratio("status.readyReplicas", "spec.replicas")), AGE, CONTAINERS, IMAGES];

const DAEMON_SETS: &[Column] = &[
    NAME,
    column("Desired", |object| object.number("status.desiredNumberScheduled").into()).integer(),
    column("Current", |object| object.number("status.currentNumberScheduled").into()).integer(),
    column("Ready", |object| object.number("status.numberReady").into()).integer(),
    column("Up-to-date", |object| object.number("status.updatedNumberScheduled").into()).integer(),
    column("Available", |object| object.number("status.numberAvailable").into()).integer(),
    column("Node Selector", |object| object.pairs("spec.template.spec.nodeSelector")),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

const JOBS: &[Column] = &[
    NAME,
    column("Status", job_status),
    column("Completions", |job| match job.at("spec.completions").as_i64() {
        Some(wanted) => format!("{}/{wanted}", job.number("status.succeeded")).into(),
        None => match job.number("spec.parallelism") {
            0 | 1 => format!("{}/1", job.number("status.succeeded")).into(),
            parallel => format!("{}/1 of {parallel}", job.number("status.succeeded")).into(),
        },
    }),
    column("Duration", |job| {
        let time = |path: &str| job.text(path).parse::<jiff::Timestamp>().ok();
        let Some(start) = time("status.startTime") else { return "".into() };
        let end = time("status.completionTime").unwrap_or_else(jiff::Timestamp::now);
        age::human(end.as_second() - start.as_second()).into()
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

fn job_status(job: &View<'_>) -> Value {
    let holds = |kind: &str| {
        job.list("status.conditions").iter().any(|entry| entry["type"] == kind && entry["status"] == "True")
    };
    let named = [
        ("Complete", "Complete"),
        ("Failed", "Failed"),
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ];
    let terminating = !job.at("metadata.deletionTimestamp").is_null();
    match named.into_iter().find(|(kind, _)| holds(kind)) {
        Some((_, word)) => word.into(),
        None if terminating => "Terminating".into(),
        None => "Running".into(),
    }
}

const CRON_JOBS: &[Column] = &[
    NAME,
    column("Schedule", |object| object.text("spec.schedule").into()),
    column("Timezone", |object| object.or_none("spec.timeZone")),
    column("Suspend", |object| match object.at("spec.suspend") {
        Value::Bool(true) => "True".into(),
        _ => "False".into(),
    })
    .boolean(),
    column("Active", |object| object.list("status.active").len().into()).integer(),
    column("Last Schedule", |object| match object.text("status.lastScheduleTime") {
        "" => NONE.into(),
        time => age::since(time).into(),
    }),
    AGE,
    column("Containers", |view| view.job_template_names()).wide(),
    column("Images", |view| view.job_template_images()).wide(),
    column("Selector", |object| object.selector("spec.jobTemplate.spec.selector")).wide(),
];

const REVISIONS: &[Column] = &[
    NAME,
    column("Controller", |object| match object.list("metadata.ownerReferences").first() {
        Some(owner) => {
            let (group, _) = crate::catalog::split_api_version(owner["apiVersion"].as_str().unwrap_or_default());
            let kind = owner["kind"].as_str().unwrap_or_default().to_lowercase();
            format!("{kind}.{group}/{}", owner["name"].as_str().unwrap_or_default()).into()
        }
        None => NONE.into(),
    }),
    column("Revision", |object| object.number("revision").into()),
    AGE,
];

const AUTOSCALERS: &[Column] = &[
    NAME,
    column("Reference", |object| {
        format!("{}/{}", object.text("spec.scaleTargetRef.kind"), object.text("spec.scaleTargetRef.name")).into()
    }),
    column("Targets", autoscaler_targets),
    column("MinPods", |object| match object.at("spec.minReplicas").as_i64() {
        Some(least) => least.to_string().into(),
        None => "<unset>".into(),
    }),
    column("MaxPods", |object| object.number("spec.maxReplicas").into()),
    column("Replicas", |object| object.number("status.currentReplicas").into()),
    AGE,
];

/// The first two metrics as `now/wanted`; the older version knows one.
fn autoscaler_targets(object: &View<'_>) -> Value {
    const SHOWN: usize = 2;
    if let Some(wanted) = object.at("spec.targetCPUUtilizationPercentage").as_i64() {
        let now = object.at("status.currentCPUUtilizationPercentage").as_i64();
        return format!("cpu: {}/{wanted}%", percent(now)).into();
    }
    let current = object.list("status.currentMetrics");
    let metrics = object.list("spec.metrics");
    let shown = metrics.iter().enumerate().map(|(index, metric)| target(metric, current.get(index)));
    let more = match metrics.len() {
        0 => return NONE.into(),
        count if count > SHOWN => format!(" + {} more...", count - SHOWN),
        _ => String::new(),
    };
    let shown: Vec<String> = shown.take(SHOWN).collect();
    format!("{}{more}", shown.join(", ")).into()
}

fn percent(share: Option<i64>) -> String {
    share.map_or_else(|| "<unknown>".to_owned(), |share| format!("{share}%"))
}

fn target(metric: &Value, current: Option<&Value>) -> String {
    let (source, named) = match metric["type"].as_str() {
        Some("Resource") => ("resource", true),
        Some("ContainerResource") => ("containerResource", true),
        Some("Pods") => ("pods", false),
        Some("Object") => ("object", false),
        Some("External") => ("external", false),
        _ => return "<unknown type>".into(),
    };
    let (wanted, now) =
        (&metric[source]["target"], current.map_or(&Value::Null, |current| &current[source]["current"]));
    let name = match named {
        true => format!("{}: ", metric[source]["name"].as_str().unwrap_or_default()),
        false => String::new(),
    };
    let known = |key: &str| now[key].as_str().unwrap_or("<unknown>").to_owned();
    if let Some(amount) = wanted["averageValue"].as_str() {
        let suffix = if matches!(source, "object" | "external") { " (avg)" } else { "" };
        return format!("{name}{}/{amount}{suffix}", known("averageValue"));
    }
    match wanted["averageUtilization"].as_i64() {
        Some(share) => format!("{name}{}/{share}%", percent(now["averageUtilization"].as_i64())),
        None => format!("{name}{}/{}", known("value"), wanted["value"].as_str().unwrap_or("<auto>")),
    }
}

const BUDGETS: &[Column] = &[
    NAME,
    column("Min Available", |object| amount(object.at("spec.minAvailable"))),
    column("Max Unavailable", |object| amount(object.at("spec.maxUnavailable"))),
    column("Allowed Disruptions", |object| object.number("status.disruptionsAllowed").into()).integer(),
    AGE,
];

fn amount(value: &Value) -> Value {
    match value {
        Value::Null => json!("N/A"),
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}
