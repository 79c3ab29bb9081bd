//! Remote bases and files: what the host is asked for, and where it has put it.

use std::collections::BTreeMap;

use windlass_kustomize::{Artifact, Repository};
use windlass_sdk::generator::{Need, Origin, Request};

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
            _ => return None,
        })
    };
    let mount = |mount: &str| mount.trim_start_matches('/').to_owned();
    request.artifacts.iter().filter_map(|artifact| Some((known(&artifact.id)?, mount(&artifact.mount)))).collect()
}

pub(crate) fn need(artifact: &Artifact) -> Need {
    let (id, origin) = match artifact {
        Artifact::File { url } => (format!("file {url}"), Origin::Http(url.clone())),
        Artifact::Repository(Repository { url, reference, submodules }) => {
            let submodules = if *submodules { "submodules" } else { "plain" };
            (
                format!("git {url} {submodules} {reference}"),
                Origin::Git((url.clone(), reference.clone(), String::new())),
            )
        }
        Artifact::Chart { repo, name, version } => {
            let id = format!("chart {repo} {name} {version}");
            match repo.starts_with("oci://") {
                true => (id, Origin::Oci(format!("{repo}/{name}:{version}"))),
                false => (id, Origin::HelmChart((repo.clone(), name.clone(), version.clone()))),
            }
        }
    };
    Need { id, origin, digest: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_known_again_when_it_comes() {
        let repository = Repository { url: "https://host/a".into(), reference: "v1".into(), submodules: true };
        let chart = Artifact::Chart { repo: "https://host".into(), name: "c".into(), version: "1.0.0".into() };
        let file = Artifact::File { url: "https://host/f.yaml".into() };
        let artifacts = [file, Artifact::Repository(repository), chart];
        for artifact in artifacts {
            let mut request = Request::default();
            request.artifacts.push(windlass_sdk::generator::Artifact {
                id: need(&artifact).id,
                digest: String::new(),
                mount: "/m/0".into(),
            });
            assert_eq!(fetched(&request).get(&artifact).map(String::as_str), Some("m/0"));
        }
    }
}
