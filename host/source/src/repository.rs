//! One repository under one set of credentials: its references, its objects, its trees.

use std::{path::PathBuf, sync::Arc};

use gix::ObjectId;
use windlass_model::Tree;

use crate::{
    Error, Freshness, Limits, RepoUrl, Revision,
    listing::Answers,
    local,
    objects::Objects,
    revision::{Choice, RefList, choose, is_head, parse_full_id},
    tree::ObjectTree,
};

pub(crate) struct Repository {
    url: RepoUrl,
    origin: Origin,
    /// Lists by the prefix that was asked for; empty for the default branch, branches and tags.
    lists: Answers<String, Arc<RefList>>,
}

enum Origin {
    Local(Arc<Objects>),
}

impl Repository {
    pub(crate) fn open_local(url: &RepoUrl, path: &PathBuf) -> Result<Self, Error> {
        let objects = Arc::new(local::open(url, path)?);
        Ok(Self { url: url.clone(), origin: Origin::Local(objects), lists: Answers::default() })
    }

    pub(crate) fn resolve(&self, revision: &str, tag_prefix: &str, freshness: Freshness) -> Result<Revision, Error> {
        let id = match parse_full_id(revision) {
            Some(id) => id,
            None => self.look_up(revision, tag_prefix, freshness)?,
        };
        Ok(Revision { id: id.to_string(), requested: revision.to_owned(), snapshot: None })
    }

    pub(crate) fn tree(&self, revision: &Revision, limits: &Limits) -> Result<Arc<dyn Tree>, Error> {
        let commit = parse_full_id(&revision.id).ok_or_else(|| self.not_found(&revision.id))?;
        let objects = self.objects_with(commit)?;
        let repository = objects.repository().ok_or_else(|| self.not_found(&revision.id))?;
        let root = repository
            .find_commit(commit)
            .and_then(|commit| commit.tree_id().map(|id| id.detach()))
            .map_err(|error| self.damaged(commit, error.to_string()))?;
        Ok(Arc::new(ObjectTree::new(objects, root, limits.file_bytes)))
    }

    fn look_up(&self, revision: &str, tag_prefix: &str, freshness: Freshness) -> Result<ObjectId, Error> {
        match choose(&*self.list("", freshness)?, revision, tag_prefix) {
            Choice::Object(id) => self.peel(id),
            Choice::Abbreviation(prefix) => self.expand(&prefix),
            Choice::Missing => Err(self.not_found(revision)),
        }
    }

    fn list(&self, prefix: &str, freshness: Freshness) -> Result<Arc<RefList>, Error> {
        self.lists.get(prefix.to_owned(), freshness, || match &self.origin {
            Origin::Local(objects) => {
                let repository = objects.repository().ok_or_else(|| self.not_found(prefix))?;
                local::list(&self.url, &repository).map(Arc::new)
            }
        })
    }

    fn peel(&self, id: ObjectId) -> Result<ObjectId, Error> {
        match &self.origin {
            Origin::Local(objects) => match objects.repository() {
                Some(repository) => local::peel(&self.url, &repository, id),
                None => Ok(id),
            },
        }
    }

    fn expand(&self, prefix: &str) -> Result<ObjectId, Error> {
        match &self.origin {
            Origin::Local(objects) => objects
                .repository()
                .and_then(|repository| local::expand(&repository, prefix))
                .ok_or_else(|| self.not_found(prefix)),
        }
    }

    fn objects_with(&self, commit: ObjectId) -> Result<Arc<Objects>, Error> {
        match &self.origin {
            Origin::Local(objects) => match objects.repository().is_some_and(|repo| repo.has_object(commit)) {
                true => Ok(objects.clone()),
                false => Err(self.not_found(&commit.to_string())),
            },
        }
    }

    fn not_found(&self, revision: &str) -> Error {
        let hint = if is_head(revision) {
            "the repository has no default branch, or no commit on it yet"
        } else {
            "no branch, tag, version or commit matches; check targetRevision"
        };
        Error::RevisionNotFound { url: self.url.to_string(), revision: revision.to_owned(), hint: hint.to_owned() }
    }

    fn damaged(&self, commit: ObjectId, reason: String) -> Error {
        Error::Damaged { url: self.url.to_string(), object: format!("commit {commit}"), reason }
    }
}
