//! A chart in memory: its metadata, default values, templates and other files, and the charts it depends on.

mod archive;
mod ignore;
mod load;
mod metadata;
pub(crate) mod pattern;

use std::rc::Rc;

use windlass_gotemplate::{Map, Text};

pub use load::LoadError;
pub use metadata::{Dependency, ImportValue, Maintainer, Metadata};

/// A file of a chart, its name relative to the chart's folder.
#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub data: Text,
}

/// A loaded chart. Cloning shares the contents of its files.
#[derive(Clone, Debug)]
pub struct Chart {
    pub metadata: Metadata,
    /// `values.yaml`.
    pub values: Rc<Map>,
    /// `values.schema.json`, not yet parsed.
    pub schema: Option<Text>,
    /// What lies in `templates/`.
    pub templates: Rc<[File]>,
    /// Everything that has no other meaning, `crds/` included; what templates see as `.Files`.
    pub files: Rc<[File]>,
    pub dependencies: Vec<Chart>,
    /// What `Chart.lock` pins.
    pub locked: Vec<Dependency>,
}

impl Chart {
    /// The name that values and paths use: the alias where the parent gave one.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether only its partial templates count.
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }
}

/// A custom resource definition of a chart's `crds/` folder.
#[derive(Clone, Debug)]
pub(crate) struct Crd {
    /// Path from the root chart's name on.
    pub(crate) path: String,
    pub(crate) data: Text,
}

/// The CRDs of the chart and of what it depends on.
pub(crate) fn crds(chart: &Chart) -> Vec<Crd> {
    let mut found = Vec::new();
    collect_crds(chart, chart.name(), &mut found);
    found
}

fn collect_crds(chart: &Chart, path: &str, found: &mut Vec<Crd>) {
    let own = chart.files.iter().filter(|file| file.name.starts_with("crds/") && is_manifest(&file.name));
    found.extend(own.map(|file| Crd { path: format!("{path}/{}", file.name), data: file.data.clone() }));
    for dependency in &chart.dependencies {
        collect_crds(dependency, &format!("{path}/charts/{}", dependency.name()), found);
    }
}

fn is_manifest(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
