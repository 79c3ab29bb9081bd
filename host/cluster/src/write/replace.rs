//! Putting an object in another's place: create, replace, and delete to create anew.

use windlass_diff::options::Propagation;
use windlass_model::{Object, names};

use super::{Applied, Deletion, Place};
use crate::{Cluster, Error, error::Reason, request};

impl Cluster {
    pub(super) async fn create(&self, place: &Place<'_>, object: &Object) -> Result<Applied, Error> {
        let uri = place.collection_uri();
        let object = self.send(request::post(&uri, object.to_bytes())?).await?;
        Ok(Applied { object, verb: "created", remark: None })
    }

    pub(super) async fn replace(&self, place: &Place<'_>, force: bool) -> Result<Applied, Error> {
        let desired = place.object;
        let path = place.kind.path(place.object.namespace(), place.object.name());
        let live = match self.read(&path).await {
            Ok(live) => live,
            Err(error) if error.is_not_found() => return self.create(place, desired).await,
            Err(error) => return Err(error),
        };
        let mut body = desired.clone();
        body.metadata_mut().insert("resourceVersion".into(), live.resource_version().into());
        let uri = place.uri(&format!("fieldManager={}", names::FIELD_MANAGER));
        match self.send(request::put(&uri, body.to_bytes())?).await {
            Ok(object) => Ok(Applied { object, verb: "replaced", remark: None }),
            Err(error) if force && may_recreate(place, &error) => self.recreate(place, desired).await,
            Err(error) => Err(error),
        }
    }

    pub(super) async fn recreate(&self, place: &Place<'_>, desired: &Object) -> Result<Applied, Error> {
        let path = place.kind.path(desired.namespace(), desired.name());
        let live = self.read(&path).await?;
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
}

/// Namespaces and CRDs are never deleted to be replaced: everything in them would go too.
pub(super) fn may_recreate(place: &Place<'_>, error: &Error) -> bool {
    let precious = ["Namespace", "CustomResourceDefinition"].contains(&place.kind.kind.as_str());
    !precious && matches!(error.reason(), Some(Reason::Invalid | Reason::Conflict | Reason::Other))
}
