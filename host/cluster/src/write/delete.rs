//! Deletes that can only hit what was looked at.

use serde_json::json;
use windlass_diff::options::Propagation;
use windlass_model::ObjectKey;

use crate::{Cluster, Error, request};

/// A delete that can only hit the object that was looked at.
#[derive(Clone, Debug)]
pub struct Deletion<'a> {
    pub key: &'a ObjectKey,
    pub uid: &'a str,
    pub resource_version: &'a str,
    pub propagation: Propagation,
}

impl Cluster {
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
        match self.send(request::delete(&uri, &body)?).await {
            Ok(answer) if answer.uid() == deletion.uid => self.cache.put(&answer),
            Ok(_) => self.cache.remove(deletion.key, Some(deletion.uid)),
            Err(error) if error.is_not_found() => self.cache.remove(deletion.key, Some(deletion.uid)),
            Err(error) => return Err(self.refused(error, deletion.key).await),
        }
        Ok(())
    }
}
