//! Charts that a kustomization wants inflated. Rendering them is the caller's business.

use serde_json::{Map, Value};

use super::Fields;
use crate::error::{Error, Result};

/// A chart to render, as `helmCharts` or the older `helmChartInflationGenerator` names it. Paths are as written,
/// relative to the kustomization.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HelmChart {
    pub name: String,
    pub version: String,
    pub repo: String,
    pub release_name: String,
    pub namespace: String,
    pub values_file: String,
    pub additional_values_files: Vec<String>,
    pub values_inline: Map<String, Value>,
    /// How inline values meet those of the file: `override` (also when empty), `replace` or `merge`.
    pub values_merge: String,
    pub include_crds: bool,
    pub skip_hooks: bool,
    pub skip_tests: bool,
    pub api_versions: Vec<String>,
    pub kube_version: String,
    pub name_template: String,
    pub devel: bool,
    /// Directory of local charts below the kustomization; `charts` unless `helmGlobals` says otherwise.
    pub chart_home: String,
    /// Directory of the kustomization, below the tree's root.
    pub directory: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HelmGlobals {
    pub(crate) chart_home: String,
}

pub(crate) fn globals(fields: &mut Fields<'_>) -> Result<HelmGlobals> {
    fields.text("configHome")?;
    Ok(HelmGlobals { chart_home: fields.text("chartHome")? })
}

fn values(fields: &mut Fields<'_>, name: &str) -> Result<Map<String, Value>> {
    let Some(node) = fields.take(name) else { return Ok(Map::new()) };
    match node.to_json() {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(fields.fault(name, "expected a mapping")),
        Err(error) => Err(Error::invalid(error.kind().to_string()).in_field(&fields.path(name)).at_line(error.line())),
    }
}

pub(crate) fn chart(fields: &mut Fields<'_>) -> Result<HelmChart> {
    fields.flag("debug")?;
    Ok(HelmChart {
        name: fields.text("name")?,
        version: fields.text("version")?,
        repo: fields.text("repo")?,
        release_name: fields.text("releaseName")?,
        namespace: fields.text("namespace")?,
        values_file: fields.text("valuesFile")?,
        additional_values_files: fields.texts("additionalValuesFiles")?,
        values_inline: values(fields, "valuesInline")?,
        values_merge: fields.text("valuesMerge")?,
        include_crds: fields.flag("includeCRDs")?,
        skip_hooks: fields.flag("skipHooks")?,
        skip_tests: fields.flag("skipTests")?,
        api_versions: fields.texts("apiVersions")?,
        kube_version: fields.text("kubeVersion")?,
        name_template: fields.text("nameTemplate")?,
        devel: fields.flag("devel")?,
        ..HelmChart::default()
    })
}

/// An entry of `helmChartInflationGenerator`.
pub(crate) fn old_chart(fields: &mut Fields<'_>) -> Result<HelmChart> {
    for unused in ["chartRepoName", "helmBin", "helmHome", "releaseNamespace"] {
        fields.text(unused)?;
    }
    fields.texts("extraArgs")?;
    Ok(HelmChart {
        name: fields.text("chartName")?,
        version: fields.text("chartVersion")?,
        repo: fields.text("chartRepoUrl")?,
        release_name: fields.text("releaseName")?,
        values_file: fields.text("values")?,
        values_inline: values(fields, "valuesLocal")?,
        values_merge: fields.text("valuesMerge")?,
        chart_home: fields.text("chartHome")?,
        ..HelmChart::default()
    })
}
