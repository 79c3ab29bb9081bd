//! Between what crosses the boundary and what this crate's callers see. No decision is made here.

use crate::{
    Application, Diagnostic, Failure, Location, Manifest, Need, Origin, Severity, Transformation,
    bindings::{generate, types},
    words::short,
};

pub(crate) fn application(application: &Application, path: &str) -> types::Application {
    types::Application {
        name: application.name.clone(),
        namespace: application.namespace.clone(),
        project: application.project.clone(),
        destination_namespace: application.destination_namespace.clone(),
        repository: application.repository.clone(),
        path: path.to_owned(),
        target_revision: application.target_revision.clone(),
        revision: application.revision.clone(),
    }
}

pub(crate) fn failure(failure: types::Failure) -> Failure {
    match failure {
        types::Failure::Invalid(diagnostics) => Failure::Invalid(diagnostics.into_iter().map(diagnostic).collect()),
        types::Failure::Unavailable(text) => Failure::Unavailable(short(text)),
        types::Failure::Unsupported(text) => Failure::Unsupported(short(text)),
        types::Failure::Other((code, text)) => Failure::Other { code: short(code), text: short(text) },
    }
}

pub(crate) fn diagnostic(diagnostic: types::Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: match diagnostic.severity {
            types::Severity::Error => Severity::Error,
            types::Severity::Warning => Severity::Warning,
            types::Severity::Info => Severity::Info,
        },
        code: short(diagnostic.code),
        message: short(diagnostic.message),
        at: diagnostic.at.map(location),
    }
}

fn location(at: types::Location) -> Location {
    Location { path: at.path, line: at.line, field: at.field }
}

pub(crate) fn manifest(manifest: generate::Manifest) -> Manifest {
    Manifest { body: manifest.body, origin: manifest.origin.map(location) }
}

pub(crate) fn need(need: generate::Need) -> Need {
    let origin = match need.origin {
        generate::Origin::HelmChart((repository, name, version)) => Origin::HelmChart { repository, name, version },
        generate::Origin::Oci(reference) => Origin::Oci(reference),
        generate::Origin::Git((url, revision, path)) => Origin::Git { url, revision, path },
        generate::Origin::Http(url) => Origin::Http(url),
        generate::Origin::Transformed(generate::Transformation { component, digest, function, resources }) => {
            Origin::Transformed(Transformation { component, digest, function, resources })
        }
        generate::Origin::Other((scheme, reference)) => Origin::Other { scheme, reference },
    };
    Need { id: need.id, origin, digest: need.digest, at: need.at.map(location) }
}
