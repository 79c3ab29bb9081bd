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
    Answer, Cluster, Error,
    error::Reason,
    redact::veiled,
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
        let applied = result.map_err(|error| self.veiled(error, &object.key(), Some(object)))?;
        if !dry_run {
            self.cache.put(&applied.object);
        }
        Ok(applied)
    }

    /// What server-side apply refuses and client-side apply takes (fields that the schema does not have, keys that
    /// stand twice in a list) is applied as client-side apply does.
    async fn apply_untyped(&self, place: &Place<'_>, refusal: Error) -> Result<Applied, Error> {
        let applied = self.apply_three_way(place).await?;
        let refusal = self.veiled(refusal, &place.object.key(), Some(place.object));
        Ok(Applied { remark: Some(refusal.to_string()), ..applied })
    }

    /// The live object in the version that `object` is written in.
    pub async fn fetch(&self, object: &Object) -> Result<Object, Error> {
        let kinds = self.kinds();
        let kind = kinds.find(object.api_version(), object.kind()).ok_or_else(|| Error::UnknownKind {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
        })?;
        self.read(&kind.path(object.namespace(), object.name())).await
    }

    /// Changes a live object with a JSON merge patch.
    pub async fn merge_patch(&self, key: &ObjectKey, patch: &Value) -> Result<Answer, Error> {
        let kinds = self.kinds();
        let kind = kinds.preferred(&key.kind).ok_or_else(|| Error::UnknownKind {
            api_version: key.kind.group.to_string(),
            kind: key.kind.kind.to_string(),
        })?;
        let uri = format!("{}?fieldManager={}", kind.path(&key.namespace, &key.name), names::FIELD_MANAGER);
        let request = request::patch(&uri, PatchType::Merge, patch.to_string().into_bytes())?;
        match self.ask(request).await {
            Ok(answer) => {
                self.cache.put_json(key, answer.json());
                Ok(answer)
            }
            Err(error) => Err(self.refused(error, key).await),
        }
    }

    /// After a conflict the cache is behind, and its watch may be silent: what is there now is asked for, so that the
    /// next attempt goes by it.
    async fn refused(&self, error: Error, key: &ObjectKey) -> Error {
        if error.reason() == Some(Reason::Conflict) {
            let path = self.kinds().preferred(&key.kind).map(|kind| kind.path(&key.namespace, &key.name));
            match self.read(&path.unwrap_or_default()).await {
                Ok(present) => self.cache.put(&present),
                Err(gone) if gone.is_not_found() => self.cache.remove(key, None),
                Err(unseen) => tracing::debug!(object = %key, error = %unseen, "cannot be looked at after a conflict"),
            }
        }
        self.veiled(error, key, None)
    }

    /// Texts of API errors echo values; those of a Secret, as it lives and as it is wanted, are cut out.
    fn veiled(&self, error: Error, key: &ObjectKey, wanted: Option<&Object>) -> Error {
        let live = self.cache.get(key).map(|cached| cached.object());
        veiled(error, &wanted.into_iter().chain(&live).collect::<Vec<_>>())
    }
}
