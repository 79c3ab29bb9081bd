//! Columns of configuration, namespaces, events and the cluster's own kinds.

use serde_json::Value;

use super::cells::{NONE, View};
use super::{AGE, Column, NAME, age, column};

pub(super) fn columns(key: (&str, &str)) -> Option<&'static [Column]> {
    Some(match key {
        ("", "configmaps") => CONFIG_MAPS,
        ("", "secrets") => SECRETS,
        ("", "namespaces") => NAMESPACES,
        ("", "events") | ("events.k8s.io", "events") => EVENTS,
        ("", "resourcequotas") => QUOTAS,
        ("", "limitranges") => CREATED_AT,
        ("apiextensions.k8s.io", _) => DEFINITIONS,
        ("apiregistration.k8s.io", _) => API_SERVICES,
        ("coordination.k8s.io", "leases") => LEASES,
        ("scheduling.k8s.io", "priorityclasses") => PRIORITIES,
        _ => return None,
    })
}

const CREATED_AT: &[Column] =
    &[NAME, column("Created At", |object| object.text("metadata.creationTimestamp").into()).date()];

const DEFINITIONS: &[Column] = &[
    NAME,
    column("Scope", |crd| crd.text("spec.scope").into()),
    column("Versions", |crd| {
        let mark = |version: &Value| {
            let stored = if version["storage"] == true { "(storage)" } else { "" };
            format!("{}{stored}", version["name"].as_str().unwrap_or_default())
        };
        let served = crd.list("spec.versions").iter().filter(|version| version["served"] == true);
        let mut versions: Vec<String> = served.map(mark).collect();
        versions.sort();
        versions.join(",").into()
    }),
    column("Created At", |crd| crd.text("metadata.creationTimestamp").into()).date(),
    column("Group", |crd| crd.text("spec.group").into()).wide(),
    column("Kind", |crd| crd.text("spec.names.kind").into()).wide(),
    column("ShortNames", |crd| {
        let names = crd.list("spec.names.shortNames").iter().filter_map(Value::as_str);
        names.collect::<Vec<_>>().join(",").into()
    })
    .wide(),
    column("Established", |crd| {
        let established = |entry: &Value| entry["type"] == "Established" && entry["status"] == "True";
        crd.list("status.conditions").iter().any(established).into()
    })
    .wide()
    .boolean(),
];

const CONFIG_MAPS: &[Column] =
    &[NAME, column("Data", |object| (entries(object, "data") + entries(object, "binaryData")).into()), AGE];

fn entries(object: &View<'_>, path: &str) -> usize {
    object.map(path).map_or(0, serde_json::Map::len)
}

const SECRETS: &[Column] = &[
    NAME,
    column("Type", |object| object.text("type").into()),
    column("Data", |object| entries(object, "data").into()),
    AGE,
];

const NAMESPACES: &[Column] = &[NAME, column("Status", |object| object.text("status.phase").into()), AGE];

const EVENTS: &[Column] = &[
    column("Last Seen", |event| {
        let times = ["series.lastObservedTime", "lastTimestamp", "deprecatedLastTimestamp", "eventTime"];
        let seen = times.into_iter().map(|path| event.text(path)).find(|time| !time.is_empty());
        age::since(seen.unwrap_or_default()).into()
    }),
    column("Type", |event| event.text("type").into()),
    column("Reason", |event| event.text("reason").into()),
    column("Object", |event| {
        let about = if event.at("regarding").is_null() { "involvedObject" } else { "regarding" };
        let part = |key: &str| event.text(&format!("{about}.{key}"));
        format!("{}/{}", part("kind").to_lowercase(), part("name")).into()
    }),
    column("Subobject", |event| event.text("involvedObject.fieldPath").into()).wide(),
    column("Source", |event| {
        let first = |paths: [&str; 3]| paths.into_iter().map(|path| event.text(path)).find(|text| !text.is_empty());
        let component = first(["source.component", "reportingComponent", "reportingController"]).unwrap_or_default();
        match first(["source.host", "reportingInstance", "deprecatedSource.host"]) {
            Some(host) => format!("{component}, {host}").into(),
            None => component.into(),
        }
    })
    .wide(),
    column("Message", |event| match event.text("message") {
        "" => event.text("note").trim().into(),
        message => message.trim().into(),
    }),
    column("First Seen", |event| match event.text("firstTimestamp") {
        "" => event.ago("eventTime"),
        _ => event.ago("firstTimestamp"),
    })
    .wide(),
    column("Count", |event| match event.number("series.count") {
        0 => event.number("count").max(1).into(),
        times => times.into(),
    })
    .wide(),
    Column { priority: 1, ..NAME },
];

const QUOTAS: &[Column] =
    &[NAME, column("Request", |quota| quota_part(quota, false)), column("Limit", |quota| quota_part(quota, true)), AGE];

fn quota_part(quota: &View<'_>, limits: bool) -> Value {
    let hard = quota.map("status.hard").into_iter().flatten();
    let used = quota.map("status.used");
    let shown = hard.filter(|(name, _)| name.starts_with("limits.") == limits).map(|(name, amount)| {
        let used = used.and_then(|used| used.get(name)).and_then(Value::as_str).unwrap_or("0");
        format!("{name}: {used}/{}", amount.as_str().unwrap_or_default())
    });
    shown.collect::<Vec<_>>().join(", ").into()
}

const API_SERVICES: &[Column] = &[
    NAME,
    column("Service", |object| match object.map("spec.service") {
        Some(_) => format!("{}/{}", object.text("spec.service.namespace"), object.text("spec.service.name")).into(),
        None => "Local".into(),
    }),
    column("Available", |object| {
        let available = object.list("status.conditions").iter().find(|entry| entry["type"] == "Available");
        match available {
            Some(entry) if entry["status"] == "True" => "True".into(),
            Some(entry) => format!(
                "{} ({})",
                entry["status"].as_str().unwrap_or_default(),
                entry["reason"].as_str().unwrap_or_default()
            )
            .into(),
            None => "Unknown".into(),
        }
    }),
    AGE,
];

const LEASES: &[Column] = &[NAME, column("Holder", |lease| lease.text("spec.holderIdentity").into()), AGE];

const PRIORITIES: &[Column] = &[
    NAME,
    column("Value", |object| object.number("value").into()).integer(),
    column("Global-Default", |object| object.at("globalDefault").as_bool().unwrap_or(false).into()).boolean(),
    AGE,
    column("PreemptionPolicy", |object| match object.text("preemptionPolicy") {
        "" => NONE.into(),
        policy => policy.into(),
    }),
];
