//! Columns of volumes and their classes.

use serde_json::Value;

use super::cells::{UNSET, View};
use super::{AGE, Column, NAME, column};

pub(super) fn columns(key: (&str, &str)) -> Option<&'static [Column]> {
    Some(match key {
        ("", "persistentvolumeclaims") => CLAIMS,
        ("", "persistentvolumes") => VOLUMES,
        ("storage.k8s.io", "storageclasses") => CLASSES,
        _ => return None,
    })
}

fn modes(list: &[Value]) -> Value {
    let short = |mode: &str| match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    let words: Vec<&str> = list.iter().filter_map(Value::as_str).map(short).collect();
    words.join(",").into()
}

fn phase(object: &View<'_>) -> Value {
    if object.at("metadata.deletionTimestamp").is_null() {
        return object.text("status.phase").into();
    }
    "Terminating".into()
}

fn attributes_class(object: &View<'_>) -> Value {
    match object.text("spec.volumeAttributesClassName") {
        "" => UNSET.into(),
        class => class.into(),
    }
}

const CLAIMS: &[Column] = &[
    NAME,
    column("Status", phase),
    column("Volume", |claim| claim.text("spec.volumeName").into()),
    column("Capacity", |claim| match claim.text("spec.volumeName") {
        "" => "".into(),
        // A claim that is bound but not told of its size has none.
        _ => match claim.text("status.capacity.storage") {
            "" => "0".into(),
            size => size.into(),
        },
    }),
    column("Access Modes", |claim| match claim.text("spec.volumeName") {
        "" => "".into(),
        _ => modes(claim.list("status.accessModes")),
    }),
    column("StorageClass", |claim| claim.text("spec.storageClassName").into()),
    column("VolumeAttributesClass", attributes_class),
    AGE,
    column("VolumeMode", |claim| match claim.text("spec.volumeMode") {
        "" => UNSET.into(),
        mode => mode.into(),
    })
    .wide(),
];

const VOLUMES: &[Column] = &[
    NAME,
    column("Capacity", |volume| volume.text("spec.capacity.storage").into()),
    column("Access Modes", |volume| modes(volume.list("spec.accessModes"))),
    column("Reclaim Policy", |volume| volume.text("spec.persistentVolumeReclaimPolicy").into()),
    column("Status", phase),
    column("Claim", |volume| match volume.map("spec.claimRef") {
        Some(_) => format!("{}/{}", volume.text("spec.claimRef.namespace"), volume.text("spec.claimRef.name")).into(),
        None => "".into(),
    }),
    column("StorageClass", |volume| volume.text("spec.storageClassName").into()),
    column("VolumeAttributesClass", attributes_class),
    column("Reason", |volume| volume.text("status.reason").into()),
    AGE,
    column("VolumeMode", |volume| match volume.text("spec.volumeMode") {
        "" => UNSET.into(),
        mode => mode.into(),
    })
    .wide(),
];

const CLASSES: &[Column] = &[
    column("Name", |class| {
        let annotation = class.map("metadata.annotations");
        let default = annotation.and_then(|all| all.get("storageclass.kubernetes.io/is-default-class"));
        let suffix = if default.is_some_and(|value| value == "true") { " (default)" } else { "" };
        format!("{}{suffix}", class.text("metadata.name")).into()
    }),
    column("Provisioner", |class| class.text("provisioner").into()),
    column("ReclaimPolicy", |class| class.text("reclaimPolicy").into()),
    column("VolumeBindingMode", |class| class.text("volumeBindingMode").into()),
    column("AllowVolumeExpansion", |class| class.at("allowVolumeExpansion").as_bool().unwrap_or(false).into()),
    AGE,
];
