//! Duplicate and unknown fields of request bodies: `fieldValidation`.

mod duplicates;
mod unknown;

use serde_json::Value;

use crate::api::Call;
use crate::error::{ApiError, Reason};
use crate::http::accept::Content;
use crate::http::query::FieldValidation;
use crate::object::Object;

/// A parsed body and the paths of keys that stand in it twice (the last one counts).
pub struct Read {
    pub value: Value,
    pub duplicates: Vec<String>,
}

/// # Errors
/// A body that is not what its media type says.
pub fn read(body: &[u8], content: Content) -> Result<Read, ApiError> {
    match content {
        Content::Yaml | Content::ApplyPatch => crate::yaml::read(body),
        Content::Protobuf => match crate::protobuf::decode(body) {
            Ok(value) => Ok(Read { value, duplicates: Vec::new() }),
            Err(error @ crate::protobuf::Error::UnknownKind { .. }) => {
                Err(ApiError::new(Reason::UnsupportedMediaType, error.to_string()))
            }
            Err(error) => Err(ApiError::bad_request(error.to_string())),
        },
        _ => read_json(body),
    }
}

/// # Errors
/// Text that is not JSON.
pub fn read_json(body: &[u8]) -> Result<Read, ApiError> {
    duplicates::read(body)
        .map_err(|error| ApiError::bad_request(format!("the request body cannot be read as JSON: {error}")))
}

/// Drops the fields that the kind does not have, and says so in the measure asked for.
///
/// # Errors
/// Under strict validation, the list of fields.
pub fn check(call: &Call, object: &mut Object, duplicates: Vec<String>) -> Result<Vec<String>, ApiError> {
    let unknown = unknown::drop_unknown(&call.resource, object);
    let unknown = unknown.into_iter().map(|path| format!("unknown field \"{path}\""));
    let duplicates = duplicates.into_iter().map(|path| format!("duplicate field \"{path}\""));
    let found: Vec<String> = unknown.chain(duplicates).collect();
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
