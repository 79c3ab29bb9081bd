//! What `kubectl apply` without `--server-side` would do: the patch it would send and the object that comes of it.

use serde_json::{Map, Value};

use crate::apply::LAST_APPLIED_ANNOTATION;
use crate::schema::TypeRef;
use crate::value::{check_depth, go_json};
use crate::{json, strategic};

/// Why the patch could not be made or laid over the live object.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("strategic merge patch: {0}")]
    Strategic(#[from] strategic::Error),
    #[error("merge patch: {0}")]
    Json(#[from] json::Error),
    #[error(transparent)]
    TooDeep(#[from] crate::value::TooDeep),
}

/// The content type that a patch is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchForm {
    /// `application/strategic-merge-patch+json`
    Strategic,
    /// `application/merge-patch+json`
    Merge,
}

/// A patch and its effect on the live object, before the API server's defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientApply {
    pub form: PatchForm,
    pub patch: Value,
    pub predicted: Value,
}

/// Works out the three-way patch from the configuration applied last to `modified`, over `live`.
///
/// `of` is the type of a kind that supports strategic merge; `None` takes JSON merge patch, as custom resources do.
/// What was applied last is `original`, see [`last_applied`].
pub fn plan(
    of: Option<TypeRef<'_>>,
    original: Option<&Value>,
    modified: &Value,
    live: &Value,
) -> Result<ClientApply, Error> {
    let nothing = Value::Object(Map::new());
    let original = original.unwrap_or(&nothing);
    match of {
        Some(of) => {
            let patch = strategic::three_way(of, original, modified, live)?;
            let predicted = strategic::apply(of, live, &patch)?;
            Ok(ClientApply { form: PatchForm::Strategic, patch, predicted })
        }
        None => {
            let patch = json::three_way(original, modified, live)?;
            let predicted = json::merge(live, &patch)?;
            Ok(ClientApply { form: PatchForm::Merge, patch, predicted })
        }
    }
}

/// The configuration that the live object's annotation says was applied last.
pub fn last_applied(live: &Value) -> Option<Value> {
    let text = live.get("metadata")?.get("annotations")?.get(LAST_APPLIED_ANNOTATION)?.as_str()?;
    serde_json::from_str(text).ok()
}

/// The configuration with itself as its last-applied annotation: what is applied and remembered.
pub fn annotated(config: &Value) -> Result<Value, Error> {
    check_depth(config)?;
    let mut config = config.clone();
    let Some(object) = config.as_object_mut() else { return Err(json::Error::NotObjects.into()) };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    let Some(metadata) = metadata.as_object_mut() else { return Err(json::Error::NotObjects.into()) };
    let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
    if annotations.is_null() {
        *annotations = Value::Object(Map::new());
    }
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.remove(LAST_APPLIED_ANNOTATION);
    }
    let text = format!("{}\n", go_json(&config));
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.insert(LAST_APPLIED_ANNOTATION.to_owned(), Value::String(text));
    }
    Ok(config)
}
