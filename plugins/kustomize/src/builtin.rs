//! The transformers that a kustomization's own fields ask for, in kustomize's order.

use crate::config::transformer::TransformerConfig;
use crate::config::transforms::{self, Label, Patch, Replacement};
use crate::config::{Fields, Reading, parse};
use crate::documents::{self, DuplicateKeys};
use crate::error::{Error, Result};
use crate::fieldspec::{FieldSpec, merge_all, merge_one};
use crate::layer::Layer;
use crate::resource::Resource;
use crate::transform::{NamespaceChange, PatchContent, Patching, Place, Replacing, Step, Transformer, parse_json};

/// Everything is read and checked before anything is changed.
pub(crate) fn steps(layer: &Layer<'_>, config: &TransformerConfig) -> Result<Vec<Step>> {
    let kustomization = &layer.kustomization;
    let mut steps = Steps { layer, steps: Vec::new() };
    if !kustomization.patches_strategic_merge.is_empty() {
        steps.add("PatchStrategicMergeTransformer", Transformer::Patch(strategic_patches(layer)?));
    }
    for patch in &kustomization.patches {
        steps.add("PatchTransformer", Transformer::Patch(patching(layer, patch)?));
    }
    if !kustomization.namespace.is_empty() {
        let change = NamespaceChange {
            namespace: kustomization.namespace.clone(),
            specs: config.namespace.clone(),
            ..NamespaceChange::default()
        };
        steps.add("NamespaceTransformer", Transformer::Namespace(change));
    }
    steps.add_names(config);
    steps.add_metadata(config)?;
    for patch in &kustomization.patches_json6902 {
        steps.add("PatchJson6902Transformer", Transformer::Patch(json_patching(layer, patch)?));
    }
    for replica in &kustomization.replicas {
        let specs = config.replicas.clone();
        steps.add("ReplicaCountTransformer", Transformer::Replicas { replica: replica.clone(), specs });
    }
    for image in &kustomization.images {
        let specs = config.images.clone();
        steps.add("ImageTagTransformer", Transformer::Image { image: image.clone(), specs });
    }
    if !kustomization.replacements.is_empty() {
        let replacements = replacing(layer, &kustomization.replacements)?;
        steps.add("ReplacementTransformer", Transformer::Replacements(replacements));
    }
    Ok(steps.steps)
}

struct Steps<'l, 'b> {
    layer: &'l Layer<'b>,
    steps: Vec<Step>,
}

impl Steps<'_, '_> {
    fn add(&mut self, kind: &str, transformer: Transformer) {
        self.steps.push(Step { transformer, origin: self.layer.configured_origin(kind).into() });
    }

    fn add_names(&mut self, config: &TransformerConfig) {
        let kustomization = &self.layer.kustomization;
        if !kustomization.name_prefix.is_empty() {
            let (prefix, specs) = (kustomization.name_prefix.clone(), config.name_prefix.clone());
            self.add("PrefixTransformer", Transformer::Prefix { prefix, specs });
        }
        if !kustomization.name_suffix.is_empty() {
            let (suffix, specs) = (kustomization.name_suffix.clone(), config.name_suffix.clone());
            self.add("SuffixTransformer", Transformer::Suffix { suffix, specs });
        }
    }

    fn add_metadata(&mut self, config: &TransformerConfig) -> Result<()> {
        let kustomization = &self.layer.kustomization;
        for label in &kustomization.labels {
            let specs = label_specs(label, config).map_err(|error| self.layer.place("labels", error))?;
            self.add("LabelTransformer", Transformer::Labels { labels: label.pairs.clone(), specs });
        }
        if !kustomization.labels.is_empty() || !kustomization.common_labels.is_empty() {
            let (labels, specs) = (kustomization.common_labels.clone(), config.common_labels.clone());
            self.add("LabelTransformer", Transformer::Labels { labels, specs });
        }
        if !kustomization.common_annotations.is_empty() {
            let (annotations, specs) = (kustomization.common_annotations.clone(), config.common_annotations.clone());
            self.add("AnnotationsTransformer", Transformer::Annotations { annotations, specs });
        }
        Ok(())
    }
}

fn label_specs(label: &Label, config: &TransformerConfig) -> Result<Vec<FieldSpec>> {
    let mut specs = label.fields.clone();
    merge_all(&mut specs, &config.labels)?;
    if label.include_selectors {
        merge_all(&mut specs, &config.common_labels)?;
        return Ok(specs);
    }
    if label.include_templates {
        merge_all(&mut specs, &config.template_labels)?;
    }
    merge_one(&mut specs, &FieldSpec::creating("metadata/labels"))?;
    Ok(specs)
}

fn place(layer: &Layer<'_>, field: &str, line: u32) -> Place {
    Place { file: layer.file.clone(), line, field: field.to_owned() }
}

fn at(error: Error, place: &Place) -> Error {
    error.in_field(&place.field).at_line(place.line).in_file(&place.file)
}

/// The entries of `patchesStrategicMerge` as one transformer.
fn strategic_patches(layer: &Layer<'_>) -> Result<Patching> {
    let mut patches = Vec::new();
    for (index, entry) in layer.kustomization.patches_strategic_merge.iter().enumerate() {
        let read = strategic_patch(layer, entry);
        patches.extend(read.map_err(|error| layer.place(&format!("patchesStrategicMerge[{index}]"), error))?);
    }
    strategic(patches, place(layer, "patchesStrategicMerge", 0))
}

/// An entry is a patch itself or the path of a file with one.
pub(crate) fn strategic_patch(layer: &Layer<'_>, entry: &str) -> Result<Vec<Resource>> {
    let openapi = &layer.build.openapi;
    match documents::read(entry.as_bytes(), DuplicateKeys::Ignore, openapi) {
        Ok(patches) => Ok(patches),
        Err(error) if entry.trim().contains('\n') => Err(error.in_text()),
        Err(_) => {
            let loaded = layer.load_file(entry)?;
            documents::read(&loaded.content, DuplicateKeys::Ignore, openapi)
                .map_err(|error| error.in_file(&loaded.path))
        }
    }
}

pub(crate) fn strategic(patches: Vec<Resource>, place: Place) -> Result<Patching> {
    if patches.is_empty() {
        return Err(at(Error::invalid("patch appears to be empty"), &place));
    }
    Ok(Patching {
        content: PatchContent::Strategic(patches),
        target: None,
        allow_name_change: false,
        allow_kind_change: false,
        is_legacy: true,
        place,
    })
}

/// An entry of `patches`.
pub(crate) fn patching(layer: &Layer<'_>, patch: &Patch) -> Result<Patching> {
    let place = place(layer, &patch.place, patch.line);
    let content = match (patch.path.as_str(), patch.patch.trim()) {
        ("", "") => Err(Error::invalid("must specify one of patch and path")),
        ("", text) => PatchContent::parse(text, &layer.build.openapi).map_err(Error::in_text),
        (path, "") => read_patch(layer, path),
        _ => Err(Error::invalid("patch and path can't be set at the same time")),
    };
    Ok(Patching {
        content: content.map_err(|error| at(error, &place))?,
        target: patch.target.clone(),
        allow_name_change: patch.allow_name_change,
        allow_kind_change: patch.allow_kind_change,
        is_legacy: false,
        place,
    })
}

fn read_patch(layer: &Layer<'_>, path: &str) -> Result<PatchContent> {
    let loaded = layer.load_file(path)?;
    let text = String::from_utf8_lossy(&loaded.content);
    PatchContent::parse(&text, &layer.build.openapi).map_err(|error| error.in_file(&loaded.path))
}

/// An entry of `patchesJson6902`.
pub(crate) fn json_patching(layer: &Layer<'_>, patch: &Patch) -> Result<Patching> {
    let place = place(layer, &patch.place, patch.line);
    let content = json_patch(layer, patch).map_err(|error| at(error, &place))?;
    Ok(Patching {
        content,
        target: patch.target.clone(),
        allow_name_change: false,
        allow_kind_change: false,
        is_legacy: true,
        place,
    })
}

fn json_patch(layer: &Layer<'_>, patch: &Patch) -> Result<PatchContent> {
    if patch.target.as_ref().is_none_or(|target| target.name.is_empty()) {
        return Err(Error::invalid("must specify the target name"));
    }
    let parsed = match (patch.path.as_str(), patch.patch.as_str()) {
        ("", "") => return Err(Error::invalid("empty file path and empty jsonOp")),
        ("", text) => parse_json(text).map_err(Error::in_text)?,
        (path, "") => {
            let loaded = layer.load_file(path)?;
            parse_json(&String::from_utf8_lossy(&loaded.content)).map_err(|error| error.in_file(&loaded.path))?
        }
        _ => return Err(Error::invalid("must specify a file path or jsonOp, not both")),
    };
    let parsed = parsed.filter(|patch| !patch.is_empty());
    parsed.map(PatchContent::Json).ok_or_else(|| Error::invalid("patch appears to be empty"))
}

/// Replacements with those of the files they name.
pub(crate) fn replacing(layer: &Layer<'_>, entries: &[Replacement]) -> Result<Replacing> {
    let mut replacements = Vec::new();
    for entry in entries {
        match entry.path.as_str() {
            "" => replacements.push(entry.clone()),
            path => {
                let read = read_replacements(layer, entry, path);
                let place = place(layer, &entry.place, entry.line);
                replacements.extend(read.map_err(|error| at(error, &place))?);
            }
        }
    }
    Ok(Replacing { replacements })
}

/// A file holds one replacement or a list of them.
fn read_replacements(layer: &Layer<'_>, entry: &Replacement, path: &str) -> Result<Vec<Replacement>> {
    if entry.source.is_some() || entry.targets.as_ref().is_some_and(|targets| !targets.is_empty()) {
        return Err(Error::invalid("cannot specify both path and inline replacement"));
    }
    let loaded = layer.load_file(path)?;
    let read = || -> Result<Vec<Replacement>> {
        let document = parse(&loaded.content)?;
        let root = document.map(|document| document.root);
        match root.as_ref().map(|root| (&root.kind, root)) {
            Some((windlass_yaml::NodeKind::Sequence(items), _)) => {
                let one = |(at, item)| {
                    Fields::new(item, &format!("[{at}]"), Reading::PLUGIN)?.finish_with(transforms::replacement)
                };
                items.iter().enumerate().map(one).collect()
            }
            Some((windlass_yaml::NodeKind::Mapping(_), root)) => {
                Ok(vec![Fields::new(root, "", Reading::PLUGIN)?.finish_with(transforms::replacement)?])
            }
            _ => Err(Error::invalid("expected a replacement or a list of replacements")),
        }
    };
    read().map_err(|error| error.in_file(&loaded.path))
}
