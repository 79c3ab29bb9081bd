//! Edits of an Application's spec, as JSON, so that fields which this program does not know stay.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use crate::args::app::{Policy, SetFieldsArgs, SetParametersArgs};

/// What is to be changed.
#[derive(Default)]
pub struct Edits {
    pub fields: SetFieldsArgs,
    pub parameters: SetParametersArgs,
    /// The contents of `--values-literal-file`.
    pub values: Option<String>,
}

impl Edits {
    /// Whether nothing is to be changed; which source is meant is no change.
    pub fn is_empty(&self) -> bool {
        let fields = SetFieldsArgs { source: None, ..self.fields.clone() };
        fields == SetFieldsArgs::default() && self.parameters == SetParametersArgs::default()
    }

    fn changes_source(&self) -> bool {
        let SetFieldsArgs { repo, path, revision, .. } = &self.fields;
        [repo, path, revision].into_iter().any(Option::is_some) || self.parameters != SetParametersArgs::default()
    }
}

/// Edits a spec in place.
pub fn edit(spec: &mut Value, edits: &Edits) -> anyhow::Result<()> {
    let fields = &edits.fields;
    if edits.changes_source() {
        let source = source(spec, fields.source.as_deref())?;
        put(source, &["repoURL"], fields.repo.as_deref());
        put(source, &["path"], fields.path.as_deref());
        put(source, &["targetRevision"], fields.revision.as_deref());
        helm(source, edits)?;
        kustomize(source, &edits.parameters);
        put(source, &["directory", "recurse"], edits.parameters.directory_recurse);
    }
    put(spec, &["project"], fields.project.as_deref());
    destination(spec, fields);
    policy(spec, fields)?;
    put(spec, &["revisionHistoryLimit"], fields.history_limit);
    Ok(())
}

/// Sets a field, with the objects above it, if there is something to set.
fn put(value: &mut Value, path: &[&str], new: Option<impl Into<Value>>) {
    if let Some(new) = new {
        *at(value, path) = new.into();
    }
}

/// The place at a path, with the objects above it made.
fn at<'a>(value: &'a mut Value, path: &[&str]) -> &'a mut Value {
    path.iter().fold(value, |value, name| {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        &mut value[*name]
    })
}

fn list<'a>(value: &'a mut Value, path: &[&str]) -> &'a mut Vec<Value> {
    let place = at(value, path);
    if !place.is_array() {
        *place = json!([]);
    }
    place.as_array_mut().unwrap_or_else(|| unreachable!("the place was just made a list"))
}

/// The source that is meant: the only one, or one of several by position or name.
fn source<'a>(spec: &'a mut Value, which: Option<&str>) -> anyhow::Result<&'a mut Value> {
    let count = spec["sources"].as_array().map_or(0, Vec::len);
    let Some(which) = which else {
        if count > 1 {
            bail!("it has {count} sources: say which with --source, by position or name");
        }
        return Ok(if count == 1 { &mut spec["sources"][0] } else { &mut spec["source"] });
    };
    let sources = spec["sources"].as_array_mut().filter(|sources| !sources.is_empty());
    let sources = sources.context("it has one source only: leave --source out")?;
    let place = match which.parse::<usize>() {
        Ok(position) => position.checked_sub(1).filter(|place| *place < count),
        Err(_) => sources.iter().position(|source| source["name"] == *which),
    };
    match place {
        Some(place) => Ok(&mut sources[place]),
        None => bail!("it has no source {which}: there are {count}"),
    }
}

fn helm(source: &mut Value, edits: &Edits) -> anyhow::Result<()> {
    let parameters = &edits.parameters;
    put(source, &["helm", "releaseName"], parameters.release_name.as_deref());
    put(source, &["helm", "values"], edits.values.as_deref());
    if !parameters.values.is_empty() {
        *at(source, &["helm", "valueFiles"]) = json!(parameters.values);
    }
    let plain = parameters.helm_set.iter().map(|text| (text, false));
    for (text, is_text) in plain.chain(parameters.helm_set_string.iter().map(|text| (text, true))) {
        let (name, value) = text.split_once('=').with_context(|| format!("`{text}` must be name=value"))?;
        let mut parameter = json!({"name": name, "value": value});
        if is_text {
            parameter["forceString"] = true.into();
        }
        put_in(list(source, &["helm", "parameters"]), parameter, |old| old["name"] == *name);
    }
    Ok(())
}

fn kustomize(source: &mut Value, parameters: &SetParametersArgs) {
    put(source, &["kustomize", "namePrefix"], parameters.name_prefix.as_deref());
    put(source, &["kustomize", "nameSuffix"], parameters.name_suffix.as_deref());
    for image in &parameters.kustomize_image {
        let same = |old: &Value| old.as_str().is_some_and(|old| image_name(old) == image_name(image));
        put_in(list(source, &["kustomize", "images"]), image.as_str().into(), same);
    }
}

/// The image that an override is for: what stands before `=`, or the image without tag and digest.
fn image_name(image: &str) -> &str {
    if let Some((name, _)) = image.split_once('=') {
        return name;
    }
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        // A colon before a slash belongs to a registry's port.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// Puts an item in place of the one that is the same, or at the end.
fn put_in(list: &mut Vec<Value>, item: Value, is_same: impl Fn(&Value) -> bool) {
    match list.iter_mut().find(|old| is_same(old)) {
        Some(old) => *old = item,
        None => list.push(item),
    }
}

fn destination(spec: &mut Value, fields: &SetFieldsArgs) {
    let other = [(&fields.dest_server, "name"), (&fields.dest_name, "server")];
    for (_, field) in other.into_iter().filter(|(given, _)| given.is_some()) {
        remove(at(spec, &["destination"]), field);
    }
    put(spec, &["destination", "server"], fields.dest_server.as_deref());
    put(spec, &["destination", "name"], fields.dest_name.as_deref());
    put(spec, &["destination", "namespace"], fields.dest_namespace.as_deref());
}

fn policy(spec: &mut Value, fields: &SetFieldsArgs) -> anyhow::Result<()> {
    match fields.sync_policy {
        Some(Policy::Manual) => remove(at(spec, &["syncPolicy"]), "automated"),
        Some(Policy::Automated) => {
            let automated = at(spec, &["syncPolicy", "automated"]);
            if !automated.is_object() {
                *automated = json!({});
            }
            remove(automated, "enabled");
        }
        None => {}
    }
    let switches = [(fields.auto_prune, "prune"), (fields.self_heal, "selfHeal"), (fields.allow_empty, "allowEmpty")];
    for (value, name) in switches {
        if value.is_some() && !spec["syncPolicy"]["automated"].is_object() {
            bail!("it does not sync by itself, so that {name} means nothing: give --sync-policy automated too");
        }
        put(spec, &["syncPolicy", "automated", name], value);
    }
    put(spec, &["syncPolicy", "retry", "limit"], fields.retry_limit);
    for option in &fields.sync_option {
        set_option(list(spec, &["syncPolicy", "syncOptions"]), option);
    }
    Ok(())
}

fn set_option(options: &mut Vec<Value>, option: &str) {
    let name = |text: &str| text.split('=').next().unwrap_or(text).to_owned();
    match option.strip_prefix('!') {
        Some(gone) => options.retain(|old| old.as_str().is_none_or(|old| old != gone && name(old) != gone)),
        None => put_in(options, option.into(), |old| old.as_str().is_some_and(|old| name(old) == name(option))),
    }
}

fn remove(value: &mut Value, field: &str) {
    if let Some(map) = value.as_object_mut() {
        map.remove(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(mut spec: Value, edits: Edits) -> Value {
        edit(&mut spec, &edits).unwrap();
        spec
    }

    fn fields(fields: SetFieldsArgs) -> Edits {
        Edits { fields, ..Edits::default() }
    }

    fn parameters(parameters: SetParametersArgs) -> Edits {
        Edits { parameters, ..Edits::default() }
    }

    fn one(text: &str) -> Vec<String> {
        vec![text.into()]
    }

    #[test]
    fn a_parameter_takes_the_place_of_one_of_the_same_name_and_unknown_fields_stay() {
        let spec = json!({"source": {"repoURL": "r", "helm": {"parameters": [{"name": "a", "value": "1"}], "skipTests": true}}});
        let edits = SetParametersArgs { helm_set: one("a=2"), helm_set_string: one("b=3"), ..Default::default() };
        assert_eq!(
            edited(spec, parameters(edits))["source"]["helm"],
            json!({"parameters": [{"name": "a", "value": "2"}, {"name": "b", "value": "3", "forceString": true}], "skipTests": true})
        );
    }

    #[test]
    fn images_are_the_same_by_name_whatever_their_tag() {
        let spec = json!({"source": {"kustomize": {"images": ["reg:5000/web:1", "db=other/db:2"]}}});
        let edits = SetParametersArgs {
            kustomize_image: vec!["reg:5000/web@sha256:0".into(), "db:3".into()],
            ..Default::default()
        };
        assert_eq!(
            edited(spec, parameters(edits))["source"]["kustomize"]["images"],
            json!(["reg:5000/web@sha256:0", "db:3"])
        );
    }

    #[test]
    fn one_of_several_sources_is_meant_by_position_or_name() {
        let spec = || json!({"sources": [{"path": "a"}, {"name": "second", "path": "b"}]});
        for which in ["2", "second"] {
            let edits = SetFieldsArgs { source: Some(which.into()), path: Some("c".into()), ..Default::default() };
            assert_eq!(edited(spec(), fields(edits))["sources"][1]["path"], "c", "{which}");
        }
        for which in [None, Some("3"), Some("0"), Some("third")] {
            let edits = SetFieldsArgs { source: which.map(Into::into), path: Some("c".into()), ..Default::default() };
            assert!(edit(&mut spec(), &fields(edits)).is_err(), "{which:?}");
        }
    }

    #[test]
    fn policies_and_options_come_and_go() {
        let automated =
            SetFieldsArgs { sync_policy: Some(Policy::Automated), auto_prune: Some(true), ..Default::default() };
        let spec =
            edited(json!({"syncPolicy": {"automated": {"enabled": false, "selfHeal": true}}}), fields(automated));
        assert_eq!(spec, json!({"syncPolicy": {"automated": {"selfHeal": true, "prune": true}}}));
        let manual = SetFieldsArgs { sync_policy: Some(Policy::Manual), ..Default::default() };
        assert_eq!(edited(spec, fields(manual)), json!({"syncPolicy": {}}));
        let prune = SetFieldsArgs { auto_prune: Some(true), ..Default::default() };
        assert!(edit(&mut json!({}), &fields(prune)).is_err());
        let options = SetFieldsArgs {
            sync_option: vec!["CreateNamespace=true".into(), "!Validate".into()],
            ..Default::default()
        };
        let spec = json!({"syncPolicy": {"syncOptions": ["CreateNamespace=false", "Validate=false"]}});
        assert_eq!(edited(spec, fields(options))["syncPolicy"]["syncOptions"], json!(["CreateNamespace=true"]));
    }

    #[test]
    fn a_destination_has_a_name_or_a_server_and_never_both() {
        let spec = json!({"destination": {"server": "https://a", "namespace": "web"}});
        let edits = SetFieldsArgs { dest_name: Some("prod".into()), ..Default::default() };
        assert_eq!(edited(spec, fields(edits))["destination"], json!({"name": "prod", "namespace": "web"}));
    }
}
