//! Repositories on this machine, opened as object databases: nothing is forked, fetched or written.

use std::path::Path;

use gix::ObjectId;

use crate::{Error, RepoUrl, objects::Objects, revision::RefList};

/// Opens a bare repository or one with a working tree. Configuration of the user and the system is left out.
pub(crate) fn open(url: &RepoUrl, path: &Path) -> Result<Objects, Error> {
    let repository = gix::open_opts(path, gix::open::Options::isolated()).map_err(|error| {
        let reason = if path.exists() { error.to_string() } else { "no such folder".to_owned() };
        Error::NotARepository { url: url.to_string(), reason }
    })?;
    Ok(Objects::of_database(repository.into_sync()))
}

/// Lists every reference; annotated tags are not peeled.
pub(crate) fn list(url: &RepoUrl, repository: &gix::Repository) -> Result<RefList, Error> {
    let damaged = |reason: String| Error::Damaged { url: url.to_string(), object: "a reference".to_owned(), reason };
    let platform = repository.references().map_err(|error| damaged(error.to_string()))?;
    let mut list = RefList { head: repository.head_id().ok().map(|id| id.detach()), ..RefList::default() };
    for reference in platform.all().map_err(|error| damaged(error.to_string()))? {
        let reference = reference.map_err(|error| damaged(error.to_string()))?;
        if let Some(id) = reference.target().try_id() {
            list.refs.insert(reference.name().as_bstr().to_string(), id.to_owned());
        }
    }
    Ok(list)
}

/// Follows annotated tags down to a commit.
pub(crate) fn peel(url: &RepoUrl, repository: &gix::Repository, id: ObjectId) -> Result<ObjectId, Error> {
    let damaged = |reason: String| Error::Damaged { url: url.to_string(), object: format!("commit {id}"), reason };
    let object = repository.find_object(id).map_err(|error| damaged(error.to_string()))?;
    let commit = object.peel_to_commit().map_err(|error| damaged(error.to_string()))?;
    Ok(commit.id)
}

/// The commit whose id begins with `prefix`, if there is exactly one.
pub(crate) fn expand(repository: &gix::Repository, prefix: &str) -> Option<ObjectId> {
    let id = repository.rev_parse_single(format!("{prefix}^{{commit}}").as_str()).ok()?;
    Some(id.detach())
}
