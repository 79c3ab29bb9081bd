//! Takes out of an answer what differs from run to run: times, uids, versions, assigned addresses, ages.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// A body in the form in which it is compared.
pub fn body(bytes: &[u8]) -> Value {
    if let Ok(mut value) = serde_json::from_slice(bytes) {
        visit(&mut value);
        return value;
    }
    let frames: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(bytes).into_iter().collect();
    match frames {
        Ok(frames) => {
            let mut frames = Value::Array(frames);
            visit(&mut frames);
            frames
        }
        Err(_) => text(&String::from_utf8_lossy(bytes)).into(),
    }
}

/// Rules for texts, wherever they stand.
pub fn text(text: &str) -> String {
    static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let rules = [
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
            // Times of the scenarios are older than any run.
            (r"20(2[5-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
            (r"\b10\.96\.\d+\.\d+\b", "<address>"),
            (r":3[0-2]\d{3}/", ":<port>/"),
            (r"current: \d+", "current: <version>"),
            (r"in object meta: \d+", "in object meta: <version>"),
            (r"hash=[0-9A-F]+", "hash=<hash>"),
            // Printed in the order of the fields of Go's structs, with its version.
            (r#"Invalid value: "\{.*\}": "#, "Invalid value: <object>: "),
            (r"in record \(\d+\)", "in record (<version>)"),
            // What the scenarios leave to the server to name.
            (r"\bmade-[a-z0-9]{5}\b", "made-<name>"),
            (r#"resourceVersion: "\d+""#, "resourceVersion: <version>"),
            // The place in the real server's source where the types are registered.
            (r#"in scheme "[^"]*""#, "in scheme <scheme>"),
        ];
        rules.iter().filter_map(|(rule, instead)| Some((Regex::new(rule).ok()?, *instead))).collect()
    });
    RULES.iter().fold(text.to_owned(), |text, (rule, instead)| rule.replace_all(&text, *instead).into_owned())
}

fn visit(value: &mut Value) {
    match value {
        Value::Object(entries) => visit_map(entries),
        Value::Array(items) => items.iter_mut().for_each(visit),
        Value::String(word) => *word = text(word),
        _ => {}
    }
}

fn visit_map(entries: &mut Map<String, Value>) {
    hide_generated_name(entries);
    hide_own_port(entries);
    sort_causes(entries);
    // Keys of owned list items hold uids.
    *entries = std::mem::take(entries).into_iter().map(|(key, value)| (text(&key), value)).collect();
    for (key, value) in entries.iter_mut() {
        match (key.as_str(), &mut *value) {
            ("resourceVersion", Value::String(version)) if is_version(version) => *value = "<version>".into(),
            ("continue", Value::String(_)) => *value = "<token>".into(),
            ("serverAddress", Value::String(_)) => *value = "<address>".into(),
            ("nodePort" | "healthCheckNodePort", Value::Number(port)) if is_node_port(port.as_u64()) => {
                *value = "<port>".into();
            }
            ("cells", Value::Array(cells)) => cells.iter_mut().for_each(visit_cell),
            ("columnDefinitions", Value::Array(columns)) => columns.iter_mut().for_each(drop_description),
            ("managedFields", Value::Array(entries)) => sort_managers(entries),
            _ => visit(value),
        }
    }
}

fn is_version(version: &str) -> bool {
    !version.is_empty() && version != "0" && version.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_node_port(port: Option<u64>) -> bool {
    port.is_some_and(|port| (30_000..=32_767).contains(&port))
}

/// What a server appends to `generateName` is its own.
fn hide_generated_name(metadata: &mut Map<String, Value>) {
    let stem = metadata.get("generateName").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(Value::String(name)) = metadata.get_mut("name")
        && !stem.is_empty()
        && name.strip_prefix(&stem).is_some_and(|rest| rest.len() == 5)
    {
        *name = format!("{stem}<name>");
    }
}

/// The Service `kubernetes` leads to wherever the server listens.
fn hide_own_port(object: &mut Map<String, Value>) {
    let is = |value: Option<&Value>, wanted: &str| value.is_some_and(|value| value == wanted);
    let name = object.get("metadata").and_then(|metadata| metadata.get("name"));
    if !is(object.get("kind"), "Service") || !is(name, "kubernetes") {
        return;
    }
    if let Some(target) = object.get_mut("spec").and_then(|spec| spec.pointer_mut("/ports/0/targetPort")) {
        *target = "<port>".into();
    }
}

/// The real server finds conflicts, and faults of custom resources, in the order of a Go map, which is none.
fn sort_causes(status: &mut Map<String, Value>) {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let Some(details) = status.get("details").filter(|_| status.get("kind").is_some_and(|kind| kind == "Status"))
    else {
        return;
    };
    let custom = text(details, "group").ends_with(".example.com");
    let mut causes = details["causes"].as_array().cloned().unwrap_or_default();
    let unordered = custom || causes.iter().all(|cause| cause["reason"] == "FieldManagerConflict");
    if causes.len() < 2 || !unordered {
        return;
    }
    let told = |causes: &[Value]| {
        let told: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", text(cause, "field"), text(cause, "message"))).collect();
        told.join(", ")
    };
    let before = told(&causes);
    causes.sort_by_key(|cause| (text(cause, "field"), text(cause, "message")));
    let message = status.get("message").and_then(Value::as_str).unwrap_or_default().replace(&before, &told(&causes));
    status.insert("message".into(), message.into());
    status["details"]["causes"] = causes.into();
}

/// How long ago something was: just now, or years ago, where a fixed time stands in the object. What lies between would
/// be another time than was asked for.
fn visit_cell(cell: &mut Value) {
    static AGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\d{1,3}s|\d+y(\d+d)?)$").ok());
    match cell {
        Value::String(word) if AGE.as_ref().is_some_and(|age| age.is_match(word)) => *word = "<age>".into(),
        _ => visit(cell),
    }
}

/// Prose for people, which is the real server's own.
fn drop_description(column: &mut Value) {
    if let Some(column) = column.as_object_mut() {
        column.remove("description");
    }
}

/// Entries of one second come in the order of their names, others by time: the order depends on the clock.
fn sort_managers(entries: &mut [Value]) {
    entries.iter_mut().for_each(visit);
    entries.sort_by_key(|entry| {
        ["manager", "operation", "subresource", "apiVersion"]
            .map(|key| entry[key].as_str().unwrap_or_default().to_owned())
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_taken_out_and_nothing_else() {
        let answer = json!({
            "metadata": {
                "name": "job-x7k2m", "generateName": "job-", "resourceVersion": "1234",
                "uid": "0a1b2c3d-0000-4000-8000-0123456789ab", "creationTimestamp": "2026-11-28T12:00:00Z",
            },
            "spec": { "clusterIP": "10.96.3.4", "ports": [{ "nodePort": 30123, "port": 30123 }], "at": "2020-01-01T00:00:00Z" },
            "rows": [{ "cells": ["job", "12s", "6y334d", "3d"] }],
        });
        let expected = json!({
            "metadata": {
                "name": "job-<name>", "generateName": "job-", "resourceVersion": "<version>",
                "uid": "<uid>", "creationTimestamp": "<time>",
            },
            "spec": { "clusterIP": "<address>", "ports": [{ "nodePort": "<port>", "port": 30123 }], "at": "2020-01-01T00:00:00Z" },
            "rows": [{ "cells": ["job", "<age>", "<age>", "3d"] }],
        });
        assert_eq!(body(answer.to_string().as_bytes()), expected);
    }

    #[test]
    fn frames_of_a_watch_become_a_list() {
        assert_eq!(
            body(b"{\"type\":\"ADDED\"}\n{\"type\":\"DELETED\"}\n"),
            json!([{ "type": "ADDED" }, { "type": "DELETED" }])
        );
    }
}
