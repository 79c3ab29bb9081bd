//! HorizontalPodAutoscaler: `autoscaling/v1` knows one metric, CPU utilisation; `v2` a list.

use serde_json::{Value, json};

use crate::object::{self, Object};

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
    }
}

pub(super) fn from_v1(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    if let Some(target) = spec.remove("targetCPUUtilizationPercentage") {
        let target = json!({ "type": "Utilization", "averageUtilization": target });
        let metric = json!({ "type": "Resource", "resource": { "name": "cpu", "target": target } });
        spec.insert("metrics".into(), json!([metric]));
    }
    if object.contains_key("status") {
        object::child_mut(object, "status").remove("currentCPUUtilizationPercentage");
    }
}
