//! Duplicate and unknown fields of request bodies: `fieldValidation`.

pub mod duplicates;
pub mod json;
mod types;
mod unknown;

use serde_json::json;
use windlass_merge::schema::Schema;

use crate::api::Call;
use crate::error::{ApiError, Reason};
use crate::http::accept::Content;
use crate::http::query::FieldValidation;
use crate::object::Object;

use duplicates::Read;

/// The type of every object's metadata.
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// # Errors
/// A body that is not what its media type says.
pub fn read(body: &[u8], content: Content) -> Result<Read, ApiError> {
    match content {
        Content::Yaml | Content::ApplyPatch => crate::yaml::read(body),
        Content::Protobuf => match crate::protobuf::decode(body) {
            Ok(value) => Ok(Read { value, duplicates: Vec::new() }),
            // A kind that is nowhere is refused by name, as in other media types.
            Err(crate::protobuf::Error::UnknownKind { api_version, kind })
                if Schema::builtin().kind(&api_version, &kind).is_none() && !kind.is_empty() =>
            {
                let value = json!({ "apiVersion": api_version, "kind": kind });
                Ok(Read { value, duplicates: Vec::new() })
            }
            Err(error @ crate::protobuf::Error::UnknownKind { .. }) => {
                Err(ApiError::new(Reason::UnsupportedMediaType, error.to_string()))
            }
            Err(error) => Err(ApiError::bad_request(error.to_string())),
        },
        _ => json::read_json(body),
    }
}

/// Drops the fields that the kind does not have, and says so in the measure asked for.
///
/// # Errors
/// A value of another type than its field's; under strict validation, the list of fields.
pub fn check(call: &Call, object: &mut Object, duplicates: Vec<String>) -> Result<Vec<String>, ApiError> {
    if let Some(problem) = types::problem(&call.resource, object) {
        let (kind, version) = (&call.resource.kind, &call.resource.version);
        let message = format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {problem}");
        return Err(ApiError::bad_request(message));
    }
    let unknown = unknown::drop_unknown(&call.resource, object);
    let unknown = unknown.into_iter().map(|path| format!("unknown field \"{path}\""));
    report(call, unknown.chain(repeated(duplicates)).collect())
}

/// How fields that stand twice are told.
fn repeated(paths: Vec<String>) -> Vec<String> {
    paths.into_iter().map(|path| format!("duplicate field \"{path}\"")).collect()
}

/// Tells what was found in the measure asked for.
///
/// # Errors
/// Under strict validation, what was found.
fn report(call: &Call, found: Vec<String>) -> Result<Vec<String>, ApiError> {
    match call.query.field_validation {
        _ if found.is_empty() => Ok(found),
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(found),
        FieldValidation::Strict => {
            let kind = &call.resource.kind;
            let (version, listed) = (&call.resource.version, found.join(", "));
            Err(ApiError::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: {listed}"
            )))
        }
    }
}
