//! Jobs and CronJobs.

use serde_json::{Value, json};

use super::{FIELD_IS_IMMUTABLE, at, fill, immutable, inside, pod};
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
    fill(spec, "backoffLimit", 6);
    fill(spec, "completionMode", "NonIndexed");
    fill(spec, "suspend", false);
    fill(spec, "manualSelector", false);
    let policy = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    fill(spec, "podReplacementPolicy", policy);
    pod::default_template(spec);
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let (template, path): (&[&str], _) = match plural {
        "jobs" => (&["spec", "template", "spec"], "spec.template.spec"),
        _ => (&["spec", "jobTemplate", "spec", "template", "spec"], "spec.jobTemplate.spec.template.spec"),
    };
    let empty = Object::new();
    let spec = at(object, template).as_object().unwrap_or(&empty);
    let mut causes = pod::validate_spec(spec, path);
    if !matches!(object::text(spec, "restartPolicy"), "OnFailure" | "Never") {
        let policy = spec.get("restartPolicy").cloned().unwrap_or(Value::Null);
        let field = format!("{path}.restartPolicy");
        causes.push(if policy.is_null() {
            Cause::required(field, "valid values: \"OnFailure\", \"Never\"")
        } else {
            Cause::unsupported(field, &policy, &["OnFailure", "Never"])
        });
    }
    if plural == "cronjobs" && at(object, &["spec", "schedule"]).as_str().unwrap_or_default().is_empty() {
        causes.push(Cause::required("spec.schedule", ""));
    }
    if let Some(live) = live.filter(|_| plural == "jobs") {
        let mut fixed: Vec<&[&str]> = vec![&["spec", "completionMode"], &["spec", "selector"]];
        // A Job that has not started may still be given other Pods.
        if at(live, &["spec", "suspend"]) != &Value::Bool(true) || at(live, &["status", "startTime"]).is_string() {
            fixed.push(&["spec", "template"]);
        }
        causes.extend(immutable(object, live, &fixed, FIELD_IS_IMMUTABLE));
    }
    causes
}
