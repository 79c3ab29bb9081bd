//! Patches: strategic merges and JSON patches, with a target or with the name inside the patch.

use std::rc::Rc;

use serde_json::Value;

use super::JsonPatch;
use crate::config::transforms::Selector;
use crate::documents::{self, DuplicateKeys};
use crate::error::{Error, Result};
use crate::node::Node;
use crate::resmap::{ResMap, named};
use crate::resource::Resource;
use crate::schema::OpenApi;
use crate::selector::Matcher;
use crate::strategic;

#[derive(Debug, Clone)]
pub(crate) enum PatchContent {
    Strategic(Vec<Resource>),
    Json(JsonPatch),
    /// A file of comments.
    Nothing,
}

#[derive(Debug, Clone)]
pub(crate) struct Patching {
    pub(crate) content: PatchContent,
    pub(crate) target: Option<Selector>,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
    /// One of `patchesStrategicMerge` or `patchesJson6902`, which differ in small ways from `patches`.
    pub(crate) is_legacy: bool,
    /// File and line of the field, and the field itself, for errors.
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) field: String,
}

impl PatchContent {
    /// Reads a patch of either kind by trying both.
    pub(crate) fn parse(text: &str, openapi: &Rc<OpenApi>) -> Result<Self> {
        let strategic = documents::read(text.as_bytes(), DuplicateKeys::Ignore, openapi);
        let json = parse_json(text);
        match (strategic, json) {
            (Ok(patches), Ok(Some(operations))) if !patches.is_empty() && !operations.is_empty() => {
                Err(Error::invalid("illegally qualifies as both an SM and JSON patch"))
            }
            (Ok(patches), _) if patches.is_empty() => Ok(Self::Nothing),
            (Ok(patches), _) => Ok(Self::Strategic(patches)),
            (Err(_), Ok(Some(patch))) => Ok(Self::Json(patch)),
            (Err(_), Ok(None)) => Ok(Self::Nothing),
            (Err(strategic), Err(json)) => {
                let error = if looks_like_json_patch(text) { json } else { strategic };
                Err(error.while_doing("unable to parse SM or JSON patch"))
            }
        }
    }
}

fn looks_like_json_patch(text: &str) -> bool {
    text.trim_start().starts_with(['[', '-']) && !text.trim_start().starts_with("---")
}

/// What begins with a bracket has to be JSON; anything else is YAML.
pub(crate) fn parse_json(text: &str) -> Result<Option<JsonPatch>> {
    if text.is_empty() {
        return Err(Error::invalid("empty json patch operations"));
    }
    if text.starts_with('[') {
        serde_json::from_str::<Value>(text)
            .map_err(|error| Error::invalid(format!("invalid JSON: {error}")).at_line(error.line() as u32))?;
    }
    JsonPatch::parse(text)
}

impl Patching {
    pub(crate) fn apply(&self, resources: &mut ResMap) -> Result<()> {
        let applied = match &self.content {
            PatchContent::Strategic(patches) => self.merge(patches, resources),
            PatchContent::Json(patch) => self.apply_json(patch, resources),
            PatchContent::Nothing => Ok(()),
        };
        applied.map_err(|error| error.in_field(&self.place.field).at_line(self.place.line).in_file(&self.place.file))
    }

    fn merge(&self, patches: &[Resource], resources: &mut ResMap) -> Result<()> {
        let Some(target) = &self.target else {
            return patches.iter().try_for_each(|patch| self.merge_by_name(patch, resources));
        };
        let [patch] = patches else {
            return Err(Error::invalid("a patch with a target has to be a single object"));
        };
        let matcher = Matcher::new(target)?;
        let selected = indices(resources, |resource| matcher.matches(resource));
        self.merge_into(patch, &selected, resources)
    }

    fn merge_by_name(&self, patch: &Resource, resources: &mut ResMap) -> Result<()> {
        let at = resources.find(&patch.original_id())?;
        match self.is_legacy {
            true => self.merge_into(patch, &[at], resources),
            false => resources.list.change(at, |target| self.merge_one(&patch.body, target)),
        }
    }

    /// Merges with objects that need not be called as the patch says. Its labels and annotations become strings on
    /// the way, nulls too.
    fn merge_into(&self, patch: &Resource, selected: &[usize], resources: &mut ResMap) -> Result<()> {
        let mut adapted = patch.clone();
        adapted.take_metadata_from(patch)?;
        for &at in selected {
            adapted.set_api_version(resources.list[at].api_version())?;
            resources.list.change(at, |target| self.merge_one(&adapted.body, target))?;
        }
        for &at in selected.iter().filter(|at| !resources.list[**at].is_deleted()) {
            resources.check_unique(at)?;
        }
        resources.drop_deleted();
        Ok(())
    }

    fn merge_one(&self, patch: &Node, target: &mut Resource) -> Result<()> {
        let (name, namespace, kind) =
            (target.name().to_owned(), target.namespace().to_owned(), target.kind().to_owned());
        if self.allow_name_change || self.allow_kind_change {
            target.store_previous_id();
        }
        let mut body = std::mem::replace(&mut target.body, Node::map());
        let merged = strategic::merge(patch, &mut body, target.openapi());
        target.body = body;
        merged.map_err(|error| error.while_doing(&name))?;
        if target.is_deleted() {
            return Ok(());
        }
        if !self.allow_kind_change {
            target.set_kind(&kind)?;
        }
        if !self.allow_name_change {
            target.set_name(&name)?;
        }
        target.set_namespace(&namespace)
    }

    fn apply_json(&self, patch: &JsonPatch, resources: &mut ResMap) -> Result<()> {
        let Some(target) = &self.target else {
            return Err(Error::invalid("must specify a target for JSON patch"));
        };
        let matcher = Matcher::new(target)?;
        for at in indices(resources, |resource| matcher.matches(resource)) {
            let changed = resources.list.change(at, |resource| {
                if !self.is_legacy {
                    resource.store_previous_id();
                }
                apply_json(patch, resource).map_err(|error| named(error, resource))
            });
            changed?;
        }
        Ok(())
    }
}

fn indices(resources: &ResMap, matches: impl Fn(&Resource) -> bool) -> Vec<usize> {
    let found = resources.list.iter().enumerate().filter(|(_, resource)| matches(resource));
    found.map(|(at, _)| at).collect()
}

fn apply_json(patch: &JsonPatch, resource: &mut Resource) -> Result<()> {
    let mut json = resource.body.to_json()?;
    show_internal_annotations(resource, &mut json);
    patch.apply(&mut json)?;
    if !json.is_object() {
        return Err(Error::invalid("the patch leaves no object"));
    }
    round_numbers(&mut json);
    resource.body = Node::from_json(&json);
    resource.drop_internal_annotations();
    Ok(())
}

/// A patched object went through floats in kustomize: integers beyond 2^53 are rounded.
fn round_numbers(json: &mut Value) {
    match json {
        Value::Number(number) if !number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            if float.abs() >= 9_007_199_254_740_992.0 {
                *json = serde_json::Number::from_f64(float).map_or(Value::Null, Value::Number);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round_numbers),
        Value::Object(fields) => fields.values_mut().for_each(round_numbers),
        _ => {}
    }
}

/// Users rely on it that a patch can add to `metadata.annotations` of an object without any: kustomize's own notes are
/// there by then.
fn show_internal_annotations(resource: &Resource, json: &mut Value) {
    let internal = resource.internal_annotations();
    if internal.is_empty() || !json["metadata"].is_object() {
        return;
    }
    let annotations = &mut json["metadata"]["annotations"];
    if annotations.is_null() {
        *annotations = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(annotations) = annotations {
        annotations.extend(internal.into_iter().map(|(key, value)| (key, value.into())));
    }
}
