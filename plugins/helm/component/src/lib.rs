//! The generator `helm`: a shim between the host and `windlass-helm`, which does the work.

mod dependencies;
mod parameters;
mod value_files;
mod world;

use std::{collections::BTreeMap, mem::ManuallyDrop};

use parameters::Parameters;
use windlass_helm::{
    Chart, Entry, EntryKind, Error, FileError, Files, Host, LoadError, Manifest, Rendered, Role, render,
};
use windlass_sdk::generator::{self as sdk, Diagnostic, Failure, Generator, Outcome, Output, Request, source, yaml};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: windlass_sdk::Heap = windlass_sdk::Heap::new();

struct Helm;

impl Generator for Helm {
    fn generate(request: &Request) -> Result<Output, Failure> {
        match Self::run(request)? {
            Outcome::Done(output) => Ok(output),
            Outcome::Needs(needs) => Err(Failure::Unavailable(format!("{} files are not fetched", needs.len()))),
        }
    }

    fn run(request: &Request) -> Result<Outcome, Failure> {
        let parameters: Parameters = request.parameters()?;
        let found = value_files::read(request, &parameters.value_files, parameters.ignore_missing_value_files)?;
        if !found.needs.is_empty() {
            return Ok(Outcome::Needs(found.needs));
        }
        let files = Source { given: parameters.template.files.clone() };
        let debug = parameters.template.debug;
        let options = parameters.options(request, found.files)?;
        let mut chart = Chart::from_directory(&files, "").map_err(|error| failed(request, &Error::Load(error)))?;
        let needs = dependencies::complete(request, &files, &mut chart)?;
        if !needs.is_empty() {
            return Ok(Outcome::Needs(needs));
        }
        let mut warnings = Vec::new();
        // Two sources of one application may be the same chart.
        let environment = windlass_surroundings::environment(&options.release_name);
        let host = Host { files: &files, environment, lookup: Some(world::lookup()), warnings: &mut warnings };
        // The instance ends with the call, and what is in it with the instance.
        let rendered =
            ManuallyDrop::new(render(chart, &options, host).map_err(|error| explained(request, &error, debug))?);
        let mut output = output(request, &rendered)?;
        output.diagnostics.extend(warnings.into_iter().map(|text| Diagnostic::warning("helm", text)));
        Ok(Outcome::Done(output))
    }
}

windlass_sdk::export_generator!(Helm);

/// The application's folder as the library reads it.
struct Source {
    /// Files that came with the parameters.
    given: BTreeMap<String, String>,
}

impl Files for Source {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match self.given.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => source::read(path).map_err(|error| unreadable(&error)),
        }
    }

    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, FileError> {
        let kind = |kind| match kind {
            source::EntryKind::File => EntryKind::File,
            source::EntryKind::Directory => EntryKind::Directory,
        };
        let entries = source::read_dir(path).map_err(|error| unreadable(&error))?;
        Ok(entries.into_iter().map(|entry| Entry { kind: kind(entry.kind), name: entry.name }).collect())
    }
}

fn unreadable(error: &source::ReadError) -> FileError {
    match error {
        source::ReadError::NotFound => FileError::NotFound,
        other => FileError::Refused(other.message()),
    }
}

fn output(request: &Request, rendered: &Rendered) -> Result<Output, Failure> {
    let mut output = Output::from(Vec::new());
    for manifest in &rendered.manifests {
        match manifest.role {
            Role::Crd => output.manifests.extend(crds(request, manifest)?),
            _ if manifest.content.is_null() => {}
            _ => {
                output.manifests.push(sdk::Manifest { origin: origin(request, manifest), ..(&manifest.content).into() })
            }
        }
    }
    output.text = request.wants_text.then(|| rendered.to_string().into_bytes());
    Ok(output)
}

/// A file of `crds/` is not looked into by the library, and may hold several.
fn crds(request: &Request, manifest: &Manifest) -> Result<Vec<sdk::Manifest>, Failure> {
    let path = place(request, &manifest.source);
    let parsed = yaml::parse(manifest.text.as_bytes());
    if let Some(problem) = parsed.problem {
        return Err(Diagnostic::error("yaml-syntax", problem.message).at(path).into());
    }
    let objects = parsed.documents.into_iter().filter(|document| document.shape != yaml::Shape::Empty);
    Ok(objects.map(|document| sdk::Manifest { body: document.json, origin: origin(request, manifest) }).collect())
}

fn origin(request: &Request, manifest: &Manifest) -> Option<sdk::Location> {
    Some(sdk::Location { path: place(request, &manifest.source), line: None, field: None })
}

/// With what to look at where the output is no YAML, for who asked for it or can ask for it.
fn explained(request: &Request, error: &Error, debug: Option<bool>) -> Failure {
    let Error::Manifest(manifest) = error else { return failed(request, error) };
    let text = match debug {
        None => return failed(request, error),
        Some(true) => format!("{error}\n\n{}", manifest.rendered),
        Some(false) => format!("{error}\n\nUse --debug flag to render out invalid YAML"),
    };
    Diagnostic::error("helm", text).at(place(request, &manifest.source_file)).into()
}

fn failed(request: &Request, error: &Error) -> Failure {
    let diagnostic = Diagnostic::error("helm", error.to_string());
    let placed = match error {
        Error::Template(error) => match &error.location {
            Some(at) => diagnostic.at_line(place(request, &at.template), u32::try_from(at.line).unwrap_or_default()),
            None => diagnostic,
        },
        Error::Manifest(error) => diagnostic.at(place(request, &error.source_file)),
        Error::Load(LoadError::Read { path, .. }) => diagnostic.at(request.place(path)),
        _ => diagnostic,
    };
    placed.into()
}

/// The repository's path of a template, which the library names from the chart's name on.
fn place(request: &Request, template: &str) -> String {
    request.place(template.split_once('/').map_or(template, |(_, path)| path))
}
