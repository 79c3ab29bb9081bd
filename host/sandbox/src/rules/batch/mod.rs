//! Jobs and CronJobs.

mod cron;
mod job;
mod policies;

use serde_json::{Value, json};

use super::{at, each, fill, inside, pod};
use crate::error::Cause;
use crate::object::{self, Object};

/// A new Job selects its Pods by its own uid.
pub(super) fn begin_job(object: &mut Object) {
    if at(object, &["spec", "manualSelector"]) == &Value::Bool(true) {
        return;
    }
    let (name, uid) = (object::name(object).to_owned(), object::uid(object).to_owned());
    let spec = object::child_mut(object, "spec");
    let selector = object::child_mut(object::child_mut(spec, "selector"), "matchLabels");
    selector.insert("batch.kubernetes.io/controller-uid".into(), uid.clone().into());
    let template = object::child_mut(spec, "template");
    let labels = object::child_mut(object::child_mut(template, "metadata"), "labels");
    for prefix in ["", "batch.kubernetes.io/"] {
        labels.insert(format!("{prefix}controller-uid"), uid.clone().into());
        labels.insert(format!("{prefix}job-name"), name.clone().into());
    }
    // The real server lets a Job without labels share those of its Pods.
    let shared = labels.clone();
    let own = object::child_mut(object::child_mut(object, "metadata"), "labels");
    if own.is_empty() {
        *own = shared;
    }
}

pub(super) fn default(plural: &str, object: &mut Object) {
    match plural {
        "jobs" => {
            default_job(object::child_mut(object, "spec"));
            fill(object, "status", json!({}));
        }
        "cronjobs" => {
            let spec = object::child_mut(object, "spec");
            fill(spec, "concurrencyPolicy", "Allow");
            fill(spec, "suspend", false);
            fill(spec, "successfulJobsHistoryLimit", 3);
            fill(spec, "failedJobsHistoryLimit", 1);
            if let Some(job) = inside(spec, &["jobTemplate", "spec"]) {
                default_conditions(job);
                pod::default_template(job);
            }
            fill(object, "status", json!({}));
        }
        _ => {}
    }
}

fn default_job(spec: &mut Object) {
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        fill(spec, "completions", 1);
    }
    fill(spec, "parallelism", 1);
    // Where failures are counted for each index, their sum is not what ends the Job.
    fill(spec, "backoffLimit", if spec.contains_key("backoffLimitPerIndex") { i32::MAX } else { 6 });
    fill(spec, "completionMode", "NonIndexed");
    fill(spec, "suspend", false);
    fill(spec, "manualSelector", false);
    let policy = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    fill(spec, "podReplacementPolicy", policy);
    default_conditions(spec);
    pod::default_template(spec);
}

fn default_conditions(spec: &mut Object) {
    let Some(policy) = inside(spec, &["podFailurePolicy"]) else { return };
    for rule in each(policy, "rules") {
        each(rule, "onPodConditions").for_each(|pattern| fill(pattern, "status", "True"));
    }
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match plural {
        "jobs" => job::faults(object, live),
        "cronjobs" => cron::faults(object, live),
        _ => Vec::new(),
    }
}
