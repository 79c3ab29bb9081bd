//! Server-side apply, and the take-over of what other managers have left behind.

use serde_json::json;
use windlass_merge::apply::Managers;
use windlass_model::{Object, names};

use super::{Applied, Place};
use crate::{
    Cluster, Error,
    request::{self, PatchType},
    trim::FOREIGN_MANAGERS,
};

impl Cluster {
    pub(super) async fn apply_server_side(&self, place: &Place<'_>) -> Result<Applied, Error> {
        let existed = self.cache.get(&place.object.key());
        if let Some(live) = existed.as_ref().filter(|_| !place.dry_run).map(|cached| cached.object()) {
            self.take_ownership(place, &live).await?;
        }
        let uri = place.uri(&format!("fieldManager={}&force=true", names::FIELD_MANAGER));
        let object = self.send(request::patch(&uri, PatchType::Apply, place.object.to_bytes())?).await?;
        Ok(Applied { object, verb: if existed.is_some() { "serverside-applied" } else { "created" }, remark: None })
    }

    /// Moves what client-side apply or Argo CD's controller own over to us, so that fields which Git
    /// no longer has are removed and not left to a manager who is gone.
    async fn take_ownership(&self, place: &Place<'_>, live: &Object) -> Result<(), Error> {
        let Some(patch) = ownership_patch(live) else { return Ok(()) };
        let uri = place.uri("");
        match self.send(request::patch(&uri, PatchType::Json, patch)?).await {
            Ok(object) => {
                self.cache.put(&object);
                Ok(())
            }
            // The object has changed under us: the next reconcile looks again.
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
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
