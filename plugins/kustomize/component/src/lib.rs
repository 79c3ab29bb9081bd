//! The generator `kustomize`: a shim between the host and `windlass-kustomize`, which does the work.

mod artifacts;
mod build_options;
mod charts;
mod parameters;

use build_options::BuildOptions;
use charts::Inflater;
use parameters::Parameters;
use windlass_kustomize::{Built, Error, File, FileError, Files, HelmChart, Inflate, Object, Options, build};
use windlass_sdk::generator::{
    Diagnostic, Failure, Generator, Location, Manifest, Outcome, Output, Request,
    source::{self, ReadError},
};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: windlass_sdk::Heap = windlass_sdk::Heap::new();

struct Kustomize;

impl Generator for Kustomize {
    fn generate(request: &Request) -> Result<Output, Failure> {
        match Self::run(request)? {
            Outcome::Done(output) => Ok(output),
            Outcome::Needs(needs) => Err(Failure::Unavailable(format!("{} things are not fetched", needs.len()))),
        }
    }

    fn run(request: &Request) -> Result<Outcome, Failure> {
        let parameters: Parameters = request.parameters()?;
        let BuildOptions { load_restriction, reorder, enable_helm } = BuildOptions::of(request, &parameters.version)?;
        let artifacts = artifacts::fetched(request);
        let (kube_version, api_versions) = parameters.cluster(request);
        let inflater = Inflater { kube_version, api_versions, artifacts: &artifacts };
        let inflate = |chart: &HelmChart| inflater.inflate(chart);
        let helm: Option<&Inflate<'_>> = if enable_helm { Some(&inflate) } else { None };
        let edits = parameters.edits(request)?;
        let options = Options { load_restriction, reorder, edits, artifacts: artifacts.clone(), helm };
        match build(&Source, &request.application.path, &options) {
            Ok(built) => Ok(Outcome::Done(output(request, &built))),
            Err(Error::NeedsArtifact(missing)) => {
                Ok(Outcome::Needs(missing.iter().filter_map(artifacts::need).collect()))
            }
            Err(Error::NeedsFunction(call)) => Ok(Outcome::Needs(vec![artifacts::run(*call)])),
            Err(error) => Err(failed(&error)),
        }
    }
}

windlass_sdk::export_generator!(Kustomize);

/// The repository as the library reads it, from its root.
struct Source;

impl Files for Source {
    fn read(&self, path: &str) -> Result<File, FileError> {
        let content = source::read(&format!("/{path}")).map_err(|error| unreadable(&error))?;
        Ok(File { path: path.to_owned(), content })
    }

    fn directory(&self, path: &str) -> Result<String, FileError> {
        source::read_dir(&format!("/{path}")).map_err(|error| unreadable(&error))?;
        Ok(path.to_owned())
    }
}

fn unreadable(error: &ReadError) -> FileError {
    match error {
        ReadError::NotFound => FileError::Missing,
        ReadError::NotAFile => FileError::NotAFile,
        ReadError::NotADirectory => FileError::NotADirectory,
        ReadError::LeadsOut => FileError::Outside,
        other => FileError::Unreadable(other.message()),
    }
}

fn output(request: &Request, built: &Built) -> Output {
    let mut output = Output::from(built.objects.iter().map(|object| manifest(request, object)).collect::<Vec<_>>());
    output.diagnostics = built.warnings.iter().map(|text| Diagnostic::warning("kustomize", text)).collect();
    output.text = request.wants_text.then(|| built.to_yaml().into_bytes());
    output
}

fn manifest(request: &Request, object: &Object) -> Manifest {
    let origin = &object.origin;
    let is_here = origin.repository.is_empty() && !origin.path.is_empty();
    let at = is_here.then(|| Location { path: request.place(&origin.path), line: None, field: None });
    Manifest { origin: at, ..Manifest::from(&object.body) }
}

fn failed(error: &Error) -> Failure {
    let Some(found) = error.diagnostic() else { return Failure::Unavailable(error.to_string()) };
    let at = found.file.clone().map(|path| Location { path, line: found.line, field: found.field.clone() });
    match error {
        Error::Unsupported(_) => Failure::Unsupported(found.to_string()),
        _ if at.is_none() => Diagnostic::error("kustomize", found.to_string()).into(),
        _ => Diagnostic { at, ..Diagnostic::error("kustomize", &found.message) }.into(),
    }
}
