//! Delete: at once, gracefully, or in the background of finalizers.

use http::StatusCode;
use serde_json::{Value, json};

use super::{decode, list, present, update};
use crate::api::{Api, Call, Reply, log_failure};
use crate::catalog::Resource;
use crate::error::{ApiError, Cause, Subject};
use crate::http::accept::Content;
use crate::object::{self, Object};
use crate::rules;
use crate::store::{Change, CommitError, Expected, Key, Stored};

pub const FOREGROUND: &str = "foregroundDeletion";
pub const ORPHAN: &str = "orphan";

/// What becomes of an object's dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    Background,
    Foreground,
    Orphan,
}

/// `DeleteOptions`, from the body or the query.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    pub propagation: Option<Propagation>,
    pub grace_period_seconds: Option<i64>,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
    pub dry_run: bool,
}

/// What a delete did.
pub enum Deleted {
    /// The object is gone; its last state.
    Gone(Object),
    /// Finalizers or a grace period keep it for now.
    Terminating(Stored),
}

impl DeleteOptions {
    /// # Errors
    /// A body that is not `DeleteOptions`; options that contradict each other.
    pub fn read(call: &Call) -> Result<Self, ApiError> {
        let query = &call.query;
        let mut options = DeleteOptions {
            propagation: query.propagation_policy.as_deref().map(propagation).transpose()?,
            grace_period_seconds: query.grace_period_seconds,
            dry_run: query.dry_run,
            ..DeleteOptions::default()
        };
        let mut orphan = query.orphan_dependents;
        if !call.body.is_empty() {
            let content = Content::parse(call.content_type.as_deref(), false)?;
            let body = Value::Object(decode::into_object(crate::fields::read(&call.body, content)?.value)?);
            check_body(&body)?;
            options.merge_body(&body)?;
            orphan = body["orphanDependents"].as_bool().or(orphan);
        }
        match (orphan, options.propagation) {
            (Some(_), Some(policy)) => Err(ApiError::invalid(
                Subject { group: "meta.k8s.io", resource: "DeleteOptions", name: "" },
                vec![Cause::invalid(
                    "propagationPolicy",
                    &Value::from(format!("{policy:?}")),
                    "orphanDependents and deletionPropagation cannot be both set",
                )],
            )),
            (Some(true), None) => Ok(DeleteOptions { propagation: Some(Propagation::Orphan), ..options }),
            (Some(false), None) => Ok(DeleteOptions { propagation: Some(Propagation::Background), ..options }),
            (None, _) => Ok(options),
        }
    }

    fn merge_body(&mut self, body: &Value) -> Result<(), ApiError> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(policy) = body["propagationPolicy"].as_str() {
            self.propagation = Some(propagation(policy)?);
        }
        self.grace_period_seconds = body["gracePeriodSeconds"].as_i64().or(self.grace_period_seconds);
        self.uid = text(&body["preconditions"]["uid"]);
        self.resource_version = text(&body["preconditions"]["resourceVersion"]);
        for entry in body["dryRun"].as_array().into_iter().flatten() {
            if entry != "All" {
                let subject = Subject { group: "meta.k8s.io", resource: "DeleteOptions", name: "" };
                return Err(ApiError::invalid(subject, vec![Cause::unsupported("dryRun", &body["dryRun"], &["All"])]));
            }
            self.dry_run = true;
        }
        Ok(())
    }
}

/// Whether a body is `DeleteOptions`, of whatever group.
fn check_body(body: &Value) -> Result<(), ApiError> {
    match body["kind"].as_str() {
        None | Some("" | "DeleteOptions") => {}
        Some(kind) => {
            let version = body["apiVersion"].as_str().unwrap_or_default();
            return Err(ApiError::bad_request(format!(
                "no kind {kind:?} is registered for version {version:?} in scheme \"pkg/runtime/scheme.go:111\""
            )));
        }
    }
    let grace = &body["gracePeriodSeconds"];
    if grace.is_null() || grace.is_i64() {
        return Ok(());
    }
    let found = if grace.is_string() { "string".to_owned() } else { format!("number {grace}") };
    Err(ApiError::bad_request(format!(
        "json: cannot unmarshal {found} into Go struct field DeleteOptions.gracePeriodSeconds of type int64"
    )))
}

fn propagation(policy: &str) -> Result<Propagation, ApiError> {
    match policy {
        "Background" => Ok(Propagation::Background),
        "Foreground" => Ok(Propagation::Foreground),
        "Orphan" => Ok(Propagation::Orphan),
        _ => Err(ApiError::invalid(
            Subject { group: "meta.k8s.io", resource: "DeleteOptions", name: "" },
            vec![Cause::unsupported(
                "propagationPolicy",
                &Value::from(policy),
                &["Foreground", "Background", "Orphan", "nil"],
            )],
        )),
    }
}

pub fn delete(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let mut options = DeleteOptions::read(call)?;
    let warnings = keep_children(&call.resource, &mut options);
    let removed = remove(api, &call.resource, &call.key(), &options);
    let reply = match removed.map_err(|error| ApiError { warnings: warnings.clone(), ..error })? {
        Deleted::Terminating(stored) => present::object(call, StatusCode::OK, stored.body)?,
        Deleted::Gone(last) if returns_object(&call.resource) => {
            present::object(call, StatusCode::OK, object::render(&last))?
        }
        Deleted::Gone(last) => Reply::value(&success(&call.resource, &last)),
    };
    Ok(reply.warn(warnings))
}

/// The Pods of a Job stay behind unless its deletion says otherwise, for the sake of old clients.
fn keep_children(resource: &Resource, options: &mut DeleteOptions) -> Vec<String> {
    if !resource.is("batch", "jobs") || options.propagation.is_some() {
        return Vec::new();
    }
    options.propagation = Some(Propagation::Orphan);
    vec![
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or \
         set propagationPolicy=Orphan to suppress this warning"
            .into(),
    ]
}

/// A few built-in kinds answer a delete with the object, most with a Status.
fn returns_object(resource: &Resource) -> bool {
    const RETURNED: [&str; 7] = [
        "pods",
        "services",
        "serviceaccounts",
        "persistentvolumeclaims",
        "persistentvolumes",
        "resourcequotas",
        "podtemplates",
    ];
    let storage = resource.group == "storage.k8s.io" && resource.plural != "csistoragecapacities";
    storage || (resource.group.is_empty() && RETURNED.contains(&resource.plural.as_str()))
}

fn success(resource: &Resource, object: &Object) -> Value {
    let mut details = json!({ "name": object::name(object), "kind": resource.plural, "uid": object::uid(object) });
    if !resource.group.is_empty() {
        details["group"] = resource.group.clone().into();
    }
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details })
}

pub fn delete_collection(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let mut options = DeleteOptions::read(call)?;
    let warnings = keep_children(&call.resource, &mut options);
    let listed = list::select(api, call)?;
    for (name, _) in &listed.items {
        let key = Key { shelf: call.resource.shelf.clone(), name: name.clone() };
        match remove(api, &call.resource, &key, &options) {
            // Gone already: what was wanted.
            Err(error) if error.reason == crate::error::Reason::NotFound => {}
            outcome => drop(outcome?),
        }
    }
    Ok(present::list(call, listed)?.warn(warnings))
}

/// Deletes one object, as far as its finalizers and grace period let it.
///
/// # Errors
/// It is not there, a precondition fails, or the kind forbids it.
pub fn remove(api: &Api, resource: &Resource, key: &Key, options: &DeleteOptions) -> Result<Deleted, ApiError> {
    let subject = Subject { group: &resource.group, resource: &resource.plural, name: &key.name.name };
    api.store.until_it_fits(&key.shelf, || {
        let stored = api.store.get(key).ok_or_else(|| ApiError::not_found(subject))?;
        let live = object::parse(&stored.body)
            .map_err(|error| ApiError::internal(format!("Internal error occurred: {error}")))?;
        check_preconditions(resource, &live, options, subject)?;
        rules::check_delete(resource, &live, subject)?;
        let step = plan(resource, live, options);
        if options.dry_run {
            return Ok(Some(step.preview(stored)));
        }
        let (change, gone) = match step {
            Step::Nothing => return Ok(Some(Deleted::Terminating(stored))),
            Step::Remove(last) => (Change::Remove(last.clone()), Some(last)),
            Step::Mark(next) => (Change::Put(next), None),
        };
        match (api.store.commit(key, Expected::At(stored.version), change), gone) {
            (Ok(_), Some(last)) => Ok(Some(Deleted::Gone(last))),
            (Ok(stored), None) => Ok(Some(Deleted::Terminating(stored))),
            (Err(CommitError::Collision(_)), _) => Ok(None),
            (Err(error), _) => Err(log_failure(error)),
        }
    })
}

enum Step {
    /// It is terminating already, and nothing shortens that.
    Nothing,
    Remove(Object),
    Mark(Object),
}

impl Step {
    fn preview(self, stored: Stored) -> Deleted {
        match self {
            Step::Remove(last) => Deleted::Gone(last),
            Step::Nothing => Deleted::Terminating(stored),
            Step::Mark(next) => Deleted::Terminating(Stored { body: object::render(&next), version: stored.version }),
        }
    }
}

/// What one delete request does to an object.
fn plan(resource: &Resource, mut object: Object, options: &DeleteOptions) -> Step {
    let before = object.clone();
    set_dependents_finalizer(&mut object, options.propagation);
    rules::before_delete(resource, &mut object);
    let grace = rules::grace_period(resource, &object, options.grace_period_seconds);
    let pending = object::metadata(&object).get("deletionGracePeriodSeconds").and_then(Value::as_i64);
    let shortens = pending.is_some_and(|pending| grace < pending);
    let held = object::finalizers(&object).next().is_some() || !rules::may_end(resource, &object);
    if grace == 0 && !held {
        // A Pod is shown as it ends, however quickly that is.
        if resource.is("", "pods") && (!object::is_terminating(&object) || shortens) {
            mark(resource, &mut object, grace);
        }
        return Step::Remove(object);
    }
    if !object::is_terminating(&object) || shortens {
        mark(resource, &mut object, grace);
    }
    if object == before { Step::Nothing } else { Step::Mark(object) }
}

fn set_dependents_finalizer(object: &mut Object, propagation: Option<Propagation>) {
    match propagation {
        Some(Propagation::Foreground) => {
            object::remove_finalizer(object, ORPHAN);
            object::add_finalizer(object, FOREGROUND);
        }
        Some(Propagation::Orphan) => {
            object::remove_finalizer(object, FOREGROUND);
            object::add_finalizer(object, ORPHAN);
        }
        Some(Propagation::Background) => {
            object::remove_finalizer(object, FOREGROUND);
            object::remove_finalizer(object, ORPHAN);
        }
        None => {}
    }
}

fn mark(resource: &Resource, object: &mut Object, grace: i64) {
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(grace.clamp(0, 1 << 31));
    let first = !object::is_terminating(object);
    let metadata = object::metadata_mut(object);
    metadata.insert("deletionTimestamp".into(), end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into());
    // These end in steps of their own, which count neither seconds nor changes.
    let stepwise = matches!(
        (resource.group.as_str(), resource.plural.as_str()),
        ("", "namespaces") | ("apiextensions.k8s.io", "customresourcedefinitions")
    );
    if stepwise {
        rules::on_terminating(resource, object);
        return;
    }
    metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
    if let Some(generation) = metadata.get("generation").and_then(Value::as_i64).filter(|_| first) {
        metadata.insert("generation".into(), (generation + 1).into());
    }
    rules::on_terminating(resource, object);
}

fn check_preconditions(
    resource: &Resource,
    live: &Object,
    options: &DeleteOptions,
    subject: Subject<'_>,
) -> Result<(), ApiError> {
    let checks = [
        (&options.uid, object::uid(live), "UID", "deleted and then recreated"),
        (&options.resource_version, object::resource_version(live), "ResourceVersion", "modified"),
    ];
    for (wanted, found, what, why) in checks {
        let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != found) else { continue };
        // Kinds that end in steps of their own check this themselves, in words of their own.
        let own = match (resource.group.as_str(), resource.plural.as_str()) {
            ("", "namespaces") => "Precondition failed",
            ("apiextensions.k8s.io", _) => "precondition failed",
            _ => {
                let detail = format!(
                    "the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). The object \
                     might have been {why}"
                );
                return Err(ApiError::conflict(Subject { resource: &resource.kind, ..subject }, &detail));
            }
        };
        let detail = format!("{own}: {what} in precondition: {wanted}, {what} in object meta: {found}");
        return Err(ApiError::conflict(subject, &detail));
    }
    Ok(())
}

/// `pods/eviction`: a delete that a disruption budget may refuse.
pub fn evict(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let eviction: Value = super::decode::loose(call)?;
    let mut options = DeleteOptions { dry_run: call.query.dry_run, ..DeleteOptions::default() };
    options.merge_body(&eviction["deleteOptions"])?;
    let stored = api.store.get(&call.key()).ok_or_else(|| call.not_found())?;
    rules::check_eviction(api, &update::read(call, &stored)?)?;
    remove(api, &call.resource, &call.key(), &options)?;
    let success = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Ok(Reply::json(StatusCode::CREATED, success.to_string().into_bytes()))
}
