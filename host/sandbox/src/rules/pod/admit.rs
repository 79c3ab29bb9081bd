//! What the admission plugins that are on by default refuse and add.

use serde_json::{Value, json};

use crate::api::Api;
use crate::catalog::shelf_of;
use crate::error::{ApiError, Subject};
use crate::object::{self, Object};
use crate::rules::{fill, inside};
use crate::store::{Key, Name, Range};

/// # Errors
/// The Pod names a class that is not there, or says what only its class may say.
pub(in crate::rules) fn admit(api: &Api, object: &mut Object) -> Result<(), ApiError> {
    let name = object::name(object).to_owned();
    let refuse = |detail: &str| ApiError::forbidden(Subject { group: "", resource: "pods", name: &name }, detail);
    let Some(spec) = inside(object, &["spec"]) else { return Ok(()) };
    prioritise(api, spec).map_err(|detail| refuse(&detail))?;
    let class = object::text(spec, "runtimeClassName");
    if !class.is_empty() && find(api, ("node.k8s.io", "runtimeclasses"), class).is_none() {
        return Err(refuse(&format!("pod rejected: RuntimeClass {class:?} not found")));
    }
    tolerate_node_faults(spec);
    Ok(())
}

/// A change does not take away what was added when the Pod was made.
pub(in crate::rules) fn keep_admitted(live: &Object, next: &mut Object) {
    let before = object::child(live, "spec");
    if let Some(spec) = inside(next, &["spec"]) {
        for key in ["priority", "preemptionPolicy"] {
            if let Some(value) = before.get(key) {
                fill(spec, key, value.clone());
            }
        }
        tolerate_node_faults(spec);
    }
}

fn prioritise(api: &Api, spec: &mut Object) -> Result<(), String> {
    let name = object::text(spec, "priorityClassName").to_owned();
    let class = if name.is_empty() {
        default_class(api)
    } else {
        let found = find(api, ("scheduling.k8s.io", "priorityclasses"), &name);
        Some(found.ok_or_else(|| format!("no PriorityClass with name {name} was found"))?)
    };
    let class = class.unwrap_or_default();
    let priority = class.get("value").and_then(Value::as_i64).unwrap_or(0);
    let policy = match object::text(&class, "preemptionPolicy") {
        "" => "PreemptLowerPriority",
        policy => policy,
    };
    let tail = "from the given PriorityClass name";
    let computed = |what: &str, given: &str, own: &str| {
        format!(
            "the {what} ({given}) must not be provided in pod spec; priority admission controller computed {own} {tail}"
        )
    };
    if let Some(given) = spec.get("priority").and_then(Value::as_i64).filter(|given| *given != priority) {
        return Err(computed("integer value of priority", &given.to_string(), &priority.to_string()));
    }
    let given = object::text(spec, "preemptionPolicy");
    if !given.is_empty() && given != policy {
        return Err(computed("string value of PreemptionPolicy", given, policy));
    }
    if name.is_empty() && !object::name(&class).is_empty() {
        spec.insert("priorityClassName".into(), object::name(&class).into());
    }
    spec.insert("priority".into(), priority.into());
    spec.insert("preemptionPolicy".into(), policy.into());
    Ok(())
}

/// The class of Pods that name none: of several, the lowest.
fn default_class(api: &Api) -> Option<Object> {
    let page = api.store.list(&shelf_of("scheduling.k8s.io", "priorityclasses"), &Range::default()).ok()?;
    let marked = page.items.into_iter().filter(|(_, stored)| object::mentions(&stored.body, b"\"globalDefault\":true"));
    let classes = marked.filter_map(|(_, stored)| object::parse(&stored.body).ok());
    classes.min_by_key(|class| class.get("value").and_then(Value::as_i64))
}

fn find(api: &Api, (group, plural): (&str, &str), name: &str) -> Option<Object> {
    let stored = api.store.get(&Key { shelf: shelf_of(group, plural), name: Name::new("", name) })?;
    object::parse(&stored.body).ok()
}

/// Every Pod endures an unready or unreachable node for five minutes.
fn tolerate_node_faults(spec: &mut Object) {
    let list = spec.entry("tolerations").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let endures = |entry: &Value| {
            (entry["key"] == key || entry["key"].is_null())
                && (entry["effect"] == "NoExecute" || entry["effect"].is_null())
        };
        if !list.iter().any(endures) {
            list.push(json!({ "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }));
        }
    }
}
