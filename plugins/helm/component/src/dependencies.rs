//! Charts that a chart lists and does not hold: from a folder beside it, or fetched by the host.

use windlass_helm::{Chart, Entry, Error, FileError, Files, LoadError, Place, Requirement};
use windlass_sdk::generator::{Failure, Location, Need, Origin, Request};

use crate::failed;

/// Adds what is missing to the chart; gives what the host has to fetch first.
pub(crate) fn complete(request: &Request, files: &dyn Files, chart: &mut Chart) -> Result<Vec<Need>, Failure> {
    let faulty = |reason: String| failed(request, &Error::Load(LoadError::Invalid(reason)));
    let mut needs = Vec::new();
    for requirement in chart.requirements().map_err(faulty)? {
        let need = need(request, &requirement);
        let loaded = match &requirement.place {
            Place::Folder(folder) => Chart::from_directory(files, folder),
            Place::Repository(_) | Place::Registry(_) => {
                match request.artifacts.iter().find(|artifact| artifact.id == need.id) {
                    Some(artifact) => Chart::from_directory(&Below { files, folder: &artifact.mount }, ""),
                    None => {
                        needs.push(need);
                        continue;
                    }
                }
            }
        };
        let loaded = loaded.map_err(|error| failed(request, &Error::Load(error)))?;
        requirement.is_met_by(&loaded).map_err(faulty)?;
        chart.dependencies.push(loaded);
    }
    Ok(needs)
}

fn need(request: &Request, requirement: &Requirement) -> Need {
    let Requirement { name, version, place } = requirement;
    let (place, origin) = match place {
        Place::Repository(url) => (url, Origin::HelmChart((url.clone(), name.clone(), version.clone()))),
        Place::Registry(url) => (url, Origin::Oci(format!("{url}/{name}:{version}"))),
        Place::Folder(folder) => (folder, Origin::Other(("file".to_owned(), folder.clone()))),
    };
    let at = Location { path: request.place("Chart.yaml"), line: None, field: None };
    Need { id: format!("chart {place} {name} {version}"), origin, digest: None, at: Some(at) }
}

/// A folder of a tree as a tree.
struct Below<'a> {
    files: &'a dyn Files,
    folder: &'a str,
}

impl Below<'_> {
    fn inside(&self, path: &str) -> String {
        if path.is_empty() { self.folder.to_owned() } else { format!("{}/{path}", self.folder) }
    }
}

impl Files for Below<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.read(&self.inside(path))
    }

    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, FileError> {
        self.files.read_dir(&self.inside(path))
    }
}
