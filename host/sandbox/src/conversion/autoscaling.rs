//! HorizontalPodAutoscaler: `autoscaling/v1` knows one metric, CPU utilisation; `v2` a list.
//!
//! What v1 has no field for stands in annotations of it while it is shown in v1: how resources are used now.

use serde_json::{Value, json};

use crate::object::{self, Object};

/// How much of its resources is used, as an annotation.
pub const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";

pub(super) fn to_v1(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    let metrics = spec.remove("metrics");
    spec.remove("behavior");
    let average = |list: &Option<Value>, place: &str| {
        let cpu = list.as_ref()?.as_array()?.iter().find(|metric| metric["resource"]["name"] == "cpu")?;
        cpu["resource"][place]["averageUtilization"].as_i64()
    };
    if let Some(target) = average(&metrics, "target") {
        spec.insert("targetCPUUtilizationPercentage".into(), target.into());
    }
    if object.contains_key("status") {
        let status = object::child_mut(object, "status");
        let current = status.remove("currentMetrics");
        status.remove("conditions");
        status.entry("currentReplicas").or_insert_with(|| 0.into());
        if let Some(current) = average(&current, "current") {
            status.insert("currentCPUUtilizationPercentage".into(), current.into());
        }
        if let Some(text) = current.as_ref().and_then(told) {
            let annotations = object::child_mut(object::metadata_mut(object), "annotations");
            annotations.insert(CURRENT_METRICS.into(), text.into());
        }
    }
}

pub(super) fn from_v1(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    if let Some(target) = spec.remove("targetCPUUtilizationPercentage") {
        let target = json!({ "type": "Utilization", "averageUtilization": target });
        let metric = json!({ "type": "Resource", "resource": { "name": "cpu", "target": target } });
        spec.insert("metrics".into(), json!([metric]));
    }
    let told = take_annotation(object);
    if object.contains_key("status") {
        let status = object::child_mut(object, "status");
        let share = status.remove("currentCPUUtilizationPercentage");
        let of_cpu = |share: Value| json!([{ "type": "Resource", "resource": { "name": "cpu", "current": { "averageUtilization": share } } }]);
        if let Some(current) = told.as_deref().and_then(read).or_else(|| share.map(of_cpu)) {
            status.insert("currentMetrics".into(), current);
        }
    }
}

/// What is told of the status belongs to the status: a write of the object leaves it as it is.
pub(super) fn keep_told(live: &Object, next: &mut Object) {
    take_annotation(next);
    let told = object::child(object::metadata(live), "annotations").get(CURRENT_METRICS);
    if let Some(told) = told {
        object::child_mut(object::metadata_mut(next), "annotations").insert(CURRENT_METRICS.into(), told.clone());
    }
}

fn take_annotation(object: &mut Object) -> Option<String> {
    let annotations = object::metadata_mut(object).get_mut("annotations")?.as_object_mut()?;
    let told = annotations.remove(CURRENT_METRICS);
    if annotations.is_empty() {
        object::metadata_mut(object).remove("annotations");
    }
    told.as_ref().and_then(Value::as_str).map(str::to_owned)
}

/// Metrics of resources as the annotation has them, in the order of Go's structs.
fn told(current: &Value) -> Option<String> {
    let resources = current.as_array()?.iter().map(|metric| &metric["resource"]).filter(|metric| metric.is_object());
    let one = |resource: &Value| {
        let now = &resource["current"];
        let share = now["averageUtilization"].as_i64();
        let share = share.map_or_else(String::new, |share| format!("\"currentAverageUtilization\":{share},"));
        let value = now["averageValue"].as_str().unwrap_or("0");
        let (name, value) = (&resource["name"], Value::from(value));
        format!("{{\"type\":\"Resource\",\"resource\":{{\"name\":{name},{share}\"currentAverageValue\":{value}}}}}")
    };
    let all: Vec<String> = resources.map(one).collect();
    (!all.is_empty()).then(|| format!("[{}]", all.join(",")))
}

fn read(annotation: &str) -> Option<Value> {
    let metrics: Vec<Value> = serde_json::from_str(annotation).ok()?;
    let one = |metric: &Value| {
        let resource = &metric["resource"];
        let mut current = json!({ "averageValue": resource["currentAverageValue"] });
        if let Some(share) = resource.get("currentAverageUtilization") {
            current["averageUtilization"] = share.clone();
        }
        json!({ "type": "Resource", "resource": { "name": resource["name"], "current": current } })
    };
    Some(metrics.iter().map(one).collect())
}
