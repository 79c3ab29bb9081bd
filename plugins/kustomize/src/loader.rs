//! Resolving the paths of a kustomization: what may be read, and which directories may be entered.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::artifact::{Artifact, is_remote_file, remote_base};
use crate::config::transformer::Builtin;
use crate::error::{Error, Result};
use crate::files::{FileError, Files, is_below, join, parent};
use crate::options::{LoadRestriction, Options};
use crate::schema::OpenApi;

/// How many directories may be nested in one another as bases.
const MOST_DEPTH: usize = 64;
/// How many kustomizations one build may load; diamonds count each time.
const MOST_LAYERS: u32 = 1_000;

/// What all layers of one build share.
pub(crate) struct Build<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) options: &'a Options<'a>,
    pub(crate) openapi: Rc<OpenApi>,
    pub(crate) builtin: Builtin,
    pub(crate) warnings: RefCell<Vec<String>>,
    pub(crate) layers: Cell<u32>,
}

/// A directory that is being built, and those it was reached from.
#[derive(Debug, Clone)]
pub(crate) struct Loader {
    pub(crate) root: String,
    /// Roots of the layers above, nearest last.
    above: Vec<String>,
    /// Where the fetched repository begins that the directory is in; bases may not leave it.
    repository: Option<String>,
    restriction: LoadRestriction,
}

/// Why a file was not read.
pub(crate) enum LoadError {
    /// There is no such file, but there may be a directory or a repository.
    NotAFile(Error),
    Other(Error),
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::NotAFile(error) | LoadError::Other(error) => error,
        }
    }
}

/// A file's content and its path below the tree's root.
pub(crate) struct Loaded {
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
}

impl<'a> Build<'a> {
    pub(crate) fn new(files: &'a dyn Files, options: &'a Options<'a>) -> Self {
        Self {
            files,
            options,
            openapi: Rc::default(),
            builtin: Builtin::default(),
            warnings: RefCell::default(),
            layers: Cell::new(0),
        }
    }

    fn artifact(&self, artifact: &Artifact) -> Result<&'a str> {
        match self.options.artifacts.get(artifact) {
            Some(path) => Ok(path),
            None => Err(Error::NeedsArtifact(vec![artifact.clone()])),
        }
    }

    pub(crate) fn count_layer(&self) -> Result<()> {
        self.layers.set(self.layers.get() + 1);
        if self.layers.get() > MOST_LAYERS {
            return Err(Error::invalid(format!("more than {MOST_LAYERS} kustomizations in one build")));
        }
        Ok(())
    }
}

impl Loader {
    /// The loader of the directory to be built.
    pub(crate) fn top(build: &Build<'_>, directory: &str) -> Result<Self> {
        let root = join("", directory).ok_or_else(|| Error::invalid(format!("'{directory}' leads out of the tree")))?;
        let root = build.files.directory(&root).map_err(|error| unreadable(directory, &error))?;
        let restriction = build.options.load_restriction;
        Ok(Self { root, above: Vec::new(), repository: None, restriction })
    }

    /// Reads a file by its path relative to the directory, or by its URL.
    pub(crate) fn load(&self, build: &Build<'_>, path: &str) -> Result<Loaded, LoadError> {
        if is_remote_file(path) {
            let artifact = Artifact::File { url: path.to_owned() };
            let place = build.artifact(&artifact).map_err(LoadError::Other)?;
            let file = build.files.read(place).map_err(|error| LoadError::Other(unreadable(path, &error)))?;
            return Ok(Loaded { path: path.to_owned(), content: file.content });
        }
        let outside = || LoadError::NotAFile(self.outside(path));
        let joined = if path.starts_with('/') { None } else { join(&self.root, path) }.ok_or_else(outside)?;
        let file = build.files.read(&joined).map_err(|error| match error {
            FileError::Missing | FileError::NotAFile | FileError::NotADirectory => {
                LoadError::NotAFile(unreadable(&joined, &error))
            }
            FileError::Outside | FileError::Unreadable(_) => LoadError::Other(unreadable(&joined, &error)),
        })?;
        if self.restriction == LoadRestriction::RootOnly && !is_below(parent(&file.path), &self.root) {
            return Err(outside());
        }
        Ok(Loaded { path: file.path, content: file.content })
    }

    fn outside(&self, path: &str) -> Error {
        Error::invalid(format!("security; file '{path}' is not in or below '{}'", shown(&self.root)))
    }

    /// Enters a base: a directory of the tree or of a fetched repository.
    pub(crate) fn enter(&self, build: &Build<'_>, path: &str) -> Result<Self> {
        if path.is_empty() {
            return Err(Error::invalid("new root cannot be empty"));
        }
        if self.above.len() >= MOST_DEPTH {
            return Err(Error::invalid(format!("bases are nested more than {MOST_DEPTH} deep")));
        }
        match remote_base(path) {
            Some(remote) => {
                let repository = build.artifact(&Artifact::Repository(remote.repository))?.to_owned();
                let directory = join(&repository, &remote.path).unwrap_or_default();
                self.descend(build, &directory, Some(repository), LoadRestriction::RootOnly)
            }
            None if path.starts_with('/') => Err(Error::invalid(format!("new root '{path}' cannot be absolute"))),
            None => {
                let leaves = || Error::invalid(format!("'{path}' leads out of the tree"));
                let directory = join(&self.root, path).ok_or_else(leaves)?;
                self.descend(build, &directory, self.repository.clone(), self.restriction)
            }
        }
    }

    fn descend(
        &self,
        build: &Build<'_>,
        directory: &str,
        repository: Option<String>,
        restriction: LoadRestriction,
    ) -> Result<Self> {
        let root = build.files.directory(directory).map_err(|error| unreadable(directory, &error))?;
        if repository.as_ref().is_some_and(|repository| !is_below(&root, repository)) {
            return Err(Error::invalid(format!("security; base '{root}' is outside of its repository")));
        }
        if let Some(visited) = self.above.iter().chain([&self.root]).find(|visited| is_below(visited, &root)) {
            return Err(Error::invalid(format!(
                "cycle detected: candidate root '{}' contains visited root '{}'",
                shown(&root),
                shown(visited)
            )));
        }
        let above = self.above.iter().chain([&self.root]).cloned().collect();
        Ok(Self { root, above, repository, restriction })
    }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

fn unreadable(path: &str, error: &FileError) -> Error {
    Error::invalid(format!("'{}': {error}", shown(path)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn tree(paths: &[&str]) -> BTreeMap<String, Vec<u8>> {
        paths.iter().map(|path| ((*path).to_owned(), Vec::new())).collect()
    }

    #[test]
    fn a_base_may_not_contain_a_directory_on_the_way_to_it() {
        let files = tree(&["a/b/x", "a/x"]);
        let options = Options::default();
        let build = Build::new(&files, &options);
        let loader = Loader::top(&build, "a/b").unwrap();
        let error = loader.enter(&build, "..").unwrap_err();
        assert_eq!(error.to_string(), "cycle detected: candidate root 'a' contains visited root 'a/b'");
    }
}
