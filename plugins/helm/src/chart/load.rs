//! Builds a [`Chart`] from a directory or an archive, with everything below `charts/`.
//!
//! All that is read counts against one budget, and nesting is bounded, so links that lead in circles and archives
//! within archives come to an end.

use std::collections::BTreeMap;
use std::rc::Rc;

use thiserror::Error;
use windlass_gotemplate::Text;

use super::archive::{Budget, unpack};
use super::ignore::IgnoreRules;
use super::metadata::{Dependency, Metadata, read_lock};
use super::{Chart, File};
use crate::files::{Entry, EntryKind, Files};
use crate::values::{document, load_values};

/// Charts within charts; the deepest seen in the wild is four.
const MAX_NESTING: usize = 32;
/// Folders within folders.
const MAX_FOLDERS: usize = 64;
const MAX_FILES: usize = 50_000;

/// Why a chart could not be loaded. The texts of what Helm also refuses are Helm's.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("{path}: {source}")]
    Read { path: String, source: crate::files::FileError },
    #[error("{0}")]
    Invalid(String),
}

fn invalid(reason: impl Into<String>) -> LoadError {
    LoadError::Invalid(reason.into())
}

/// A file as it was found, before its place in the chart is known.
#[derive(Clone, Debug)]
pub(crate) struct ChartFile {
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
}

pub(crate) fn strip_bom(mut data: Vec<u8>) -> Vec<u8> {
    if data.starts_with(b"\xEF\xBB\xBF") {
        data.drain(..3);
    }
    data
}

impl Chart {
    /// Loads the chart in the folder `directory` of `files`.
    pub fn from_directory(files: &dyn Files, directory: &str) -> Result<Self, LoadError> {
        let directory = directory.trim_matches('/');
        let manifest = below(directory, "Chart.yaml");
        if let Err(source) = files.read(&manifest) {
            return Err(invalid(format!("unable to detect chart at {manifest}: {source}")));
        }
        let mut walk =
            Walk { files, directory, rules: rules(files, directory)?, budget: Budget::default(), found: Vec::new() };
        walk.folder("", 0)?;
        let Walk { found, mut budget, .. } = walk;
        from_files(found, &mut budget, 0).map_err(invalid)
    }

    /// Loads a packaged chart.
    pub fn from_archive(archive: &[u8]) -> Result<Self, LoadError> {
        let mut budget = Budget::default();
        let files = unpack(archive, &mut budget).map_err(|reason| match reason.strip_prefix("gzip: ") {
            Some(_) => invalid(format!("file does not appear to be a valid chart file (details: {reason})")),
            None => invalid(format!("unable to load chart archive: {reason}")),
        })?;
        from_files(files, &mut budget, 0).map_err(invalid)
    }
}

fn below(directory: &str, name: &str) -> String {
    match (directory, name) {
        ("", name) => name.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, name) => format!("{directory}/{name}"),
    }
}

fn rules(files: &dyn Files, directory: &str) -> Result<IgnoreRules, LoadError> {
    let text = files.read(&below(directory, ".helmignore")).unwrap_or_default();
    IgnoreRules::parse(&String::from_utf8_lossy(&text)).map_err(|reason| invalid(format!(".helmignore: {reason}")))
}

struct Walk<'a> {
    files: &'a dyn Files,
    directory: &'a str,
    rules: IgnoreRules,
    budget: Budget,
    found: Vec<ChartFile>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &str, depth: usize) -> Result<(), LoadError> {
        if depth > MAX_FOLDERS {
            return Err(invalid(format!("chart has folders nested deeper than {MAX_FOLDERS}: {folder}")));
        }
        let path = below(self.directory, folder);
        let listing = self.files.read_dir(&path);
        let mut entries = listing.map_err(|source| LoadError::Read { path, source })?;
        // The order of CRDs in the output is the order of this walk.
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        for Entry { name, kind } in entries {
            let name = below(folder, &name);
            if !self.rules.ignores(&name, kind == EntryKind::Directory) {
                self.entry(name, kind, depth)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, name: String, kind: EntryKind, depth: usize) -> Result<(), LoadError> {
        match kind {
            EntryKind::Directory => self.folder(&name, depth + 1),
            EntryKind::Irregular => {
                Err(invalid(format!("cannot load irregular file {name} as it has file mode type bits set")))
            }
            EntryKind::File => {
                if self.found.len() >= MAX_FILES {
                    return Err(invalid(format!("chart has more than {MAX_FILES} files")));
                }
                let path = below(self.directory, &name);
                let data = self.files.read(&path).map_err(|source| LoadError::Read { path, source })?;
                self.budget
                    .spend(data.len() as u64)
                    .map_err(|reason| invalid(format!("error reading {name}: {reason}")))?;
                self.found.push(ChartFile { name, data: strip_bom(data) });
                Ok(())
            }
        }
    }
}

/// A chart whose parts are being sorted into their places.
#[derive(Default)]
struct Parts {
    metadata: Option<Metadata>,
    values: serde_json::Map<String, serde_json::Value>,
    schema: Option<Text>,
    templates: Vec<File>,
    files: Vec<File>,
    locked: Vec<Dependency>,
    /// By folder or archive name in `charts/`.
    subcharts: BTreeMap<String, Vec<ChartFile>>,
}

fn from_files(files: Vec<ChartFile>, budget: &mut Budget, nesting: usize) -> Result<Chart, String> {
    if nesting > MAX_NESTING {
        return Err(format!("charts are nested deeper than {MAX_NESTING}"));
    }
    let mut parts = Parts { metadata: read_metadata(&files)?, ..Parts::default() };
    for file in files {
        parts.place(file)?;
    }
    let mut metadata = parts.metadata.ok_or("Chart.yaml file is missing")?;
    metadata.validate()?;
    let mut dependencies = Vec::new();
    for (name, files) in parts.subcharts {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let parent = &metadata.name;
        let subchart = subchart(&name, files, budget, nesting + 1, parent)?;
        dependencies.push(subchart);
    }
    Ok(Chart {
        metadata,
        values: Rc::new(crate::convert::table(parts.values)),
        schema: parts.schema,
        templates: parts.templates.into(),
        files: parts.files.into(),
        locked: parts.locked,
        dependencies,
    })
}

fn read_metadata(files: &[ChartFile]) -> Result<Option<Metadata>, String> {
    let Some(file) = files.iter().find(|file| file.name == "Chart.yaml") else { return Ok(None) };
    let mut metadata = Metadata::default();
    let content = document(&file.data).and_then(|content| metadata.read(&content));
    content.map_err(|reason| format!("cannot load Chart.yaml: {reason}"))?;
    match metadata.api_version.as_str() {
        // Charts older than apiVersion have none.
        "" => metadata.api_version = "v1".to_owned(),
        "v1" | "v2" => {}
        _ => return Err("unsupported chart version".to_owned()),
    }
    Ok(Some(metadata))
}

fn subchart(
    name: &str,
    files: Vec<ChartFile>,
    budget: &mut Budget,
    nesting: usize,
    parent: &str,
) -> Result<Chart, String> {
    let loaded = match files.first() {
        Some(first) if name.ends_with(".tgz") => {
            if first.name != name {
                let found = &first.name;
                return Err(format!("error unpacking subchart tar in {parent}: expected {name}, got {found}"));
            }
            unpack(&first.data, budget).and_then(|files| from_files(files, budget, nesting))
        }
        _ => {
            // A file directly in charts/ belongs to no chart; Helm then misses the Chart.yaml of a chart by that name.
            let own = files.into_iter().filter_map(|file| {
                let (_, inside) = file.name.split_once('/')?;
                Some(ChartFile { name: inside.to_owned(), data: file.data })
            });
            from_files(own.collect(), budget, nesting)
        }
    };
    loaded.map_err(|reason| format!("error unpacking subchart {name} in {parent}: {reason}"))
}

impl Parts {
    fn place(&mut self, file: ChartFile) -> Result<(), String> {
        let is_v1 = self.metadata.as_ref().is_some_and(|metadata| metadata.api_version == "v1");
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => {
                let locked = document(&file.data).and_then(|content| read_lock(&content));
                self.locked = locked.map_err(|reason| format!("cannot load Chart.lock: {reason}"))?;
            }
            "values.yaml" => {
                self.values = load_values(&file.data).map_err(|reason| format!("cannot load values.yaml: {reason}"))?;
            }
            "values.schema.json" => self.schema = Some(file.data.into()),
            "requirements.yaml" => {
                let metadata = self.metadata.get_or_insert_default();
                let content = document(&file.data).and_then(|content| metadata.read(&content));
                content.map_err(|reason| format!("cannot load requirements.yaml: {reason}"))?;
                if is_v1 {
                    self.files.push(file.into());
                }
            }
            "requirements.lock" => {
                let locked = document(&file.data).and_then(|content| read_lock(&content));
                self.locked = locked.map_err(|reason| format!("cannot load requirements.lock: {reason}"))?;
                if is_v1 {
                    self.files.push(file.into());
                }
            }
            name if name.starts_with("templates/") => self.templates.push(file.into()),
            name if name.starts_with("charts/") && !name.ends_with(".prov") => self.place_in_subchart(file),
            _ => self.files.push(file.into()),
        }
        Ok(())
    }

    fn place_in_subchart(&mut self, file: ChartFile) {
        let name = file.name.trim_start_matches("charts/").to_owned();
        let folder = name.split('/').next().unwrap_or(&name).to_owned();
        self.subcharts.entry(folder).or_default().push(ChartFile { name, data: file.data });
    }
}

impl From<ChartFile> for File {
    fn from(file: ChartFile) -> Self {
        Self { name: file.name, data: file.data.into() }
    }
}
