//! Finds and reads the files of `valueFiles`.

use windlass_helm::ValuesFile;
use windlass_sdk::generator::{
    Diagnostic, Failure, Need, Origin, Request,
    source::{self, ReadError},
};

/// The files that `valueFiles` names, in order, or what the host has to fetch for them.
pub(crate) fn read(request: &Request, names: &[String], ignore_missing: bool) -> Result<Found, Failure> {
    let mut found = Found::default();
    for name in names {
        let path = request.substitute(name);
        if path.starts_with("https://") || path.starts_with("http://") {
            found.remote(request, &path)?;
        } else if path.starts_with('$') || name.starts_with('$') && !name.starts_with("$ARGOCD_") {
            return Err(Failure::Unsupported(format!(
                "valueFiles: {name} is in another source, which is not served to a chart yet"
            )));
        } else {
            found.local(request, &path, ignore_missing)?;
        }
    }
    Ok(found)
}

#[derive(Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<ValuesFile>,
    pub(crate) needs: Vec<Need>,
}

impl Found {
    fn remote(&mut self, request: &Request, url: &str) -> Result<(), Failure> {
        match request.artifacts.iter().find(|artifact| artifact.id == url) {
            Some(artifact) => self.local(request, &artifact.mount, false),
            None => {
                self.needs.push(Need { id: url.to_owned(), origin: Origin::Http(url.to_owned()), digest: None });
                Ok(())
            }
        }
    }

    fn local(&mut self, request: &Request, path: &str, ignore_missing: bool) -> Result<(), Failure> {
        let matches = if path.contains(['*', '?', '[', '{']) {
            source::glob(path).map_err(|error| unreadable(request, path, &error))?
        } else {
            vec![path.to_owned()]
        };
        if matches.is_empty() && !ignore_missing {
            return Err(unreadable(request, path, &ReadError::NotFound));
        }
        for path in matches {
            match source::read(&path) {
                Ok(data) => self.files.push(ValuesFile { name: path, data }),
                Err(ReadError::NotFound) if ignore_missing => {}
                Err(error) => return Err(unreadable(request, &path, &error)),
            }
        }
        Ok(())
    }
}

fn unreadable(request: &Request, path: &str, error: &ReadError) -> Failure {
    let place = path.strip_prefix('/').map_or_else(|| request.place(path), str::to_owned);
    Diagnostic::error("value-file", format!("valueFiles: {}", error.message())).at(place).into()
}
