//! The scale subresource: replicas of any kind, through one shape.

use http::StatusCode;
use serde_json::{Value, json};

use super::decode::Decoded;
use super::update;
use crate::api::{Api, Call, Reply, Verb};
use crate::catalog::Scale;
use crate::error::{ApiError, Cause, Subject};
use crate::http::accept::{Content, Form};
use crate::object::{self, Object};
use crate::ownership::{self, Writer};
use crate::selector::selector_text;
use crate::{fields, verbs::patch};

pub fn scale(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let Some(paths) = call.resource.scale.clone() else { return Err(ApiError::no_such_path()) };
    let stored = api.store.get(&call.key()).ok_or_else(|| call.not_found())?;
    let shown = match call.verb {
        Verb::Get => shape(&counted(call, update::read(call, &stored)?, &paths)?, &paths),
        Verb::Update | Verb::Patch => write(api, call, &paths)?,
        _ => return Err(ApiError::method_not_allowed()),
    };
    match (call.accept.form, &shown) {
        (Form::Table, Value::Object(shown)) => Ok(Reply::value(&crate::table::scale(shown))),
        _ => Ok(Reply::json(StatusCode::OK, shown.to_string().into_bytes())),
    }
}

/// A custom resource may lack the number that its CRD scales it by.
fn counted(call: &Call, object: Object, paths: &Scale) -> Result<Object, ApiError> {
    if call.resource.is_custom() && at_path(&object, &paths.spec_replicas).is_none() {
        let detail = format!("the spec replicas field \".{}\" does not exist", paths.spec_replicas);
        let cause = Cause { reason: "", message: detail.clone(), field: String::new() };
        return Err(ApiError::internal(format!("Internal error occurred: {detail}")).with_causes(vec![cause]));
    }
    Ok(object)
}

fn write(api: &Api, call: &Call, paths: &Scale) -> Result<Value, ApiError> {
    if call.verb == Verb::Patch && Content::parse(call.content_type.as_deref(), true)? == Content::ApplyPatch {
        return apply(api, call, paths);
    }
    let writer = Writer::update(call);
    let edit = |live: &Object| {
        let wanted = wanted(call, live, paths)?;
        let mut next = live.clone();
        let replicas = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
        set_path(&mut next, &paths.spec_replicas, replicas.into());
        let version = wanted["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        object::metadata_mut(&mut next).insert("resourceVersion".into(), version.into());
        Ok(Decoded::silent(next))
    };
    let (stored, _) = update::change(api, call, &writer, edit)?;
    Ok(shape(&update::read(call, &stored)?, paths))
}

/// An apply owns the number in the object that is scaled.
fn apply(api: &Api, call: &Call, paths: &Scale) -> Result<Value, ApiError> {
    let edit = |live: &Object| {
        let wanted = wanted(call, live, paths)?;
        let metadata = json!({ "name": call.target.name });
        let of = [("apiVersion", call.resource.api_version().into()), ("kind", call.resource.kind.as_str().into())];
        let mut config: Object = of.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        config.insert("metadata".into(), metadata);
        set_path(&mut config, &paths.spec_replicas, wanted["spec"]["replicas"].clone());
        Ok(Decoded::silent(ownership::apply(call, Some(live), &config)?))
    };
    let (stored, _) = update::change(api, call, &Writer::apply(call), edit)?;
    Ok(shape(&update::read(call, &stored)?, paths))
}

/// The Scale that the client wants, checked.
fn wanted(call: &Call, live: &Object, paths: &Scale) -> Result<Value, ApiError> {
    let wanted = match call.verb {
        Verb::Patch => patch::plain(call, shape_without_version(live, paths))?,
        _ => {
            let content = Content::parse(call.content_type.as_deref(), false)?;
            fields::read(&call.body, content)?.value
        }
    };
    check_type(call, &wanted)?;
    let replicas = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        let detail = "must be greater than or equal to 0";
        let subject = Subject { group: "autoscaling", resource: "Scale", name: &call.target.name };
        let cause = Cause::invalid("spec.replicas", &replicas.into(), detail);
        return Err(ApiError::invalid(subject, vec![cause]));
    }
    Ok(wanted)
}

/// A Scale has a type of its own, whatever it scales.
fn check_type(call: &Call, wanted: &Value) -> Result<(), ApiError> {
    let replicas = &wanted["spec"]["replicas"];
    let found = match replicas {
        Value::Null => return Ok(()),
        Value::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => return Ok(()),
        Value::Number(number) => format!("number {number}"),
        Value::Bool(_) => "bool".into(),
        Value::String(_) => "string".into(),
        Value::Array(_) => "array".into(),
        Value::Object(_) => "object".into(),
    };
    let problem = format!("json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32");
    if call.verb != Verb::Patch {
        let message = format!("Scale in version \"v1\" cannot be handled as a Scale: {problem}");
        return Err(ApiError::bad_request(message));
    }
    let nothing = Subject { group: "", resource: "", name: "" };
    Err(ApiError::invalid(nothing, vec![Cause::invalid("patch", &wanted.to_string().into(), &problem)]))
}

/// A patch pins a version only where it names one itself.
fn shape_without_version(live: &Object, paths: &Scale) -> Value {
    let mut shape = shape(live, paths);
    if let Some(metadata) = shape["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
    }
    shape
}

fn shape(object: &Object, paths: &Scale) -> Value {
    let metadata = object::metadata(object);
    let mut shown = Object::new();
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = metadata.get(key) {
            shown.insert(key.into(), value.clone());
        }
    }
    let number = |path: &str| at_path(object, path).and_then(Value::as_i64).unwrap_or(0);
    let mut status = json!({ "replicas": number(&paths.status_replicas) });
    let selector = paths.selector.as_deref().and_then(|path| at_path(object, path));
    match selector {
        Some(Value::Object(selector)) => status["selector"] = selector_text(&as_label_selector(selector)).into(),
        Some(Value::String(text)) => status["selector"] = text.clone().into(),
        _ => {}
    }
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": shown,
        "spec": { "replicas": number(&paths.spec_replicas) },
        "status": status,
    })
}

/// A ReplicationController's selector is a plain map.
fn as_label_selector(selector: &Object) -> Object {
    if selector.values().all(Value::is_string) {
        return Object::from_iter([("matchLabels".to_owned(), Value::Object(selector.clone()))]);
    }
    selector.clone()
}

fn at_path<'a>(object: &'a Object, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = parts.next().and_then(|part| object.get(part))?;
    parts.try_fold(first, |value, part| value.get(part))
}

fn set_path(object: &mut Object, path: &str, value: Value) {
    match path.split_once('.') {
        Some((head, rest)) => set_path(object::child_mut(object, head), rest, value),
        None => drop(object.insert(path.into(), value)),
    }
}
