//! Reviews, which are answered and not kept: who am I, may I, may they, whose token is this.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::action::{Action, Object as What, Resource};
use super::user::User;
use super::{decide, rules_review, token};
use crate::api::{Api, Call, Reply, Verb};
use crate::error::{ApiError, Cause, Subject};
use crate::object::{self, Object};
use crate::ownership::{self, Writer};
use crate::verbs::decode;

/// # Errors
/// Reviews that ask for nothing, or for two things.
pub fn answer(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    if call.verb != Verb::Create {
        return Err(ApiError::method_not_allowed());
    }
    let mut review = decode::whole(call)?.object;
    let status = match call.resource.kind.as_str() {
        "SelfSubjectReview" => json!({ "userInfo": call.user.info() }),
        "SelfSubjectRulesReview" => rules_review::status(api, call, &review)?,
        "TokenReview" => token::review(api, &review)?,
        "SelfSubjectAccessReview" => verdict(api, &call.user, &action(call, &review)?),
        "LocalSubjectAccessReview" => {
            check_namespace(call, &review)?;
            decode::check_place(call, &mut review)?;
            verdict(api, &asked_user(call, &review)?, &action(call, &review)?)
        }
        _ => verdict(api, &asked_user(call, &review)?, &action(call, &review)?),
    };
    match call.resource.kind.as_str() {
        "SelfSubjectReview" => {
            object::metadata_mut(&mut review).insert("creationTimestamp".into(), object::now().into());
        }
        "SelfSubjectRulesReview" => {
            object::metadata_mut(&mut review);
            review.insert("spec".into(), json!({}));
        }
        _ => ownership::record(call, None, &mut review, &Writer::update(call))?,
    }
    review.insert("status".into(), status);
    Ok(Reply::json(StatusCode::CREATED, object::render(&review)))
}

fn verdict(api: &Api, user: &User, action: &Action) -> Value {
    let verdict = decide(api, user, action);
    let mut status = Map::new();
    status.insert("allowed".into(), verdict.allowed.into());
    if !verdict.reason.is_empty() {
        status.insert("reason".into(), verdict.reason.into());
    }
    Value::Object(status)
}

fn invalid(call: &Call, cause: Cause) -> ApiError {
    // The real server names the group here and no kind.
    ApiError::invalid(Subject { group: &call.resource.group, resource: "", name: "" }, vec![cause])
}

fn check_namespace(call: &Call, review: &Object) -> Result<(), ApiError> {
    let spec = object::child(review, "spec");
    let found = object::text(object::child(spec, "resourceAttributes"), "namespace");
    if found == call.target.namespace {
        return Ok(());
    }
    let detail = "must match metadata.namespace";
    Err(invalid(call, Cause::invalid("spec.resourceAttributes.namespace", &found.into(), detail)))
}

/// The user a review names.
fn asked_user(call: &Call, review: &Object) -> Result<User, ApiError> {
    let spec = object::child(review, "spec");
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let user = User {
        name: object::text(spec, "user").into(),
        uid: object::text(spec, "uid").into(),
        groups: spec.get("groups").map(&strings).unwrap_or_default(),
        extra: object::child(spec, "extra").iter().map(|(key, values)| (key.clone(), strings(values))).collect(),
    };
    if user.name.is_empty() && user.groups.is_empty() {
        let cause = Cause::invalid("spec.user", &"".into(), "at least one of user or group must be specified");
        return Err(invalid(call, cause));
    }
    Ok(user)
}

/// What a review asks about.
fn action(call: &Call, review: &Object) -> Result<Action, ApiError> {
    let spec = object::child(review, "spec");
    let given = |key: &str| spec.get(key).and_then(Value::as_object);
    match (given("resourceAttributes"), given("nonResourceAttributes")) {
        (Some(resource), None) => Ok(resource_action(resource)),
        (None, Some(path)) => Ok(Action {
            verb: object::text(path, "verb").into(),
            object: What::Path(object::text(path, "path").into()),
        }),
        (Some(_), Some(_)) => {
            let detail = "cannot be specified in combination with resourceAttributes";
            let value = spec.get("nonResourceAttributes").unwrap_or(&Value::Null);
            Err(invalid(call, Cause::invalid("spec.nonResourceAttributes", value, detail)))
        }
        (None, None) => {
            let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            Err(invalid(call, Cause::invalid("spec", &Value::Null, detail)))
        }
    }
}

fn resource_action(attributes: &Object) -> Action {
    let text = |key: &str| object::text(attributes, key).to_owned();
    Action {
        verb: text("verb"),
        object: What::Resource(Resource {
            group: text("group"),
            version: text("version"),
            resource: text("resource"),
            subresource: text("subresource"),
            namespace: text("namespace"),
            name: text("name"),
        }),
    }
}
