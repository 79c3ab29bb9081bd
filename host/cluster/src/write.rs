//! Changing objects: apply, replace, delete. The answer goes into the cache before the caller sees it.

use serde_json::{Value, json};
use windlass_diff::options::Propagation;
use windlass_merge::{
    apply::Managers,
    client_apply::{self, PatchForm},
    schema::Schema,
};
use windlass_model::{Object, ObjectKey, names};

use crate::{
    Cluster, Error, Kind,
    error::Reason,
    request::{self, PatchType},
    trim::FOREIGN_MANAGERS,
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
}

/// A delete that can only hit the object that was looked at.
#[derive(Clone, Debug)]
pub struct Deletion<'a> {
    pub key: &'a ObjectKey,
    pub uid: &'a str,
    pub resource_version: &'a str,
    pub propagation: Propagation,
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

    /// The live object in the version that `object` is written in.
    pub async fn fetch(&self, object: &Object) -> Result<Object, Error> {
        let kinds = self.kinds();
        let kind = kinds.find(object.api_version(), object.kind()).ok_or_else(|| Error::UnknownKind {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
        })?;
        request::object(&self.client, request::get(&kind.path(object.namespace(), object.name()))?).await
    }

    async fn apply_server_side(&self, place: &Place<'_>) -> Result<Applied, Error> {
        let existed = self.cache.get(&place.object.key());
        if let Some(live) = existed.as_ref().filter(|_| !place.dry_run).map(|cached| cached.object()) {
            self.take_ownership(place, &live).await?;
        }
        let uri = place.uri(&format!("fieldManager={}&force=true", names::FIELD_MANAGER));
        let object =
            request::object(&self.client, request::patch(&uri, PatchType::Apply, place.object.to_bytes())?).await?;
        Ok(Applied { object, verb: if existed.is_some() { "serverside-applied" } else { "created" } })
    }

    /// Moves what client-side apply or Argo CD's controller own over to us, so that fields which Git
    /// no longer has are removed and not left to a manager who is gone.
    async fn take_ownership(&self, place: &Place<'_>, live: &Object) -> Result<(), Error> {
        let Some(patch) = ownership_patch(live) else { return Ok(()) };
        let uri = place.uri("");
        match request::object(&self.client, request::patch(&uri, PatchType::Json, patch)?).await {
            Ok(object) => {
                self.cache.put(object);
                Ok(())
            }
            // The object has changed under us: the next reconcile looks again.
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn apply_three_way(&self, place: &Place<'_>) -> Result<Applied, Error> {
        let desired = with_last_applied(place.object);
        let live = match request::object(
            &self.client,
            request::get(&place.kind.path(place.object.namespace(), place.object.name()))?,
        )
        .await
        {
            Ok(live) => live,
            Err(error) if error.is_not_found() => return self.create(place, &desired).await,
            Err(error) => return Err(error),
        };
        let (live, modified) = (live.to_value(), desired.to_value());
        let original = client_apply::last_applied(&live);
        let planned = client_apply::plan(Schema::builtin().of(&modified), original.as_ref(), &modified, &live)
            .map_err(|error| Error::Invalid { object: desired.key().to_string(), message: error.to_string() })?;
        let kind = match planned.form {
            PatchForm::Strategic => PatchType::StrategicMerge,
            PatchForm::Merge => PatchType::Merge,
        };
        let uri = place.uri(&format!("fieldManager={}", names::FIELD_MANAGER));
        let body = planned.patch.to_string().into_bytes();
        let object = request::object(&self.client, request::patch(&uri, kind, body)?).await?;
        Ok(Applied { object, verb: "configured" })
    }

    async fn create(&self, place: &Place<'_>, object: &Object) -> Result<Applied, Error> {
        let uri = place.collection_uri();
        let object = request::object(&self.client, request::post(&uri, object.to_bytes())?).await?;
        Ok(Applied { object, verb: "created" })
    }

    async fn replace(&self, place: &Place<'_>, force: bool) -> Result<Applied, Error> {
        let desired = place.object;
        let path = place.kind.path(place.object.namespace(), place.object.name());
        let live = match request::object(&self.client, request::get(&path)?).await {
            Ok(live) => live,
            Err(error) if error.is_not_found() => return self.create(place, desired).await,
            Err(error) => return Err(error),
        };
        let mut body = desired.clone();
        body.metadata_mut().insert("resourceVersion".into(), live.resource_version().into());
        let uri = place.uri(&format!("fieldManager={}", names::FIELD_MANAGER));
        match request::object(&self.client, request::put(&uri, body.to_bytes())?).await {
            Ok(object) => Ok(Applied { object, verb: "replaced" }),
            Err(error) if force && may_recreate(place, &error) => self.recreate(place, desired).await,
            Err(error) => Err(error),
        }
    }

    async fn recreate(&self, place: &Place<'_>, desired: &Object) -> Result<Applied, Error> {
        let path = place.kind.path(desired.namespace(), desired.name());
        let live = request::object(&self.client, request::get(&path)?).await?;
        let key = live.key();
        self.delete(&Deletion {
            key: &key,
            uid: live.uid(),
            resource_version: live.resource_version(),
            propagation: Propagation::Background,
        })
        .await?;
        self.create(place, desired).await
    }

    /// Deletes an object, if it still is the one that was looked at. Already gone counts as deleted.
    pub async fn delete(&self, deletion: &Deletion<'_>) -> Result<(), Error> {
        let kinds = self.kinds();
        let Some(kind) = kinds.preferred(&deletion.key.kind) else { return Ok(()) };
        let body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "propagationPolicy": deletion.propagation.as_str(),
            "preconditions": {"uid": deletion.uid, "resourceVersion": deletion.resource_version},
        });
        let uri = kind.path(&deletion.key.namespace, &deletion.key.name);
        match request::object(&self.client, request::delete(&uri, &body)?).await {
            Ok(answer) if answer.uid() == deletion.uid => self.cache.put(answer),
            Ok(_) => self.cache.remove(deletion.key, Some(deletion.uid)),
            Err(error) if error.is_not_found() => self.cache.remove(deletion.key, Some(deletion.uid)),
            Err(error) => return Err(error),
        }
        Ok(())
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
        let object = request::object(&self.client, request).await?;
        self.cache.put(object.clone());
        Ok(object)
    }
}

/// Where a request about one desired object goes.
struct Place<'a> {
    kind: &'a Kind,
    object: &'a Object,
    dry_run: bool,
}

impl Place<'_> {
    fn uri(&self, query: &str) -> String {
        self.with_query(&self.kind.path(self.object.namespace(), self.object.name()), query)
    }

    fn collection_uri(&self) -> String {
        let query = format!("fieldManager={}", names::FIELD_MANAGER);
        self.with_query(&self.kind.path(self.object.namespace(), ""), &query)
    }

    fn with_query(&self, path: &str, query: &str) -> String {
        let dry_run = if self.dry_run { "dryRun=All" } else { "" };
        let parts: Vec<&str> = [query, dry_run].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
    }
}

/// The JSON patch that moves the fields of foreign managers to ours; `None` when there is nothing to move.
fn ownership_patch(live: &Object) -> Option<Vec<u8>> {
    let mut value = live.to_value();
    let mut managers = Managers::of(&value).ok()?;
    if !managers.hand_over(&FOREIGN_MANAGERS, names::FIELD_MANAGER, "") {
        return None;
    }
    managers.write_to(&mut value);
    let patch = json!([
        {"op": "test", "path": "/metadata/resourceVersion", "value": live.resource_version()},
        {"op": "replace", "path": "/metadata/managedFields", "value": value.pointer("/metadata/managedFields")?},
    ]);
    Some(patch.to_string().into_bytes())
}

fn with_last_applied(object: &Object) -> Object {
    let mut annotated = object.clone();
    let text = String::from_utf8(object.to_bytes()).unwrap_or_default() + "\n";
    annotated.set_annotation(names::LAST_APPLIED, &text);
    annotated
}

/// Namespaces and CRDs are never deleted to be replaced: everything in them would go too.
fn may_recreate(place: &Place<'_>, error: &Error) -> bool {
    let precious = ["Namespace", "CustomResourceDefinition"].contains(&place.kind.kind.as_str());
    !precious && matches!(error.reason(), Some(Reason::Invalid | Reason::Conflict | Reason::Other))
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
