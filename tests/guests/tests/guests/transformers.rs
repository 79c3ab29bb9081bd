//! Transformers: what they give back is a ResourceList or nothing, and what they do to themselves is told by name.

use serde_json::{Value, json};
use windlass_runtime::{CallError, Kind, Limit, Limits, LoadError, Severity, Stop, Transformed};
use windlass_tests_guests::{TRANSFORMER, UNRULY};

use super::{hostile, runtime};

fn transform(component: &[u8], config: &Value, limits: &Limits) -> Result<Transformed, CallError> {
    let item = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map"}});
    let list = json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [item], "functionConfig": config});
    runtime().transform(&*runtime().load(component).unwrap(), list.to_string().as_bytes(), limits)
}

fn unruly(deed: &str, limits: &Limits) -> Result<Transformed, CallError> {
    transform(UNRULY, &json!({ "do": deed }), limits)
}

fn limits() -> Limits {
    Limits::of(Kind::Transformer)
}

#[test]
fn what_comes_back_is_a_list_and_what_people_are_told() {
    let made = unruly("warn", &limits()).unwrap();
    let list: Value = serde_json::from_slice(&made.resources).unwrap();
    assert_eq!((&list["kind"], list["items"].as_array().unwrap().len()), (&json!("ResourceList"), 1));
    let [warning] = &made.diagnostics[..] else { panic!("one warning") };
    assert_eq!((warning.severity, warning.message.as_str()), (Severity::Warning, "old"));
    let made = transform(TRANSFORMER, &json!({"spec": {"policy": "Always"}}), &limits()).unwrap();
    assert_eq!(made.digest, windlass_model::Digest::of(&made.resources));
}

#[test]
fn a_loop_and_a_flood_meet_their_limits() {
    let overrun = |deed: &str, limits: &Limits| match unruly(deed, limits).unwrap_err() {
        CallError::Stopped { stop: Stop::Over { limit, .. }, .. } => limit,
        error => panic!("{error}"),
    };
    assert_eq!(overrun("loop", &Limits { fuel: 10_000_000, ..limits() }), Limit::Fuel);
    assert_eq!(overrun("flood", &limits()), Limit::Results);
    assert_eq!(overrun("warn", &Limits { output: 100, ..limits() }), Limit::Output);
}

#[test]
fn a_finding_of_severity_error_fails_the_run() {
    let error = unruly("complain", &limits()).unwrap_err();
    assert_eq!(error.diagnostics()[0].message, "too few replicas");
}

#[test]
fn another_kind_of_plugin_is_refused() {
    let error = runtime().transform(&hostile(), b"{}", &limits()).unwrap_err();
    assert!(matches!(error, CallError::Refused(LoadError::CalledAs { called: Kind::Transformer, .. })), "{error}");
}
