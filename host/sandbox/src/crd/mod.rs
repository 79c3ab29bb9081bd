//! CustomResourceDefinitions: from the object to the resources it adds.

pub mod default;
mod number;
mod pattern;
pub mod prune;
pub mod rules;
pub mod scale;
pub mod structural;
pub mod validate;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use windlass_merge::schema::{Schema, TypeRef};

use crate::catalog::{Resource, Scale, api_version, shelf_of};
use crate::object::{self, Object};

pub use version::version_order;

/// The finalizer that keeps a CRD until its instances are gone.
pub const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// What a CRD says about one of its versions.
#[derive(Debug, Default)]
pub struct CustomVersion {
    /// `openAPIV3Schema`.
    pub schema: Value,
    /// How merging reads the schemas of all versions that are served.
    merging: Arc<Merging>,
    /// Its rules, compiled.
    pub rules: rules::Rules,
    pub preserve_unknown: bool,
    /// The schema of the version in which objects rest, where that is another.
    pub at_rest: Option<Arc<Value>>,
    pub columns: Vec<PrinterColumn>,
    pub selectable_fields: Vec<String>,
    pub status: bool,
    pub deprecation: Option<String>,
}

/// Schemas by `apiVersion`; none where merging cannot read one, which leaves it untyped.
type Merging = BTreeMap<String, Option<Schema>>;

/// A column of `additionalPrinterColumns`.
#[derive(Clone, Debug)]
pub struct PrinterColumn {
    pub name: String,
    pub kind: String,
    pub format: String,
    pub description: String,
    pub priority: i64,
    pub path: String,
}

/// Whether the CRD carries the condition with status `True`.
pub fn has_condition(crd: &Object, kind: &str) -> bool {
    let conditions = object::child(crd, "status").get("conditions").and_then(Value::as_array);
    let mut conditions = conditions.into_iter().flatten().filter_map(Value::as_object);
    conditions.any(|entry| object::text(entry, "type") == kind && object::text(entry, "status") == "True")
}

/// The served resources of an established CRD; none before.
pub fn resources(crd: &Object) -> Vec<Resource> {
    if !has_condition(crd, "Established") {
        return Vec::new();
    }
    let versions = object::child(crd, "spec").get("versions").and_then(Value::as_array);
    let versions: Vec<&Object> = versions.into_iter().flatten().filter_map(Value::as_object).collect();
    let is = |version: &Object, flag: &str| version.get(flag).and_then(Value::as_bool).unwrap_or(false);
    let Some(storage) = versions.iter().find(|version| is(version, "storage")) else { return Vec::new() };
    let served: Vec<&Object> = versions.iter().filter(|version| is(version, "served")).copied().collect();
    let merging = Arc::new(merging(crd, &served));
    let at_rest = Arc::new(schema_of(storage).clone());
    let read = |version: &&Object| {
        let mut custom = CustomVersion::read(object::child(crd, "spec"), version, merging.clone());
        custom.at_rest = (object::text(version, "name") != object::text(storage, "name")).then(|| at_rest.clone());
        resource(crd, version, object::text(storage, "name"), custom)
    };
    served.iter().map(read).collect()
}

fn merging(crd: &Object, served: &[&Object]) -> Merging {
    let spec = object::child(crd, "spec");
    let kind = object::text(object::child(spec, "names"), "kind");
    let read = |version: &&Object| {
        let api_version = api_version(object::text(spec, "group"), object::text(version, "name"));
        let schema = Schema::from_structural(&api_version, kind, schema_of(version)).ok();
        (api_version, schema)
    };
    served.iter().map(read).collect()
}

fn schema_of(version: &Object) -> &Value {
    object::child(version, "schema").get("openAPIV3Schema").unwrap_or(&Value::Null)
}

fn resource(crd: &Object, version: &Object, storage_version: &str, custom: CustomVersion) -> Resource {
    let spec = object::child(crd, "spec");
    // Accepted names are what is served: a later change of `spec.names` may be in conflict.
    let names = object::child(object::child(crd, "status"), "acceptedNames");
    let names = if names.is_empty() { object::child(spec, "names") } else { names };
    let group = object::text(spec, "group");
    let plural = object::text(names, "plural");
    let scale = object::child(version, "subresources").get("scale").and_then(Value::as_object).map(scale);
    let mut subresources = Vec::new();
    if custom.status {
        subresources.push("status".to_owned());
    }
    if scale.is_some() {
        subresources.push("scale".to_owned());
    }
    Resource {
        group: group.into(),
        version: object::text(version, "name").into(),
        kind: object::text(names, "kind").into(),
        plural: plural.into(),
        singular: object::text(names, "singular").into(),
        short_names: strings(names.get("shortNames")),
        categories: strings(names.get("categories")),
        namespaced: object::text(spec, "scope") == "Namespaced",
        subresources,
        scale,
        shelf: shelf_of(group, plural),
        storage_version: storage_version.into(),
        custom: Some(Arc::new(custom)),
        creatable_only: false,
    }
}

fn scale(scale: &Object) -> Scale {
    let path = |key: &str| object::text(scale, key).trim_start_matches('.').to_owned();
    Scale {
        spec_replicas: path("specReplicasPath"),
        status_replicas: path("statusReplicasPath"),
        selector: Some(path("labelSelectorPath")).filter(|path| !path.is_empty()),
    }
}

impl CustomVersion {
    /// How objects of a version merge; `None` where it is not served.
    pub fn merge_type(&self, api_version: &str, kind: &str) -> Option<TypeRef<'_>> {
        let schema = self.merging.get(api_version)?;
        match schema.as_ref().and_then(|schema| schema.kind(api_version, kind)) {
            Some(typed) => Some(typed),
            None => Some(Schema::any_type()),
        }
    }

    fn read(spec: &Object, version: &Object, merging: Arc<Merging>) -> Self {
        let columns = version.get("additionalPrinterColumns").and_then(Value::as_array).into_iter().flatten();
        let fields = version.get("selectableFields").and_then(Value::as_array).into_iter().flatten();
        let deprecated = version.get("deprecated").and_then(Value::as_bool).unwrap_or(false);
        let schema = schema_of(version).clone();
        CustomVersion {
            merging,
            at_rest: None,
            rules: rules::Rules::compile(&schema),
            schema,
            preserve_unknown: spec.get("preserveUnknownFields").and_then(Value::as_bool).unwrap_or(false),
            columns: columns.filter_map(Value::as_object).map(PrinterColumn::read).collect(),
            selectable_fields: fields
                .filter_map(|field| field.get("jsonPath").and_then(Value::as_str))
                .map(|path| path.trim_start_matches('.').to_owned())
                .collect(),
            status: object::child(version, "subresources").contains_key("status"),
            deprecation: deprecated.then(|| deprecation(spec, version)),
        }
    }
}

fn deprecation(spec: &Object, version: &Object) -> String {
    let given = object::text(version, "deprecationWarning");
    if !given.is_empty() {
        return given.to_owned();
    }
    let (group, name) = (object::text(spec, "group"), object::text(version, "name"));
    let kind = object::text(object::child(spec, "names"), "kind");
    let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    let is = |version: &Object, flag: &str| version.get(flag).and_then(Value::as_bool).unwrap_or(false);
    let newer = versions
        .filter(|other| is(other, "served") && !is(other, "deprecated"))
        .map(|other| object::text(other, "name"))
        .filter(|other| version_order(other, name).is_lt())
        .min_by(|first, second| version_order(first, second));
    let instead = newer.map_or_else(String::new, |newer| format!("; use {group}/{newer} {kind}"));
    format!("{group}/{name} {kind} is deprecated{instead}")
}

impl PrinterColumn {
    fn read(column: &Object) -> Self {
        let text = |key: &str| object::text(column, key).to_owned();
        PrinterColumn {
            name: text("name"),
            kind: text("type"),
            format: text("format"),
            description: text("description"),
            priority: column.get("priority").and_then(Value::as_i64).unwrap_or(0),
            path: text("jsonPath"),
        }
    }
}

fn strings(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}
