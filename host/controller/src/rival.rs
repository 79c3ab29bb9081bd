//! Whether Argo CD's application controller is at work in a namespace. Two controllers on the same applications undo
//! each other's work, so that ours does not act beside it.

use std::fmt;

use kube::{
    Api,
    api::{DynamicObject, ListParams},
    core::{ApiResource, GroupVersionKind},
};
use serde::Serialize;
use serde_json::Value;
use windlass_model::{Object, ObjectKey, names};

use crate::clock;

/// How Argo CD labels the workload of its controller, and what its requests call themselves.
const CONTROLLER: &str = names::ARGOCD_CONTROLLER;
const NAME_LABEL: &str = "app.kubernetes.io/name";
/// Its shards beat in this ConfigMap every ten seconds.
const SHARDS: &str = "argocd-app-controller-shard-cm";
/// One of them stands in every object that is a sign.
pub(crate) const NAMES: [&str; 2] = [CONTROLLER, SHARDS];
/// A Lease or heartbeat older than this is nobody's.
const BEAT_MS: i64 = 60_000;
/// It looks at each application every three minutes, and writes when anything has changed.
const WRITE_MS: i64 = 5 * 60_000;

/// One sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Its workload has Pods, or is told to have them.
    Workload { object: ObjectKey, replicas: i64 },
    /// It holds a Lease.
    Lease { object: ObjectKey, holder: String },
    /// Its shards beat.
    Heartbeat { object: ObjectKey },
    /// It has written the status of an application a moment ago.
    Wrote { object: ObjectKey, seconds_ago: i64 },
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload { object, replicas } => write!(f, "{object} has {replicas} replicas"),
            Self::Lease { object, holder } => write!(f, "{object} is held by {holder}"),
            Self::Heartbeat { object } => write!(f, "{object} has a fresh heartbeat"),
            Self::Wrote { object, seconds_ago } => write!(f, "it wrote {object} {seconds_ago} s ago"),
        }
    }
}

/// Looks for signs of life in a namespace, before anything is watched. Asks the API, by answers that its cache gives and
/// without what says nothing about them. What may not be read tells nothing.
pub async fn signs(client: &kube::Client, namespace: &str) -> Vec<Sign> {
    let mut objects = Vec::new();
    for ((group, version, kind), part) in [
        (("apps", "v1", "StatefulSet"), Part::All),
        (("apps", "v1", "Deployment"), Part::All),
        (("coordination.k8s.io", "v1", "Lease"), Part::All),
        (("", "v1", "ConfigMap"), Part::Named(SHARDS)),
        (("argoproj.io", "v1alpha1", "Application"), Part::Metadata),
    ] {
        let resource = resource(group, version, kind);
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
        match part.of(&api).await {
            Ok(list) => objects.extend(list.into_iter().filter_map(|object| named(object, &resource))),
            Err(error) => tracing::warn!(kind, %error, "cannot be asked whether Argo CD is at work"),
        }
    }
    among(&objects, clock::now_ms())
}

pub(crate) fn resource(group: &str, version: &str, kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

/// What of a kind's objects is worth asking for.
enum Part {
    All,
    Named(&'static str),
    Metadata,
}

impl Part {
    async fn of(&self, api: &Api<DynamicObject>) -> kube::Result<Vec<Value>> {
        let cached = ListParams::default().match_any();
        match self {
            Self::All => values(api.list(&cached).await?.items),
            Self::Named(name) => values(api.get_opt(name).await?.into_iter().collect()),
            Self::Metadata => values(api.list_metadata(&cached).await?.items),
        }
    }
}

fn values<T: Serialize>(objects: Vec<T>) -> kube::Result<Vec<Value>> {
    objects.iter().map(|object| serde_json::to_value(object).map_err(kube::Error::SerdeError)).collect()
}

/// Objects of a list say neither their version nor their kind.
pub(crate) fn named(mut object: Value, resource: &ApiResource) -> Option<Object> {
    object["apiVersion"] = resource.api_version.as_str().into();
    object["kind"] = resource.kind.as_str().into();
    Object::new(object).ok()
}

/// The signs of life among objects. Once its workload is seen to be scaled down, what it wrote before is none.
pub fn among(objects: &[Object], now_ms: i64) -> Vec<Sign> {
    let is_workload =
        |object: &&Object| ["StatefulSet", "Deployment"].contains(&object.kind()) && is_controller(object);
    let stopped = objects.iter().filter(is_workload).any(|object| sign(object, now_ms).is_none());
    let mut signs: Vec<Sign> = objects.iter().filter_map(|object| sign(object, now_ms)).collect();
    signs.retain(|sign| !(stopped && matches!(sign, Sign::Wrote { .. })));
    signs.sort_by_key(ToString::to_string);
    signs
}

/// The sign of life that an object is; `None` where it is none.
pub fn sign(object: &Object, now_ms: i64) -> Option<Sign> {
    let is_fresh = |time: &str, max: i64| clock::parse(time).is_some_and(|time| now_ms - time < max);
    match (object.group(), object.kind()) {
        ("apps", "StatefulSet" | "Deployment") if is_controller(object) => {
            let number = |path: &[&str]| object.at(path).and_then(Value::as_i64);
            let replicas = number(&["spec", "replicas"]).unwrap_or(1).max(number(&["status", "replicas"]).unwrap_or(0));
            (replicas > 0).then(|| Sign::Workload { object: object.key(), replicas })
        }
        ("coordination.k8s.io", "Lease") => {
            let holder = object.str_at(&["spec", "holderIdentity"]);
            let fresh = is_fresh(object.str_at(&["spec", "renewTime"]), BEAT_MS);
            let theirs = holder.contains(CONTROLLER) || object.name().contains(CONTROLLER);
            (fresh && theirs && !holder.is_empty()).then(|| Sign::Lease { object: object.key(), holder: holder.into() })
        }
        ("", "ConfigMap") if object.name() == SHARDS => {
            let shards: Value = serde_json::from_str(object.str_at(&["data", "shardControllerMapping"])).ok()?;
            let mut beats = shards.as_array()?.iter().filter_map(|shard| shard["HeartbeatTime"].as_str());
            beats.any(|time| is_fresh(time, BEAT_MS)).then(|| Sign::Heartbeat { object: object.key() })
        }
        ("argoproj.io", "Application") => {
            let entries = object.at(&["metadata", "managedFields"]).and_then(Value::as_array)?;
            let theirs = entries.iter().filter(|entry| entry["manager"] == CONTROLLER);
            let latest = theirs.filter_map(|entry| clock::parse(entry["time"].as_str()?)).max()?;
            let ago = now_ms - latest;
            (ago < WRITE_MS).then(|| Sign::Wrote { object: object.key(), seconds_ago: ago.max(0) / 1000 })
        }
        _ => None,
    }
}

fn is_controller(object: &Object) -> bool {
    object.label(NAME_LABEL) == Some(CONTROLLER) || object.name() == CONTROLLER
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-01-01T00:10:00Z";

    fn says(object: Value) -> Option<String> {
        sign(&Object::new(object).unwrap(), clock::parse(NOW).unwrap()).map(|sign| sign.to_string())
    }

    fn of(api_version: &str, kind: &str, name: &str, more: Value) -> Value {
        let mut object =
            json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "argocd"}});
        for (field, value) in more.as_object().unwrap() {
            object[field] = value.clone();
        }
        object
    }

    #[test]
    fn a_workload_counts_while_it_has_or_is_to_have_pods() {
        let workload = |more: Value| of("apps/v1", "StatefulSet", "argocd-application-controller", more);
        assert_eq!(
            says(workload(json!({"spec": {"replicas": 2}}))).unwrap(),
            "StatefulSet.apps argocd/argocd-application-controller has 2 replicas"
        );
        assert!(says(workload(json!({}))).is_some(), "one replica is the default");
        assert!(says(workload(json!({"spec": {"replicas": 0}, "status": {"replicas": 1}}))).is_some());
        assert_eq!(says(workload(json!({"spec": {"replicas": 0}}))), None);
        assert_eq!(says(of("apps/v1", "Deployment", "argocd-server", json!({}))), None);
    }

    #[test]
    fn what_was_written_before_the_workload_was_scaled_down_is_no_sign() {
        let metadata =
            json!({"name": "shop", "managedFields": [{"manager": CONTROLLER, "time": "2026-01-01T00:09:00Z"}]});
        let written = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata});
        let scaled = of("apps/v1", "StatefulSet", CONTROLLER, json!({"spec": {"replicas": 0}}));
        let objects =
            |values: &[&Value]| values.iter().map(|value| Object::new((*value).clone()).unwrap()).collect::<Vec<_>>();
        let now = clock::parse(NOW).unwrap();
        assert_eq!(among(&objects(&[&written]), now).len(), 1);
        assert_eq!(among(&objects(&[&written, &scaled]), now), []);
    }

    #[test]
    fn leases_heartbeats_and_writes_count_while_they_are_fresh() {
        let lease = |time: &str| {
            of(
                "coordination.k8s.io/v1",
                "Lease",
                "a",
                json!({"spec": {"holderIdentity": "argocd-application-controller-0", "renewTime": time}}),
            )
        };
        assert!(says(lease("2026-01-01T00:09:50.000000Z")).is_some());
        assert_eq!(says(lease("2026-01-01T00:00:00.000000Z")), None);
        let beat = |time: &str| {
            let shards = json!([{"ShardNumber": 0, "ControllerName": "a", "HeartbeatTime": time}]).to_string();
            of("v1", "ConfigMap", SHARDS, json!({"data": {"shardControllerMapping": shards}}))
        };
        assert!(says(beat("2026-01-01T00:09:50Z")).is_some());
        assert_eq!(says(beat("2025-12-31T00:09:50Z")), None);
        let written = |manager: &str, time: &str| {
            let metadata =
                json!({"name": "shop", "namespace": "argocd", "managedFields": [{"manager": manager, "time": time}]});
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata})
        };
        assert_eq!(
            says(written(CONTROLLER, "2026-01-01T00:09:00Z")).unwrap(),
            "it wrote Application.argoproj.io argocd/shop 60 s ago"
        );
        assert_eq!(says(written(CONTROLLER, "2026-01-01T00:00:00Z")), None);
        assert_eq!(says(written("windlass", "2026-01-01T00:09:00Z")), None);
    }
}
