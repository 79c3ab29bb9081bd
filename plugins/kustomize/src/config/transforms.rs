//! Settings of transformers, as they stand in a kustomization or in a transformer's own file.

use std::collections::BTreeMap;

use super::Fields;
use crate::error::Result;
use crate::fieldspec::FieldSpec;
use crate::id::Gvk;

/// Chooses objects. Group, version, kind, name and namespace are regular expressions for patches and targets of
/// replacements, plain texts for their sources; empty ones match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) annotations: String,
    pub(crate) labels: String,
    /// Where it stands, for errors.
    pub(crate) path: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) path: String,
    pub(crate) patch: String,
    pub(crate) target: Option<Selector>,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
    pub(crate) place: String,
    pub(crate) line: u32,
}

/// A change to images of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// The image's name without tag and digest; a regular expression that has to match it whole.
    pub name: String,
    pub new_name: String,
    pub new_tag: String,
    pub tag_suffix: String,
    pub digest: String,
}

/// A replica count for the workloads of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replica {
    pub name: String,
    pub count: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) pairs: BTreeMap<String, String>,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// A file with replacements instead of the other fields.
    pub(crate) path: String,
    pub(crate) source: Option<Source>,
    pub(crate) source_value: Option<String>,
    pub(crate) targets: Option<Vec<Target>>,
    pub(crate) place: String,
    pub(crate) line: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) selector: Selector,
    pub(crate) field_path: String,
    pub(crate) options: FieldOptions,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) select: Option<Selector>,
    pub(crate) reject: Vec<Selector>,
    pub(crate) field_paths: Vec<String>,
    pub(crate) options: FieldOptions,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldOptions {
    pub(crate) delimiter: String,
    pub(crate) index: i64,
    pub(crate) create: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) object: Selector,
    pub(crate) field_path: String,
}

/// What is meant where no field path is given.
pub(crate) const DEFAULT_FIELD_PATH: &str = "metadata.name";

pub(crate) fn gvk(fields: &mut Fields<'_>) -> Result<Gvk> {
    Ok(Gvk { group: fields.text("group")?, version: fields.text("version")?, kind: fields.text("kind")? })
}

pub(crate) fn field_spec(fields: &mut Fields<'_>) -> Result<FieldSpec> {
    Ok(FieldSpec { gvk: gvk(fields)?, path: fields.text("path")?, create: fields.flag("create")? })
}

pub(crate) fn selector(fields: &mut Fields<'_>) -> Result<Selector> {
    Ok(Selector {
        annotations: fields.text("annotationSelector")?,
        labels: fields.text("labelSelector")?,
        ..object(fields)?
    })
}

/// A selector without label and annotation selectors.
fn object(fields: &mut Fields<'_>) -> Result<Selector> {
    Ok(Selector {
        gvk: gvk(fields)?,
        name: fields.text("name")?,
        namespace: fields.text("namespace")?,
        path: fields.path("").trim_end_matches('.').to_owned(),
        ..Selector::default()
    })
}

pub(crate) fn patch(fields: &mut Fields<'_>) -> Result<Patch> {
    let mut patch = Patch {
        path: fields.text("path")?,
        patch: fields.text("patch")?,
        target: fields.optional("target", selector)?,
        place: fields.path("").trim_end_matches('.').to_owned(),
        line: fields.line(),
        ..Patch::default()
    };
    if let Some((name, kind)) = fields.optional("options", patch_options)? {
        (patch.allow_name_change, patch.allow_kind_change) = (name, kind);
    }
    Ok(patch)
}

fn patch_options(fields: &mut Fields<'_>) -> Result<(bool, bool)> {
    Ok((fields.flag("allowNameChange")?, fields.flag("allowKindChange")?))
}

pub(crate) fn image(fields: &mut Fields<'_>) -> Result<Image> {
    Ok(Image {
        name: fields.text("name")?,
        new_name: fields.text("newName")?,
        new_tag: fields.text("newTag")?,
        tag_suffix: fields.text("tagSuffix")?,
        digest: fields.text("digest")?,
    })
}

pub(crate) fn replica(fields: &mut Fields<'_>) -> Result<Replica> {
    Ok(Replica { name: fields.text("name")?, count: fields.integer("count")? })
}

pub(crate) fn label(fields: &mut Fields<'_>) -> Result<Label> {
    Ok(Label {
        pairs: fields.map("pairs")?,
        include_selectors: fields.flag("includeSelectors")?,
        include_templates: fields.flag("includeTemplates")?,
        fields: fields.list("fields", field_spec)?,
    })
}

pub(crate) fn replacement(fields: &mut Fields<'_>) -> Result<Replacement> {
    let has_targets = fields.take("targets").is_some();
    let targets = fields.list("targets", target)?;
    Ok(Replacement {
        path: fields.text("path")?,
        source: fields.optional("source", source)?,
        source_value: fields.optional_text("sourceValue")?,
        targets: has_targets.then_some(targets),
        place: fields.path("").trim_end_matches('.').to_owned(),
        line: fields.line(),
    })
}

fn source(fields: &mut Fields<'_>) -> Result<Source> {
    Ok(Source {
        selector: object(fields)?,
        field_path: fields.text("fieldPath")?,
        options: fields.optional("options", options)?.unwrap_or_default(),
    })
}

fn target(fields: &mut Fields<'_>) -> Result<Target> {
    Ok(Target {
        select: fields.optional("select", selector)?,
        reject: fields.list("reject", selector)?,
        field_paths: fields.texts("fieldPaths")?,
        options: fields.optional("options", options)?.unwrap_or_default(),
    })
}

fn options(fields: &mut Fields<'_>) -> Result<FieldOptions> {
    fields.text("encoding")?;
    Ok(FieldOptions {
        delimiter: fields.text("delimiter")?,
        index: fields.integer("index")?,
        create: fields.flag("create")?,
    })
}

pub(crate) fn var(fields: &mut Fields<'_>) -> Result<Var> {
    let field_path = fields.optional("fieldref", |fields| fields.text("fieldPath"))?.unwrap_or_default();
    Ok(Var {
        name: fields.text("name")?,
        object: fields.optional("objref", var_object)?.unwrap_or_default(),
        field_path: if field_path.is_empty() { DEFAULT_FIELD_PATH.to_owned() } else { field_path },
    })
}

/// The target of a variable: `apiVersion` outweighs group and version.
fn var_object(fields: &mut Fields<'_>) -> Result<Selector> {
    let api_version = fields.text("apiVersion")?;
    let mut object = object(fields)?;
    let parts: Vec<&str> = api_version.split('/').collect();
    match parts[..] {
        [""] => {}
        [version] => object.gvk.version = version.to_owned(),
        [group, version] => (object.gvk.group, object.gvk.version) = (group.to_owned(), version.to_owned()),
        _ => {}
    }
    Ok(object)
}
