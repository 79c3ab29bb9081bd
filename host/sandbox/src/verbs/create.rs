//! Create.

use http::StatusCode;
use serde_json::Value;

use super::{decode, present};
use crate::api::{Api, Call, Reply, log_failure};
use crate::catalog::shelf_of;
use crate::error::{ApiError, Cause, Subject};
use crate::object::{self, Object};
use crate::ownership::{self, Writer};
use crate::store::{Change, CommitError, Expected, Key, Name, Stored};
use crate::{access, conversion, rules};

pub fn create(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    if !call.target.name.is_empty() {
        return Err(ApiError::method_not_allowed());
    }
    let mut decoded = decode::whole(call)?;
    decode::check_place(call, &mut decoded.object)?;
    let writer = Writer::update(call);
    let (stored, warnings) =
        store_new(api, call, decoded.object, &writer).map_err(|error| error.warned(&decoded.warnings))?;
    decoded.warnings.extend(warnings);
    Ok(present::object(call, StatusCode::CREATED, stored.body)?.warn(decoded.warnings))
}

/// Names, defaults, validates and stores a new object, whatever verb it comes from.
///
/// # Errors
/// What the client is to be told; a generated name that is taken is tried again.
pub fn store_new(
    api: &Api,
    call: &Call,
    object: Object,
    writer: &Writer<'_>,
) -> Result<(Stored, Vec<String>), ApiError> {
    const GENERATED_NAME_TRIES: usize = 8;
    let generated = object::name(&object).is_empty();
    for _ in 1..GENERATED_NAME_TRIES {
        match store_once(api, call, object.clone(), writer) {
            Err(error) if generated && error.reason == crate::error::Reason::AlreadyExists => {}
            outcome => return outcome,
        }
    }
    store_once(api, call, object, writer)
}

fn store_once(
    api: &Api,
    call: &Call,
    mut object: Object,
    writer: &Writer<'_>,
) -> Result<(Stored, Vec<String>), ApiError> {
    check_namespace(api, call, &object)?;
    check_definition(api, call, &object)?;
    access::check_escalation(api, call, &object, None)?;
    begin_life(call, &mut object);
    rules::begin(&call.resource, &mut object);
    name_requestor(call, &mut object);
    rules::default(&call.resource, &mut object);
    ownership::record(call, None, &mut object, writer)?;
    // What hangs on a generated name is filled in after it, and nobody owns that.
    name_it(call, &mut object)?;
    rules::prepare_create(api, &call.resource, &mut object)?;
    let change = rules::Change { resource: &call.resource, subresource: "", object: &object, live: None, uid: "" };
    let causes = rules::validate(&change);
    if !causes.is_empty() {
        return Err(ApiError::invalid(call.kind_subject(object::name(&object)), causes));
    }
    let warnings = rules::warnings(&call.resource, &object);
    let admitted = rules::admit(api, &change).map_err(|error| error.warned(&warnings))?;
    conversion::to_storage(&call.resource, &mut object);
    let name = object::name(&object).to_owned();
    let key = call.key_of(&name);
    if call.query.dry_run {
        if api.store.get(&key).is_some() {
            return Err(ApiError::already_exists(call.subject(&name)));
        }
        return Ok((Stored { body: object::render(&object), version: 0 }, warnings));
    }
    match api.store.commit(&key, Expected::Absent, Change::Put(object)) {
        Ok(stored) => {
            admitted.charge();
            Ok((stored, warnings))
        }
        Err(CommitError::Collision(_)) => {
            let mut error = ApiError::already_exists(call.subject(&name));
            let ends = |stored: Stored| object::mentions(&stored.body, b"\"deletionTimestamp\"");
            if api.store.get(&key).is_some_and(ends) {
                error.message = format!("object is being deleted: {}", error.message);
            }
            Err(error)
        }
        Err(error) => Err(log_failure(error)),
    }
}

fn name_it(call: &Call, object: &mut Object) -> Result<(), ApiError> {
    if !object::name(object).is_empty() {
        return Ok(());
    }
    let stem = object::text(object::metadata(object), "generateName").to_owned();
    if stem.is_empty() {
        let cause = Cause::required("metadata.name", "name or generateName is required");
        return Err(ApiError::invalid(call.kind_subject(""), vec![cause]));
    }
    let stem: String = stem.chars().take(58).collect();
    object::metadata_mut(object).insert("name".into(), format!("{stem}{}", suffix()).into());
    Ok(())
}

/// Five letters without vowels, so that no word comes out.
fn suffix() -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let random = uuid::Uuid::new_v4();
    random.as_bytes()[..5].iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

fn check_namespace(api: &Api, call: &Call, object: &Object) -> Result<(), ApiError> {
    if !call.resource.namespaced {
        return Ok(());
    }
    let namespace = call.target.namespace.as_str();
    let key = Key { shelf: shelf_of("", "namespaces"), name: Name::new("", namespace) };
    let Some(stored) = api.store.get(&key) else {
        return Err(ApiError::not_found(Subject { group: "", resource: "namespaces", name: namespace }));
    };
    // Parsing the namespace for every create would cost more than the create itself.
    if !object::mentions(&stored.body, b"\"deletionTimestamp\"") {
        return Ok(());
    }
    let detail = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let cause = Cause {
        reason: "NamespaceTerminating",
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".into(),
    };
    Err(ApiError::forbidden(call.subject(object::name(object)), &detail).with_causes(vec![cause]))
}

/// A definition that ends takes no new instances.
fn check_definition(api: &Api, call: &Call, object: &Object) -> Result<(), ApiError> {
    if !call.resource.is_custom() {
        return Ok(());
    }
    let shelf = shelf_of("apiextensions.k8s.io", "customresourcedefinitions");
    // A definition has the name of the shelf of its instances.
    let definition = api.store.get(&Key { shelf, name: Name::new("", call.resource.shelf.as_str()) });
    if definition.is_some_and(|stored| object::mentions(&stored.body, b"\"deletionTimestamp\"")) {
        let detail = "create not allowed while custom resource definition is terminating";
        return Err(ApiError::forbidden(call.subject(object::name(object)), detail));
    }
    Ok(())
}

/// A request for a certificate says who made it: not as the client has it, but as the server knows them.
fn name_requestor(call: &Call, object: &mut Object) {
    if !call.resource.is("certificates.k8s.io", "certificatesigningrequests") {
        return;
    }
    let spec = object::child_mut(object, "spec");
    for key in ["username", "uid", "groups", "extra"] {
        spec.remove(key);
    }
    if let Value::Object(user) = call.user.info() {
        spec.extend(user);
    }
}

/// System fields that no client sets.
fn begin_life(call: &Call, object: &mut Object) {
    let metadata = object::metadata_mut(object);
    // Where nothing is stored nothing gives it another.
    if !call.query.dry_run {
        metadata.remove("resourceVersion");
    }
    for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"] {
        metadata.remove(key);
    }
    metadata.insert("uid".into(), uuid::Uuid::new_v4().to_string().into());
    metadata.insert("creationTimestamp".into(), Value::String(object::now()));
}
