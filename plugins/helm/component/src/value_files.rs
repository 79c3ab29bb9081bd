//! Finds and reads the files of `valueFiles`, as Argo CD resolves them.

use std::collections::BTreeSet;

use windlass_helm::ValuesFile;
use windlass_sdk::generator::{
    Diagnostic, Failure, Need, Origin, Request,
    source::{self, ReadError},
};

/// Argo CD's default for `helm.valuesFileSchemes`.
const SCHEMES: &str = "https, http";

/// The files that `valueFiles` names, in order, or what the host has to fetch for them.
pub(crate) fn read(request: &Request, names: &[String], ignore_missing: bool) -> Result<Found, Failure> {
    let places = names.iter().map(|name| Place::of(request, name)).collect::<Result<Vec<_>, _>>()?;
    let single = places.iter().filter_map(|place| match place {
        Place::File(path) => Some(path.clone()),
        _ => None,
    });
    let mut reader =
        Reader { ignore_missing, single: single.collect(), taken: BTreeSet::new(), found: Found::default() };
    for (name, place) in names.iter().zip(places) {
        match place {
            Place::Remote(url) => reader.remote(request, url)?,
            Place::File(path) => reader.file(name, path)?,
            Place::Glob(pattern) => reader.glob(name, &pattern)?,
        }
    }
    Ok(reader.found)
}

#[derive(Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<ValuesFile>,
    pub(crate) needs: Vec<Need>,
}

/// Where a parameter points.
#[derive(Debug, PartialEq)]
pub(crate) enum Place {
    Remote(String),
    /// An absolute path for `source`.
    File(String),
    /// The same with wildcards.
    Glob(String),
}

impl Place {
    pub(crate) fn of(request: &Request, name: &str) -> Result<Self, Failure> {
        let text = request.substitute(name);
        if let Some(scheme) = scheme(&text).filter(|_| !name.starts_with('$')) {
            let allowed = request.setting("helm.valuesFileSchemes").unwrap_or(SCHEMES);
            let is_allowed = allowed.split(',').any(|own| own.trim().eq_ignore_ascii_case(scheme));
            let say =
                || format!("valueFiles: {name}: the URL scheme `{scheme}` is not allowed by helm.valuesFileSchemes");
            return if is_allowed {
                Ok(Self::Remote(text))
            } else {
                Err(Diagnostic::error("value-file", say()).into())
            };
        }
        let path = request.resolve(name)?;
        Ok(if path.contains(['*', '?', '[']) { Self::Glob(path) } else { Self::File(path) })
    }
}

/// What stands before the colon of a URL.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    (scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.chars().all(is_letter)).then_some(scheme)
}

struct Reader {
    ignore_missing: bool,
    /// Files that are named one by one: a glob leaves them for their own place in the order.
    single: BTreeSet<String>,
    /// Each file counts once, where it comes first.
    taken: BTreeSet<String>,
    found: Found,
}

impl Reader {
    fn remote(&mut self, request: &Request, url: String) -> Result<(), Failure> {
        if let Some(artifact) = request.artifacts.iter().find(|artifact| artifact.id == url) {
            return self.file(&url, artifact.mount.clone());
        }
        let origin = match scheme(&url) {
            Some("https" | "http") | None => Origin::Http(url.clone()),
            Some(other) => Origin::Other((other.to_owned(), url.clone())),
        };
        self.found.needs.push(Need { id: url, origin, digest: None, at: None });
        Ok(())
    }

    /// `name` is how the parameters write it.
    fn file(&mut self, name: &str, path: String) -> Result<(), Failure> {
        if self.taken.contains(&path) {
            return Ok(());
        }
        match source::read(&path) {
            Ok(data) => self.found.files.push(ValuesFile { name: name.to_owned(), data }),
            Err(ReadError::NotFound) if self.ignore_missing => return Ok(()),
            Err(error) => return Err(unreadable(name, &error)),
        }
        self.taken.insert(path);
        Ok(())
    }

    fn glob(&mut self, name: &str, pattern: &str) -> Result<(), Failure> {
        let matches = source::glob(pattern).map_err(|error| unreadable(name, &error))?;
        if matches.is_empty() && !self.ignore_missing {
            let message = format!("valueFiles: {name} matches no files; correct it, or set ignoreMissingValueFiles");
            return Err(Diagnostic::error("value-file", message).into());
        }
        for path in matches {
            if !self.single.contains(&path) {
                self.file(&path.clone(), path)?;
            }
        }
        Ok(())
    }
}

fn unreadable(name: &str, error: &ReadError) -> Failure {
    Diagnostic::error("value-file", format!("valueFiles: {name}: {}", error.message())).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_sdk::generator::Artifact;

    fn place(name: &str, schemes: Option<&str>) -> Result<Place, Failure> {
        let mut request = Request::default();
        request.application.path = "app".into();
        request.extra =
            schemes.map(|text| ("helm.valuesFileSchemes".to_owned(), text.to_owned())).into_iter().collect();
        request.artifacts = vec![Artifact { id: "$v".into(), digest: String::new(), mount: "/m".into() }];
        Place::of(&request, name)
    }

    #[test]
    fn stars_question_marks_and_brackets_make_a_glob_and_braces_alone_do_not() {
        assert_eq!(place("vals/*.yaml", None), Ok(Place::Glob("/app/vals/*.yaml".into())));
        assert_eq!(place("$v/[ab].yaml", None), Ok(Place::Glob("/m/[ab].yaml".into())));
        assert_eq!(place("{a,b}.yaml", None), Ok(Place::File("/app/{a,b}.yaml".into())));
    }

    #[test]
    fn only_schemes_that_the_administrator_allows_are_remote() {
        assert_eq!(place("https://h/v.yaml", None), Ok(Place::Remote("https://h/v.yaml".into())));
        assert_eq!(place("S3://b/v.yaml", Some("s3")), Ok(Place::Remote("S3://b/v.yaml".into())));
        for (name, schemes) in [("s3://b/v.yaml", None), ("https://h/v.yaml", Some("")), ("secrets://x", None)] {
            assert!(format!("{:?}", place(name, schemes)).contains("not allowed"), "{name}");
        }
        assert_eq!(place("$v/https://h/v.yaml", Some("")), Ok(Place::File("/m/https:/h/v.yaml".into())));
        assert_eq!(place("a/b:c.yaml", None), Ok(Place::File("/app/a/b:c.yaml".into())));
    }
}
