//! Who owns which field: `metadata.managedFields`, and the patches that merge, through `windlass-merge`.

use serde_json::Value;
use windlass_merge::apply::{self as merging, Request, Versions};
use windlass_merge::fields::{FieldSet, Path};
use windlass_merge::schema::{Schema, TypeRef};
use windlass_merge::{json, strategic};

use crate::api::Call;
use crate::catalog::Resource;
use crate::error::{ApiError, Cause, Reason};
use crate::http::accept::Content;
use crate::object::{self, Object};
use crate::rules;

/// Whether a write would change nothing.
pub use windlass_merge::apply::equal_but_times;

/// Who writes, and how.
pub struct Writer<'a> {
    manager: String,
    subresource: &'a str,
    /// An apply has recorded its owners before the object gets here.
    recorded: bool,
}

impl<'a> Writer<'a> {
    pub fn update(call: &'a Call) -> Self {
        Writer { manager: call.manager(), subresource: &call.target.subresource, recorded: false }
    }

    pub fn apply(call: &'a Call) -> Self {
        Writer { recorded: true, ..Self::update(call) }
    }
}

/// Records the writer as owner of what it changed.
///
/// # Errors
/// An object that does not have the types of its kind.
pub fn record(call: &Call, live: Option<&Object>, object: &mut Object, writer: &Writer<'_>) -> Result<(), ApiError> {
    if writer.recorded {
        return Ok(());
    }
    track(&call.resource, live, object, &writer.manager, writer.subresource)?;
    if writer.subresource == SCALE {
        forget_time(object, &writer.manager, "Update");
    }
    Ok(())
}

const SCALE: &str = "scale";

/// The way from a Scale to what it scales loses the time.
fn forget_time(object: &mut Object, manager: &str, operation: &str) {
    let entries = object::metadata_mut(object).get_mut("managedFields").and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
        let acting = [("manager", manager), ("operation", operation), ("subresource", SCALE)];
        if acting.into_iter().all(|(key, wanted)| object::text(entry, key) == wanted) {
            entry.remove("time");
        }
    }
}

/// Records the server itself, or one of its controllers, as owner of what it changed.
pub fn record_own(resource: &Resource, live: Option<&Object>, object: &mut Object, manager: &str, subresource: &str) {
    if let Err(error) = track(resource, live, object, manager, subresource) {
        tracing::error!(%error, "a write of the server's own has no owner");
    }
}

fn track(
    resource: &Resource,
    live: Option<&Object>,
    object: &mut Object,
    manager: &str,
    subresource: &str,
) -> Result<(), ApiError> {
    let time = object::now();
    let request = Request { manager, subresource, time: &time, force: false };
    let api_version = resource.api_version();
    let convert = |object: &Value, version: &str| Ok(in_version(resource, object, version));
    let versions = Versions { api_version: &api_version, of: type_of(resource), convert: &convert };
    let live = live.map_or_else(|| rules::blank(resource), |live| Some(Value::Object(live.clone())));
    let wanted = Value::Object(std::mem::take(object));
    let ignored = unowned_here(resource, subresource);
    *object = match merging::update(&versions, live.as_ref(), &wanted, request, &ignored) {
        Ok(Value::Object(tracked)) => tracked,
        Ok(_) => return Err(ApiError::internal("Internal error occurred: tracking lost the object")),
        Err(error) => {
            // The real server goes on as well: ownership is not worth a refused write.
            tracing::debug!(%error, "owners are not tracked");
            match wanted {
                Value::Object(wanted) => wanted,
                _ => Object::new(),
            }
        }
    };
    Ok(())
}

/// Merges an applied configuration into the live object.
///
/// # Errors
/// Conflicts with other managers; configurations that do not have the types of their kind.
pub fn apply(call: &Call, live: Option<&Object>, config: &Object) -> Result<Object, ApiError> {
    let time = object::now();
    let manager = call.manager();
    let request =
        Request { manager: &manager, subresource: &call.target.subresource, time: &time, force: call.query.force };
    let api_version = call.resource.api_version();
    let convert = |object: &Value, version: &str| Ok(in_version(&call.resource, object, version));
    let versions = Versions { api_version: &api_version, of: type_of(&call.resource), convert: &convert };
    let live = live.map(|live| Value::Object(live.clone()));
    let config = Value::Object(config.clone());
    match merging::apply(
        &versions,
        live.as_ref(),
        &config,
        request,
        &unowned_here(&call.resource, &call.target.subresource),
    ) {
        Ok(Value::Object(mut merged)) => {
            if call.target.subresource == SCALE {
                forget_time(&mut merged, &manager, "Apply");
            }
            Ok(merged)
        }
        Ok(_) => Err(ApiError::internal("Internal error occurred: the apply lost the object")),
        Err(error) => Err(refusal(error)),
    }
}

/// What an operation does not say is null.
fn with_values(patch: &Value) -> Value {
    let mut patch = patch.clone();
    for operation in patch.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        if matches!(object::text(operation, "op"), "add" | "replace" | "test") {
            operation.entry("value").or_insert(Value::Null);
        }
    }
    patch
}

fn refusal(error: merging::Error) -> ApiError {
    match error {
        merging::Error::Conflict(conflicts) => {
            let causes = conflicts.0.iter().map(|conflict| Cause {
                reason: "FieldManagerConflict",
                message: conflict.cause(),
                field: conflict.path.to_string(),
            });
            ApiError::new(Reason::Conflict, conflicts.to_string()).with_causes(causes.collect())
        }
        merging::Error::ManagedFieldsInConfig | merging::Error::WrongKind { .. } => {
            ApiError::bad_request(error.to_string())
        }
        other => ApiError::new(Reason::Unknown, other.to_string()),
    }
}

fn type_of(resource: &Resource) -> TypeRef<'_> {
    let found = match &resource.custom {
        Some(custom) => custom.merge_type(&resource.api_version(), &resource.kind),
        None => Schema::builtin().kind(&resource.api_version(), &resource.kind),
    };
    match found {
        Some(typed) => typed,
        None => Schema::any_type(),
    }
}

/// The object in another version that an owner has recorded: those of a definition differ in `apiVersion` alone.
fn in_version<'s>(resource: &'s Resource, object: &Value, api_version: &str) -> Option<(TypeRef<'s>, Value)> {
    let of = resource.custom.as_ref()?.merge_type(api_version, &resource.kind)?;
    let mut object = object.clone();
    object["apiVersion"] = api_version.into();
    Some((of, object))
}

/// What nobody can own through this path: the status through the object, all else through the status.
fn unowned_here(resource: &Resource, subresource: &str) -> FieldSet {
    let fields: &[&str] = match subresource {
        "" if resource.has("status") => &["status"],
        "status" => &["spec"],
        _ => &[],
    };
    fields.iter().map(|field| Path::fields(&[field])).collect()
}

fn not_strategic(error: &strategic::Error) -> ApiError {
    match error {
        strategic::Error::ListOfLists => rejected(),
        strategic::Error::TooDeep(_)
        | strategic::Error::DeleteList
        | strategic::Error::RetainKeys
        | strategic::Error::SetOrder => ApiError::bad_request(error.to_string()),
        // What the real server did not think of is its own fault there.
        _ => ApiError::new(Reason::Unknown, error.to_string()),
    }
}

/// The real server does not say what of the patch it was either.
fn rejected() -> ApiError {
    let message = "the server rejected our request due to an error in our request";
    ApiError { details: Some(Box::default()), ..ApiError::new(Reason::Invalid, message) }
}

/// A patch of a document: JSON, merge, or strategic for built-in kinds.
///
/// # Errors
/// A patch that is not one, or that does not fit the document or its kind.
pub fn patched(call: &Call, content: Content, document: &Value, patch: &Value) -> Result<Value, ApiError> {
    match content {
        Content::JsonPatch if !patch.is_array() => {
            let found = if patch.is_object() { "object" } else { "value" };
            let message = format!("json: cannot unmarshal {found} into Go value of type []handlers.jsonPatchOp");
            Err(ApiError::bad_request(format!("error decoding patch: {message}")))
        }
        Content::JsonPatch => json::patch(document, &with_values(patch)).map_err(|error| match error {
            json::Error::TooManyOperations { found } => {
                let most = json::MAX_OPERATIONS;
                let message = format!("The allowed maximum operations in a JSON patch is {most}, got {found}");
                ApiError::new(Reason::RequestEntityTooLarge, format!("Request entity too large: {message}"))
            }
            json::Error::Operation(_) | json::Error::Format(_) | json::Error::CopiesTooMuch => rejected(),
            other => ApiError::bad_request(other.to_string()),
        }),
        Content::StrategicPatch => {
            strategic::apply(type_of(&call.resource), document, patch).map_err(|error| not_strategic(&error))
        }
        _ => json::merge(document, patch).map_err(|error| ApiError::bad_request(error.to_string())),
    }
}
