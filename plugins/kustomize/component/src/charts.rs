//! Charts of a kustomization, rendered by the Helm library where the administrator allows it.

use std::collections::BTreeMap;

use serde_json::Value;
use windlass_helm::{Chart, Entry, EntryKind, FileError, Files, Host, RenderOptions, ValueSources, ValuesFile, render};
use windlass_kustomize::{Artifact, HelmChart, InflateError};
use windlass_sdk::generator::source::{self, ReadError};

/// What Argo CD gives to `kustomize build` for charts.
pub(crate) struct Inflater<'a> {
    /// Over that of a chart.
    pub(crate) kube_version: String,
    /// Besides those of a chart.
    pub(crate) api_versions: Vec<String>,
    /// Folders of charts that were fetched.
    pub(crate) artifacts: &'a BTreeMap<Artifact, String>,
}

impl Inflater<'_> {
    /// The chart's documents as `helm template` prints them.
    pub(crate) fn inflate(&self, chart: &HelmChart) -> Result<Vec<u8>, InflateError> {
        if !chart.name_template.is_empty() {
            return Err(failed("nameTemplate is not supported; set releaseName"));
        }
        let files = Folder(self.folder(chart)?);
        let loaded = Chart::from_directory(&files, "").map_err(|error| failed(&error.to_string()))?;
        let options = self.options(chart)?;
        let mut warnings = Vec::new();
        let environment = windlass_surroundings::environment(&format!("{} {}", chart.name, options.release_name));
        let host = Host { files: &files, environment, lookup: None, warnings: &mut warnings };
        let rendered = render(loaded, &options, host).map_err(|error| failed(&error.to_string()))?;
        Ok(rendered.to_string().into_bytes())
    }

    /// The chart's folder: below the kustomization, or where it was fetched to.
    fn folder(&self, chart: &HelmChart) -> Result<String, InflateError> {
        let home = if chart.chart_home.is_empty() { "charts" } else { &chart.chart_home };
        let pulled = !chart.repo.is_empty() && !chart.version.is_empty();
        let home = if pulled { format!("{home}/{}-{}", chart.name, chart.version) } else { home.to_owned() };
        let local = format!("{}/{home}/{}", chart.directory, chart.name);
        match source::read_dir(&format!("/{local}")) {
            Ok(_) => return Ok(local),
            Err(ReadError::NotFound | ReadError::NotADirectory) => {}
            Err(error) => return Err(failed(&format!("{local}: {}", error.message()))),
        }
        if chart.repo.is_empty() {
            return Err(failed(&format!("no repo is given, and there is no chart at {home}/{}", chart.name)));
        }
        let wanted =
            Artifact::Chart { repo: chart.repo.clone(), name: chart.name.clone(), version: chart.version.clone() };
        match self.artifacts.get(&wanted) {
            Some(mount) => Ok(mount.clone()),
            None => Err(InflateError::NeedsArtifact(vec![wanted])),
        }
    }

    fn options(&self, chart: &HelmChart) -> Result<RenderOptions, InflateError> {
        let defaults = RenderOptions::default();
        let first = |texts: [&String; 2]| texts.into_iter().find(|text| !text.is_empty()).cloned();
        Ok(RenderOptions {
            release_name: first([&chart.release_name, &defaults.release_name]).unwrap_or_default(),
            namespace: first([&chart.namespace, &defaults.namespace]).unwrap_or_default(),
            kube_version: first([&self.kube_version, &chart.kube_version]),
            api_versions: chart.api_versions.iter().chain(&self.api_versions).cloned().collect(),
            include_crds: chart.include_crds,
            skip_hooks: chart.skip_hooks,
            skip_tests: chart.skip_tests,
            values: values(chart)?,
            ..defaults
        })
    }
}

/// The values that the kustomization gives, in Helm's order. Without a file of its own, the chart's defaults are the
/// file, and those Helm reads anyway.
fn values(chart: &HelmChart) -> Result<ValueSources, InflateError> {
    let given = [&chart.values_file].into_iter().filter(|name| !name.is_empty());
    let file = given.map(|name| read(chart, name)).collect::<Result<Vec<_>, _>>()?;
    let data = Value::Object(chart.values_inline.clone()).to_string().into_bytes();
    let inline = [ValuesFile { name: "valuesInline".to_owned(), data }];
    let inline = inline.into_iter().filter(|_| !chart.values_inline.is_empty()).collect::<Vec<_>>();
    let mut files = match (chart.values_merge.as_str(), inline.is_empty()) {
        (_, true) => file,
        ("" | "override", _) => [file, inline].concat(),
        ("merge", _) => [inline, file].concat(),
        ("replace", _) => inline,
        (other, _) => return Err(failed(&format!("valuesMerge: `{other}` is not override, merge or replace"))),
    };
    for name in &chart.additional_values_files {
        files.push(read(chart, name)?);
    }
    Ok(ValueSources { files, ..ValueSources::default() })
}

fn read(chart: &HelmChart, name: &str) -> Result<ValuesFile, InflateError> {
    match source::read(&format!("/{}/{name}", chart.directory)) {
        Ok(data) => Ok(ValuesFile { name: name.to_owned(), data }),
        Err(error) => Err(failed(&format!("{name}: {}", error.message()))),
    }
}

fn failed(problem: &str) -> InflateError {
    InflateError::Failed(problem.to_owned())
}

/// A folder of the repository, as the library reads a chart.
struct Folder(String);

impl Folder {
    fn path(&self, path: &str) -> String {
        format!("/{}/{path}", self.0)
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        source::read(&self.path(path)).map_err(|error| unreadable(&error))
    }

    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, FileError> {
        let kind = |kind| match kind {
            source::EntryKind::File => EntryKind::File,
            source::EntryKind::Directory => EntryKind::Directory,
        };
        let entries = source::read_dir(&self.path(path)).map_err(|error| unreadable(&error))?;
        Ok(entries.into_iter().map(|entry| Entry { kind: kind(entry.kind), name: entry.name }).collect())
    }
}

fn unreadable(error: &ReadError) -> FileError {
    match error {
        ReadError::NotFound => FileError::NotFound,
        other => FileError::Refused(other.message()),
    }
}
