//! The generator `directory`: plain manifests from a folder, as Argo CD's directory source reads them.
//!
//! Which files count is decided in [`select`], what their documents mean in [`manifests`]; both are pure.
//! Here the source is read.

mod glob;
mod manifests;
mod parameters;
mod select;

use parameters::Parameters;
use select::{Candidate, Verdict};
use windlass_sdk::generator::{
    Diagnostic, Failure, Generator, Manifest, Output, Request,
    source::{self, EntryKind, ReadError},
    yaml,
};

/// Folders below one another that are descended into: a link may point at a folder above itself.
const DEPTH: usize = 64;

struct Directory;

impl Generator for Directory {
    fn generate(request: &Request) -> Result<Output, Failure> {
        let parameters: Parameters = request.parameters()?;
        let root = request.application.path.as_str();
        let mut output = Output::from(Vec::new());
        let mut size = 0;
        for file in list(root, parameters.recurse)? {
            if select::by_name(&file, &parameters) {
                size += read(root, &file, &parameters, size, &mut output)?;
            }
        }
        Ok(output)
    }
}

windlass_sdk::export_generator!(Directory);

/// The files of the source in the order of their paths, folder by folder.
fn list(root: &str, recurse: bool) -> Result<Vec<Candidate>, Failure> {
    let mut files = Vec::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        let entries = source::read_dir(if folder.is_empty() { "." } else { &folder })
            .map_err(|error| unreadable(root, &folder, &error))?;
        if folder.split('/').count() > DEPTH {
            return Err(Diagnostic::error("link-loop", "folders nest too deep; does a link lead back up?")
                .at(folder)
                .into());
        }
        let join = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        for entry in &entries {
            match entry.kind {
                EntryKind::File => files.push(Candidate { path: join(&entry.name), size: entry.size }),
                EntryKind::Directory if recurse => open.push(join(&entry.name)),
                EntryKind::Directory => {}
            }
        }
    }
    files.sort_by(|one, other| one.path.split('/').cmp(other.path.split('/')));
    Ok(files)
}

/// Reads one file into the output and returns the bytes that count towards the cap.
fn read(root: &str, file: &Candidate, parameters: &Parameters, size: u64, output: &mut Output) -> Result<u64, Failure> {
    let path = absolute(root, &file.path);
    // Before it is read: the cap is there to keep such files out of memory.
    let counted = select::charge(file, size, parameters).map_err(|error| error.at(&path))?;
    let body = source::read(&file.path).map_err(|error| unreadable(root, &file.path, &error))?;
    match select::by_content(file, &body) {
        Verdict::PassOver => return Ok(0),
        Verdict::Refuse(diagnostic) => return Err(diagnostic.at(&path).into()),
        Verdict::Read => {}
    }
    let parsed = yaml::parse(&body);
    let found = manifests::from_documents(&path, &body, parsed)?;
    output
        .manifests
        .extend(found.into_iter().map(|(line, body)| Manifest { body, origin: None }.from_line(&path, line)));
    Ok(counted)
}

fn absolute(root: &str, path: &str) -> String {
    [root, path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn unreadable(root: &str, path: &str, error: &ReadError) -> Failure {
    Diagnostic::error("unreadable", error.message()).at(absolute(root, path)).into()
}
