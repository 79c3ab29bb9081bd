//! Patch in its four forms: JSON, merge, strategic, apply.

use http::StatusCode;
use serde_json::Value;

use super::decode::{self, Decoded};
use super::{create, present, update, words};
use crate::api::{Api, Call, Reply};
use crate::catalog::split_api_version;
use crate::error::{ApiError, Cause, Reason, Subject};
use crate::fields::{self, json};
use crate::http::accept::Content;
use crate::http::query::FieldValidation;
use crate::object::{self, Object};
use crate::ownership::{self, Writer};

pub fn patch(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let content = Content::parse(call.content_type.as_deref(), true)?;
    if content == Content::ApplyPatch {
        return apply(api, call);
    }
    if call.query.force {
        let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
        return Err(ApiError::invalid(PATCH_OPTIONS, vec![cause]));
    }
    let writer = Writer::update(call);
    let given = Given::read(call, content)?;
    let edit = |live: &Object| {
        let patched = given.laid_over(call, &Value::Object(live.clone()))?;
        let mut patched = decode::into_object(patched).map(|object| (object, given.duplicates.clone()))?;
        let whole = Value::Object(patched.0.clone());
        let refused = |error| refused_whole(call, &given, &whole, error);
        decode::check_kind(call, &mut patched.0).map_err(refused)?;
        decode::check_place(call, &mut patched.0)?;
        let warnings = fields::check(call, &mut patched.0, patched.1).map_err(refused)?;
        Ok(Decoded { object: patched.0, warnings })
    };
    let (stored, warnings) = update::change(api, call, &writer, edit)?;
    Ok(present::object(call, StatusCode::OK, stored.body)?.warn(warnings))
}

const PATCH_OPTIONS: Subject<'static> = Subject { group: "meta.k8s.io", resource: "PatchOptions", name: "" };

/// A patched object that the kind cannot hold is refused as a value of the patch; a strategic patch is shown itself.
fn refused_whole(call: &Call, given: &Given, whole: &Value, error: ApiError) -> ApiError {
    let kind = &call.resource.kind;
    let problem = error.message.split_once(&format!(" cannot be handled as a {kind}: ")).map(|(_, problem)| problem);
    let Some(problem) = problem.filter(|_| !call.resource.is_custom()) else { return error };
    let (shown, problem) = match given.content {
        Content::StrategicPatch => (words::printed(&given.patch), words::restored(problem)),
        _ => (whole.to_string(), problem.to_owned()),
    };
    let nothing = Subject { group: "", resource: "", name: "" };
    ApiError::invalid(nothing, vec![Cause::invalid("patch", &shown.into(), problem)])
}

/// A JSON or merge patch of a document that is no stored object, such as a Scale.
///
/// # Errors
/// Other forms, and patches that do not fit.
pub fn plain(call: &Call, document: Value) -> Result<Value, ApiError> {
    let content = Content::parse(call.content_type.as_deref(), true)?;
    Given::read(call, content)?.laid_over(call, &document)
}

/// A patch that could be read: it is laid over whatever is there, again if need be.
struct Given {
    content: Content,
    patch: Value,
    duplicates: Vec<String>,
}

impl Given {
    fn read(call: &Call, content: Content) -> Result<Self, ApiError> {
        if content == Content::StrategicPatch && call.resource.is_custom() {
            return Err(ApiError::new(
                Reason::UnsupportedMediaType,
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            ));
        }
        let read = json::read(&call.body).map_err(|_| ApiError::bad_request("invalid JSON patch"))?;
        Ok(Given { content, patch: read.value, duplicates: read.duplicates })
    }

    fn laid_over(&self, call: &Call, document: &Value) -> Result<Value, ApiError> {
        match (self.content, &self.patch) {
            (Content::JsonPatch, _) | (_, Value::Object(_)) => {}
            (Content::StrategicPatch, Value::Null) => return Ok(document.clone()),
            (Content::StrategicPatch, other) => return Err(ApiError::bad_request(json::not_a_map(other))),
            (_, Value::Null) => return Err(ApiError::bad_request("Invalid JSON Patch")),
            (_, other) => {
                let problem = json::not_a_map(other);
                return Err(ApiError::bad_request(format!("error decoding patch: {problem}")));
            }
        }
        ownership::patched(call, self.content, document, &self.patch)
    }
}

/// Server-side apply: creates what is not there.
fn apply(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    if call.query.field_manager.is_none() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(ApiError::invalid(PATCH_OPTIONS, vec![cause]));
    }
    let read = fields::read(&call.body, Content::ApplyPatch)
        .map_err(|error| ApiError::bad_request(format!("error encoding patch: {}", error.message)))?;
    let mut config = configuration(call, read.value)?;
    decode::check_kind(call, &mut config)?;
    name_from_path(call, &mut config);
    let stated = !object::namespace(&config).is_empty();
    decode::check_place(call, &mut config)?;
    if !stated {
        // What the path says is no part of the configuration.
        object::metadata_mut(&mut config).remove("namespace");
    }
    // A field that the type does not have is refused by the merge, whatever the validation asked for.
    let warnings = if read.duplicates.is_empty() { Vec::new() } else { repeated(call)? };
    lay_down(api, call, &config, warnings)
}

/// Makes the object or changes it. Someone else may make it or take it away in between: then it is the other case, and
/// as on the real server five times at most.
fn lay_down(api: &Api, call: &Call, config: &Object, warnings: Vec<String>) -> Result<Reply, ApiError> {
    const TURNS: usize = 5;
    let writer = Writer::apply(call);
    let edit = |live: &Object| {
        let object = ownership::apply(call, Some(live), config)?;
        Ok(Decoded { object, warnings: warnings.clone() })
    };
    let mut turn = 1;
    loop {
        let there = api.store.get(&call.key()).is_some();
        let outcome = if there {
            update::change(api, call, &writer, edit)
                .and_then(|(stored, warnings)| Ok(present::object(call, StatusCode::OK, stored.body)?.warn(warnings)))
        } else {
            create_by_apply(api, call, config, &writer, warnings.clone())
        };
        let overtaken = if there { Reason::NotFound } else { Reason::AlreadyExists };
        match outcome {
            Err(error) if turn < TURNS && error.reason == overtaken => turn += 1,
            outcome => return outcome,
        }
    }
}

/// Keys that stand twice in what is applied, told as the YAML that it is read as.
fn repeated(call: &Call) -> Result<Vec<String>, ApiError> {
    let found = crate::yaml::repeated_keys(&call.body);
    match call.query.field_validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(found),
        FieldValidation::Strict => {
            let found: String = found.iter().map(|line| format!("\n  {line}")).collect();
            let problem = format!("error converting YAML to JSON: yaml: unmarshal errors:{found}");
            Err(ApiError::bad_request(format!("error strict decoding patch: {problem}")))
        }
    }
}

/// What is applied has to be of the call's kind, and say so.
fn configuration(call: &Call, value: Value) -> Result<Object, ApiError> {
    let config = match value {
        Value::Object(config) => config,
        Value::Null => Object::new(),
        other => {
            let problem = json::not_a_map(&other);
            let message = format!("error decoding patch: error unmarshaling JSON: while decoding JSON: {problem}");
            return Err(ApiError::bad_request(message));
        }
    };
    let (kind, api_version) = (object::text(&config, "kind"), object::text(&config, "apiVersion"));
    if kind != call.resource.kind || kind.is_empty() {
        let (group, version) = split_api_version(api_version);
        return Err(ApiError::bad_request(format!("invalid object type: {group}/{version}, Kind={kind}")));
    }
    Ok(config)
}

fn name_from_path(call: &Call, config: &mut Object) {
    if object::name(config).is_empty() {
        object::metadata_mut(config).insert("name".into(), call.target.name.clone().into());
    }
}

fn create_by_apply(
    api: &Api,
    call: &Call,
    config: &Object,
    writer: &Writer<'_>,
    mut warnings: Vec<String>,
) -> Result<Reply, ApiError> {
    let metadata = object::metadata(config);
    if metadata.contains_key("uid") {
        let detail = "uid mismatch: the provided object specified uid, and no existing object was found";
        return Err(ApiError::conflict(call.subject(&call.target.name), detail));
    }
    if !call.target.subresource.is_empty() {
        return Err(call.not_found());
    }
    crate::access::authorize_create(api, call)?;
    let mut object = ownership::apply(call, None, config)?;
    decode::check_place(call, &mut object)?;
    let (stored, more) = create::store_new(api, call, object, writer)?;
    warnings.extend(more);
    Ok(present::object(call, StatusCode::CREATED, stored.body)?.warn(warnings))
}
