//! Changing objects: apply, replace, delete. The answer goes into the cache before the caller sees it.

mod delete;
mod event;
mod place;
mod replace;
mod server_side;
mod three_way;

use serde_json::Value;
use windlass_model::{Object, ObjectKey, names};

pub use self::{delete::Deletion, event::Note};
use self::{place::Place, replace::may_recreate};
use crate::{
    Cluster, Error,
    request::{self, PatchType},
};

/// How an object is brought to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyMode {
    /// Server-side apply with our field manager, conflicts forced; with `force`, what the server refuses to
    /// change is deleted and created anew.
    ServerSide { force: bool },
    /// Three-way merge with the last-applied annotation, as `kubectl apply` does.
    ThreeWay,
    /// Put in place of what is there; with `force`, deleted and created anew where that fails.
    Replace { force: bool },
}

/// What an apply did.
#[derive(Clone, Debug)]
pub struct Applied {
    pub object: Object,
    pub verb: &'static str,
    /// Why the object was merged by us although the server was to do it.
    pub remark: Option<String>,
}

impl Cluster {
    /// Applies an object whose namespace is set. A dry run changes neither cluster nor cache.
    pub async fn apply(&self, object: &Object, mode: ApplyMode, dry_run: bool) -> Result<Applied, Error> {
        let kinds = self.kinds();
        let kind = kinds.find(object.api_version(), object.kind()).ok_or_else(|| Error::UnknownKind {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
        })?;
        let place = Place { kind, object, dry_run };
        let result = match mode {
            ApplyMode::ServerSide { force } => match self.apply_server_side(&place).await {
                Err(error) if error.is_untyped() => self.apply_untyped(&place, error).await,
                Err(error) if force && !dry_run && may_recreate(&place, &error) => self.recreate(&place, object).await,
                result => result,
            },
            ApplyMode::ThreeWay => self.apply_three_way(&place).await,
            ApplyMode::Replace { force } => self.replace(&place, force).await,
        };
        let applied = result.map_err(|error| without_secrets(error, object))?;
        if !dry_run {
            self.cache.put(applied.object.clone());
        }
        Ok(applied)
    }

    /// What server-side apply refuses and client-side apply takes (fields that the schema does not have, keys that
    /// stand twice in a list) is applied as client-side apply does.
    async fn apply_untyped(&self, place: &Place<'_>, refusal: Error) -> Result<Applied, Error> {
        let applied = self.apply_three_way(place).await?;
        Ok(Applied { remark: Some(without_secrets(refusal, place.object).to_string()), ..applied })
    }

    /// The live object in the version that `object` is written in.
    pub async fn fetch(&self, object: &Object) -> Result<Object, Error> {
        let kinds = self.kinds();
        let kind = kinds.find(object.api_version(), object.kind()).ok_or_else(|| Error::UnknownKind {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
        })?;
        request::object(&self.client, request::get(&kind.path(object.namespace(), object.name()))?).await
    }

    /// Changes a live object with a JSON merge patch.
    pub async fn merge_patch(&self, key: &ObjectKey, patch: &Value) -> Result<Object, Error> {
        let kinds = self.kinds();
        let kind = kinds.preferred(&key.kind).ok_or_else(|| Error::UnknownKind {
            api_version: key.kind.group.to_string(),
            kind: key.kind.kind.to_string(),
        })?;
        let uri = format!("{}?fieldManager={}", kind.path(&key.namespace, &key.name), names::FIELD_MANAGER);
        let request = request::patch(&uri, PatchType::Merge, patch.to_string().into_bytes())?;
        let object = self.send(request).await?;
        self.cache.put(object.clone());
        Ok(object)
    }
}

/// Texts of API errors echo values; those of a Secret are cut out.
fn without_secrets(error: Error, object: &Object) -> Error {
    if !object.group_kind().is("", "Secret") {
        return error;
    }
    let Error::Api { reason, code, mut message, retry_after_s } = error else { return error };
    for field in ["data", "stringData"] {
        let values = object.get(field).and_then(Value::as_object).into_iter().flat_map(|map| map.values());
        for value in values.filter_map(Value::as_str).filter(|value| !value.is_empty()) {
            message = message.replace(value, "++++++++");
        }
    }
    Error::Api { reason, code, message, retry_after_s }
}
