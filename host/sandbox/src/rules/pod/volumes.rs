//! Volumes of a pod spec, each of exactly one type.

use std::collections::BTreeSet;

use serde_json::Value;

use super::containers::descending;
use super::environment;
use crate::error::Cause;
use crate::rules::formats;
use crate::rules::spot::Spot;

/// Types of volumes, in the order in which the real server looks for them.
const TYPES: [&str; 30] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];
const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";

/// The volumes that are sound, and the faults of the others.
pub(super) fn faults<'a>(spec: &Spot<'a>) -> (Vec<(&'a str, &'a Value)>, Vec<Cause>) {
    let (mut sound, mut causes): (Vec<(&str, &Value)>, _) = (Vec::new(), Vec::new());
    for volume in spec.at("volumes").items() {
        let name = volume.at("name");
        let mut found = source(&volume);
        found.extend(name.breaches_or_required(formats::label));
        if sound.iter().any(|(known, _)| *known == name.text()) {
            found.push(name.duplicate());
        }
        if found.is_empty() {
            sound.push((name.text(), volume.value));
        }
        causes.extend(found);
    }
    (sound, causes)
}

fn source(volume: &Spot<'_>) -> Vec<Cause> {
    let mut given = TYPES.iter().map(|kind| (*kind, volume.at(kind))).filter(|(_, source)| source.is_set());
    let Some((kind, first)) = given.next() else {
        return vec![volume.required("must specify a volume type")];
    };
    let mut causes = of_type(kind, &first);
    causes.extend(given.map(|(_, source)| source.forbidden("may not specify more than 1 volume type")));
    causes
}

fn of_type(kind: &str, source: &Spot<'_>) -> Vec<Cause> {
    let required = |keys: &[&str]| keys.iter().filter_map(|key| source.at(key).required_text()).collect::<Vec<_>>();
    match kind {
        "hostPath" => host_path(source),
        "secret" => filled("secretName", source),
        "configMap" => filled("name", source),
        "persistentVolumeClaim" => required(&["claimName"]),
        "nfs" => nfs(source),
        "downwardAPI" => {
            let mut causes = mode(&source.at("defaultMode"));
            causes.extend(source.at("items").items().flat_map(|file| shown_file(source, &file)));
            causes
        }
        "projected" => projected(source),
        "gitRepo" => required(&["repository"]),
        "csi" => required(&["driver"]),
        "ephemeral" => ephemeral(source),
        _ => Vec::new(),
    }
}

fn host_path(source: &Spot<'_>) -> Vec<Cause> {
    const KINDS: [&str; 8] =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    let path = source.at("path");
    if !path.has_text() {
        return vec![path.required("")];
    }
    let mut causes = Vec::new();
    if path.text().split('/').any(|part| part == "..") {
        causes.push(path.invalid("must not contain '..'"));
    }
    causes.extend(source.at("type").one_of_if_set(&KINDS));
    causes
}

fn nfs(source: &Spot<'_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> =
        ["server", "path"].into_iter().filter_map(|key| source.at(key).required_text()).collect();
    let path = source.at("path");
    if path.has_text() && !path.text().starts_with('/') {
        causes.push(path.invalid("must be an absolute path"));
    }
    causes
}

/// A volume filled from the keys of another object.
fn filled(named_by: &str, source: &Spot<'_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = source.at(named_by).required_text().into_iter().collect();
    causes.extend(mode(&source.at("defaultMode")));
    causes.extend(source.at("items").items().flat_map(|item| key_to_path(&item)));
    causes
}

fn key_to_path(item: &Spot<'_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = ["key", "path"].into_iter().filter_map(|key| item.at(key).required_text()).collect();
    causes.extend(local_path(&item.at("path")));
    causes.extend(mode(&item.at("mode")));
    causes
}

/// A path below the volume, and not one that the kubelet uses itself.
fn local_path(path: &Spot<'_>) -> Vec<Cause> {
    let mut causes = descending(path);
    if path.text().starts_with("..") && !path.text().starts_with("../") {
        causes.push(path.invalid("must not start with '..'"));
    }
    causes
}

fn mode(mode: &Spot<'_>) -> Vec<Cause> {
    let outside = mode.int().is_some_and(|bits| !(0..=0o777).contains(&bits));
    outside.then(|| mode.invalid(MODE)).into_iter().collect()
}

/// The real server puts these faults at the volume, not at the item.
fn shown_file(place: &Spot<'_>, file: &Spot<'_>) -> Vec<Cause> {
    let path = file.at("path").named(format!("{}.path", place.path));
    let mut causes: Vec<Cause> = path.required_text().into_iter().collect();
    causes.extend(local_path(&path));
    causes.extend(environment::file(place, file));
    causes.extend(mode(&file.at("mode").named(format!("{}.mode", place.path))));
    causes
}

fn projected(source: &Spot<'_>) -> Vec<Cause> {
    let mut causes = mode(&source.at("defaultMode"));
    let mut paths = BTreeSet::new();
    for part in source.at("sources").items() {
        let mut given = 0;
        for kind in ["secret", "configMap"] {
            let filled = part.at(kind);
            if !filled.is_set() {
                continue;
            }
            given += 1;
            causes.extend(filled.at("name").required_text());
            for item in filled.at("items").items() {
                causes.extend(key_to_path(&item));
                if item.at("path").has_text() && !paths.insert(item.at("path").text()) {
                    causes.push(source.invalid_as(filled.at("name").text(), "conflicting duplicate paths"));
                }
            }
        }
        for file in part.down(&["downwardAPI", "items"]).items() {
            causes.extend(shown_file(&part.at("downwardAPI"), &file));
            if file.at("path").has_text() && !paths.insert(file.at("path").text()) {
                causes.push(source.invalid_as(file.at("path").text(), "conflicting duplicate paths"));
            }
        }
        given += usize::from(part.at("downwardAPI").is_set()) + usize::from(part.at("clusterTrustBundle").is_set());
        if part.at("serviceAccountToken").is_set() {
            given += 1;
            causes.extend(token(source, &part.at("serviceAccountToken")));
        }
        if given > 1 {
            causes.push(part.forbidden("may not specify more than 1 volume type per source"));
        }
    }
    causes
}

fn token(volume: &Spot<'_>, token: &Spot<'_>) -> Vec<Cause> {
    let (seconds, path) = (token.at("expirationSeconds"), token.at("path").named(format!("{}.path", volume.path)));
    let mut causes = Vec::new();
    match seconds.int() {
        None => causes.push(seconds.required("")),
        Some(0..600) => causes.push(seconds.invalid("may not specify a duration less than 10 minutes")),
        Some(length) if length < 0 => causes.push(seconds.invalid("may not specify a duration less than 10 minutes")),
        Some(length) if length > 1 << 32 => {
            causes.push(seconds.invalid("may not specify a duration larger than 2^32 seconds"));
        }
        Some(_) => {}
    }
    causes.extend(path.required_text());
    causes.extend(local_path(&path));
    causes
}

fn ephemeral(source: &Spot<'_>) -> Vec<Cause> {
    let template = source.at("volumeClaimTemplate");
    if !template.is_set() {
        return vec![template.required("")];
    }
    crate::rules::storage::claim_faults(&template.at("spec"))
}
