//! Three-way apply with the last-applied annotation, as `kubectl apply` does it on the client's side.

use windlass_merge::{
    client_apply::{self, PatchForm},
    schema::Schema,
};
use windlass_model::{Object, names};

use super::{Applied, Place};
use crate::{
    Cluster, Error,
    request::{self, PatchType},
};

impl Cluster {
    pub(super) async fn apply_three_way(&self, place: &Place<'_>) -> Result<Applied, Error> {
        let desired = with_last_applied(place.object);
        let live = match self.read(&place.kind.path(place.object.namespace(), place.object.name())).await {
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
        let object = self.send(request::patch(&uri, kind, body)?).await?;
        Ok(Applied { object, verb: "configured", remark: None })
    }
}

fn with_last_applied(object: &Object) -> Object {
    let mut annotated = object.clone();
    let text = String::from_utf8(object.to_bytes()).unwrap_or_default() + "\n";
    annotated.set_annotation(names::LAST_APPLIED, &text);
    annotated
}
