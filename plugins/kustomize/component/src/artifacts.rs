//! Remote bases and files, and what functions give back: what the host is asked for, and where it has put it.

use std::collections::BTreeMap;

use windlass_kustomize::{Artifact, FunctionCall, Repository};
use windlass_sdk::generator::{Location, Need, Origin, Request, Transformation};

/// Where fetched content is. The id of a need says all that the library needs to know it again.
pub(crate) fn fetched(request: &Request) -> BTreeMap<Artifact, String> {
    let known = |id: &str| {
        let mut parts = id.splitn(4, ' ');
        Some(match (parts.next()?, parts.next()?, parts.next(), parts.next()) {
            ("file", url, None, None) => Artifact::File { url: url.to_owned() },
            ("git", url, Some(submodules), Some(reference)) => Artifact::Repository(Repository {
                url: url.to_owned(),
                reference: reference.to_owned(),
                submodules: submodules == "submodules",
            }),
            ("chart", repo, Some(name), Some(version)) => {
                Artifact::Chart { repo: repo.to_owned(), name: name.to_owned(), version: version.to_owned() }
            }
            ("function", digest, Some(resources), Some(component)) => Artifact::Answer {
                component: component.to_owned(),
                digest: digest.to_owned(),
                resources: resources.to_owned(),
            },
            _ => return None,
        })
    };
    let mount = |mount: &str| mount.trim_start_matches('/').to_owned();
    request.artifacts.iter().filter_map(|artifact| Some((known(&artifact.id)?, mount(&artifact.mount)))).collect()
}

/// What an artifact is known by when it comes.
fn id(artifact: &Artifact) -> String {
    match artifact {
        Artifact::File { url } => format!("file {url}"),
        Artifact::Repository(Repository { url, reference, submodules }) => {
            let submodules = if *submodules { "submodules" } else { "plain" };
            format!("git {url} {submodules} {reference}")
        }
        Artifact::Chart { repo, name, version } => format!("chart {repo} {name} {version}"),
        Artifact::Answer { component, digest, resources } => format!("function {digest} {resources} {component}"),
    }
}

/// What the host has to fetch for an artifact; nothing for an answer, which a function gives.
pub(crate) fn need(artifact: &Artifact) -> Option<Need> {
    let origin = match artifact {
        Artifact::File { url } => Origin::Http(url.clone()),
        Artifact::Repository(Repository { url, reference, .. }) => {
            Origin::Git((url.clone(), reference.clone(), String::new()))
        }
        Artifact::Chart { repo, name, version } if repo.starts_with("oci://") => {
            Origin::Oci(format!("{repo}/{name}:{version}"))
        }
        Artifact::Chart { repo, name, version } => Origin::HelmChart((repo.clone(), name.clone(), version.clone())),
        Artifact::Answer { .. } => return None,
    };
    Some(Need { id: id(artifact), origin, digest: None, at: None })
}

/// The run of a component that a function stands for.
pub(crate) fn run(call: FunctionCall) -> Need {
    let id = id(&call.answer());
    let FunctionCall { function, component, digest, resources, file, field } = call;
    let origin = Origin::Transformed(Transformation { component, digest, function, resources });
    Need { id, origin, digest: None, at: Some(Location { path: file, line: None, field: Some(field) }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_known_again_when_it_comes() {
        let repository = Repository { url: "https://host/a".into(), reference: "v1".into(), submodules: true };
        let chart = Artifact::Chart { repo: "https://host".into(), name: "c".into(), version: "1.0.0".into() };
        let file = Artifact::File { url: "https://host/f.yaml".into() };
        let (component, digest, resources) = ("pin".into(), "sha256:ab".into(), "cd".into());
        let answer = Artifact::Answer { component, digest, resources };
        for artifact in [file, Artifact::Repository(repository), chart, answer] {
            let mut request = Request::default();
            request.artifacts.push(windlass_sdk::generator::Artifact {
                id: id(&artifact),
                digest: String::new(),
                mount: "/m/0".into(),
            });
            assert_eq!(fetched(&request).get(&artifact).map(String::as_str), Some("m/0"));
        }
    }
}
