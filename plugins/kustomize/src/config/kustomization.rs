//! The kustomization file.

use std::collections::BTreeMap;

use windlass_yaml::Document;

use super::generator::{self, GeneratorArgs, GeneratorOptions};
use super::helm::{self, HelmChart, HelmGlobals};
use super::transforms::{self, Image, Label, Patch, Replacement, Replica, Var};
use super::{Fields, Reading};
use crate::error::{Error, Result};
use crate::order::{KindOrder, SortOptions};

/// The names a kustomization file can have; a directory has exactly one of them.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LayerKind {
    #[default]
    Kustomization,
    Component,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Kustomization {
    pub(crate) kind: LayerKind,
    pub(crate) openapi: BTreeMap<String, String>,
    pub(crate) name_prefix: String,
    pub(crate) name_suffix: String,
    pub(crate) namespace: String,
    pub(crate) common_labels: BTreeMap<String, String>,
    pub(crate) labels: Vec<Label>,
    pub(crate) common_annotations: BTreeMap<String, String>,
    pub(crate) patches_strategic_merge: Vec<String>,
    pub(crate) patches_json6902: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<Replacement>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<Var>,
    pub(crate) sort_options: Option<SortOptions>,
    pub(crate) resources: Vec<String>,
    pub(crate) components: Vec<String>,
    pub(crate) crds: Vec<String>,
    pub(crate) config_maps: Vec<GeneratorArgs>,
    pub(crate) secrets: Vec<GeneratorArgs>,
    pub(crate) generator_options: GeneratorOptions,
    pub(crate) helm_charts: Vec<HelmChart>,
    pub(crate) configurations: Vec<String>,
    pub(crate) generators: Vec<String>,
    pub(crate) transformers: Vec<String>,
    pub(crate) validators: Vec<String>,
    pub(crate) build_metadata: Vec<String>,
}

/// Fields that still work but should not be used, and what to use instead.
const DEPRECATED: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

impl Kustomization {
    /// Reads the file; also says which deprecated fields it uses, in kustomize's words.
    pub(crate) fn read(content: &[u8]) -> Result<(Self, Vec<String>)> {
        let document = super::parse(content)?;
        let empty = || Error::invalid("kustomization.yaml is empty");
        let Document { root, .. } = document.ok_or_else(empty)?;
        let mut fields = Fields::new(&root, "", Reading::KUSTOMIZATION)?;
        if !fields.has_content_besides(&["apiVersion", "kind"]) {
            return Err(empty());
        }
        let warnings = DEPRECATED.iter().filter(|(name, _)| fields.take(name).is_some()).map(warning).collect();
        let kustomization = fields.finish_with(Self::from_fields)?;
        Ok((kustomization, warnings))
    }

    fn from_fields(fields: &mut Fields<'_>) -> Result<Self> {
        fields.optional("metadata", metadata)?;
        let chained = |mut first: Vec<String>, second: Vec<String>| {
            first.extend(second);
            first
        };
        let mut images = fields.list("images", transforms::image)?;
        images.extend(fields.list("imageTags", transforms::image)?);
        Ok(Self {
            kind: layer_kind(fields)?,
            openapi: fields.map("openapi")?,
            name_prefix: fields.text("namePrefix")?,
            name_suffix: fields.text("nameSuffix")?,
            namespace: fields.text("namespace")?,
            common_labels: fields.map("commonLabels")?,
            labels: fields.list("labels", transforms::label)?,
            common_annotations: fields.map("commonAnnotations")?,
            patches_strategic_merge: fields.texts("patchesStrategicMerge")?,
            patches_json6902: fields.list("patchesJson6902", transforms::patch)?,
            patches: fields.list("patches", transforms::patch)?,
            images,
            replacements: fields.list("replacements", transforms::replacement)?,
            replicas: fields.list("replicas", transforms::replica)?,
            vars: fields.list("vars", transforms::var)?,
            sort_options: fields.optional("sortOptions", sort_options)?,
            resources: chained(fields.texts("resources")?, fields.texts("bases")?),
            components: fields.texts("components")?,
            crds: fields.texts("crds")?,
            config_maps: fields.list("configMapGenerator", generator::config_map)?,
            secrets: fields.list("secretGenerator", generator::secret)?,
            generator_options: fields.optional("generatorOptions", generator::options)?.unwrap_or_default(),
            helm_charts: helm_charts(fields)?,
            configurations: fields.texts("configurations")?,
            generators: fields.texts("generators")?,
            transformers: fields.texts("transformers")?,
            validators: fields.texts("validators")?,
            build_metadata: fields.texts("buildMetadata")?,
        })
    }
}

fn warning((name, better): &(&str, &str)) -> String {
    let experimental = if *name == "vars" { "[EXPERIMENTAL] " } else { "" };
    format!(
        "# Warning: '{name}' is deprecated. Please use '{better}' instead. {experimental}Run 'kustomize edit fix' to \
         update your Kustomization automatically."
    )
}

fn layer_kind(fields: &mut Fields<'_>) -> Result<LayerKind> {
    let (kind, version) = match fields.text("kind")?.as_str() {
        "" | "Kustomization" => (LayerKind::Kustomization, "kustomize.config.k8s.io/v1beta1"),
        "Component" => (LayerKind::Component, "kustomize.config.k8s.io/v1alpha1"),
        _ => return Err(fields.fault("kind", "should be Kustomization or Component")),
    };
    match fields.text("apiVersion")?.as_str() {
        "" => Ok(kind),
        found if found == version => Ok(kind),
        _ => Err(fields.fault("apiVersion", format!("should be {version} for this kind"))),
    }
}

fn metadata(fields: &mut Fields<'_>) -> Result<()> {
    for name in ["name", "namespace"] {
        fields.text(name)?;
    }
    for name in ["labels", "annotations"] {
        fields.map(name)?;
    }
    Ok(())
}

fn sort_options(fields: &mut Fields<'_>) -> Result<SortOptions> {
    Ok(SortOptions { order: fields.text("order")?, legacy: fields.optional("legacySortOptions", kind_order)? })
}

fn kind_order(fields: &mut Fields<'_>) -> Result<KindOrder> {
    Ok(KindOrder { first: fields.texts("orderFirst")?, last: fields.texts("orderLast")? })
}

/// Charts of both fields, each with the directory of local charts.
fn helm_charts(fields: &mut Fields<'_>) -> Result<Vec<HelmChart>> {
    let old = fields.list("helmChartInflationGenerator", helm::old_chart)?;
    let globals: Option<HelmGlobals> = fields.optional("helmGlobals", helm::globals)?;
    let old_home = old.iter().rev().map(|chart| &chart.chart_home).find(|home| !home.is_empty()).cloned();
    let home = globals.map_or(old_home, |globals| Some(globals.chart_home)).filter(|home| !home.is_empty());
    let home = home.unwrap_or_else(|| "charts".to_owned());
    let mut charts = fields.list("helmCharts", helm::chart)?;
    charts.extend(old);
    for chart in &mut charts {
        chart.chart_home.clone_from(&home);
    }
    Ok(charts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_field_is_refused_with_its_place() {
        let error = Kustomization::read(b"resources: []\npatches:\n- target: {kidn: x}\n").unwrap_err();
        let place = error.diagnostic().unwrap();
        assert_eq!((place.field.as_deref(), place.line), (Some("patches[0].target.kidn"), Some(3)));
    }

    #[test]
    fn deprecated_fields_work_and_are_named() {
        let (kustomization, warnings) = Kustomization::read(b"bases: [a]\nresources: [b]\n").unwrap();
        assert_eq!(kustomization.resources, ["b", "a"]);
        assert_eq!(warnings.len(), 1);
    }
}
