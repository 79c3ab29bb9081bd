//! One repository under one set of credentials: its references, its objects, its trees.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gix::ObjectId;
use windlass_model::Tree;

use crate::{
    CommitInfo, Error, Freshness, Limits, RepoUrl, Revision,
    answers::{Answers, locked},
    local,
    mirror::Mirror,
    objects::Objects,
    remote::Remote,
    revision::{Choice, RefList, choose, is_head, parse_full_id},
    tree::ObjectTree,
};

/// What is listed for every revision that does not name another place.
const USUAL_PREFIXES: [&str; 3] = ["HEAD", "refs/heads/", "refs/tags/"];

/// A description may lack tags that are younger than this.
const TAGS_AGE: Duration = Duration::from_secs(600);

pub(crate) struct Repository {
    url: RepoUrl,
    origin: Origin,
    /// Lists by the prefix that was asked for; empty for the default branch, branches and tags.
    lists: Answers<String, Arc<RefList>>,
    /// The trees that were asked for last, the youngest at the end: one commit serves many applications.
    trees: Mutex<VecDeque<Served>>,
}

/// A commit's tree, and the objects that it is made of.
struct Served {
    commit: ObjectId,
    objects: Arc<Objects>,
    tree: Arc<ObjectTree>,
}

/// Trees that are kept, of branches that applications follow side by side.
const TREES: usize = 8;

enum Origin {
    Local(Arc<Objects>),
    Remote(Box<Fetched>),
}

/// A repository elsewhere, and what was fetched of it.
struct Fetched {
    remote: Remote,
    mirror: Arc<Mirror>,
    /// Whether the server let these credentials in. The mirror is shared with other credentials, so it
    /// serves nothing before that.
    is_admitted: AtomicBool,
}

impl Repository {
    pub(crate) fn open_local(url: &RepoUrl, path: &Path) -> Result<Self, Error> {
        let objects = Arc::new(local::open(url, path)?);
        let origin = Origin::Local(objects);
        Ok(Self { url: url.clone(), origin, lists: Answers::default(), trees: Mutex::default() })
    }

    pub(crate) fn at_remote(remote: Remote, mirror: Arc<Mirror>) -> Self {
        let url = remote.url.clone();
        let fetched = Fetched { remote, mirror, is_admitted: AtomicBool::new(false) };
        let origin = Origin::Remote(Box::new(fetched));
        Self { url, origin, lists: Answers::default(), trees: Mutex::default() }
    }

    pub(crate) fn resolve(&self, revision: &str, tag_prefix: &str, freshness: Freshness) -> Result<Revision, Error> {
        let id = match parse_full_id(revision) {
            Some(id) => id,
            None => self.look_up(revision, tag_prefix, freshness)?,
        };
        Ok(Revision { id: id.to_string(), requested: revision.to_owned(), snapshot: None })
    }

    /// The id that `resolve` would find, where it would ask nobody.
    pub(crate) fn known(&self, revision: &str, tag_prefix: &str, freshness: Freshness) -> Option<String> {
        if let Some(id) = parse_full_id(revision) {
            return Some(id.to_string());
        }
        let list = self.lists.known("", freshness)?;
        match (choose(&list, revision, tag_prefix), &self.origin) {
            (Choice::Object(id), Origin::Remote(_)) => Some(id.to_string()),
            _ => None,
        }
    }

    pub(crate) fn tree(&self, revision: &Revision, limits: &Limits) -> Result<Arc<dyn Tree>, Error> {
        let commit = parse_full_id(&revision.id).ok_or_else(|| self.not_found(&revision.id))?;
        if let Some(tree) = self.served(commit) {
            return Ok(tree);
        }
        let objects = self.objects_with(commit)?;
        let (objects, root) = match (self.root_of(&objects, commit), &self.origin) {
            (Ok(root), _) => (objects, root),
            (Err(error), Origin::Local(_)) => return Err(error),
            // Somebody emptied the cache folder under us: once more, from the start.
            (Err(_), Origin::Remote(fetched)) => {
                fetched.mirror.discard()?;
                let objects = self.objects_with(commit)?;
                let root = self.root_of(&objects, commit)?;
                (objects, root)
            }
        };
        let tree = Arc::new(ObjectTree::new(objects.clone(), root, limits.file_bytes));
        let mut trees = locked(&self.trees);
        trees.retain(|served| served.commit != commit);
        trees.push_back(Served { commit, objects, tree: tree.clone() });
        if trees.len() > TREES {
            trees.pop_front();
        }
        Ok(tree)
    }

    /// A tree that was served before, as long as its objects are still the ones on the disk.
    fn served(&self, commit: ObjectId) -> Option<Arc<ObjectTree>> {
        let present = match &self.origin {
            Origin::Local(objects) => objects.clone(),
            Origin::Remote(fetched) => fetched.mirror.opened()?,
        };
        let trees = locked(&self.trees);
        let served = trees.iter().find(|served| served.commit == commit)?;
        Arc::ptr_eq(&served.objects, &present).then(|| served.tree.clone())
    }

    /// Describes a commit. Tags are those that were listed last, by whoever resolved a revision.
    pub(crate) fn describe(&self, revision: &Revision) -> Result<CommitInfo, Error> {
        let commit = parse_full_id(&revision.id).ok_or_else(|| self.not_found(&revision.id))?;
        let objects = self.objects_with(commit)?;
        let repository = objects.repository().ok_or_else(|| self.not_found(&revision.id))?;
        let list = self.list("", Freshness::within(TAGS_AGE))?;
        let mut tags = Vec::new();
        for (name, id) in &list.refs {
            if let Some(tag) = name.strip_prefix("refs/tags/")
                && self.peel(*id).is_ok_and(|id| id == commit)
            {
                tags.push(tag.to_owned());
            }
        }
        CommitInfo::read(&repository, commit, tags).map_err(|error| self.damaged(commit, &error))
    }

    /// The objects, with the commit and all its files among them.
    pub(crate) fn objects_with(&self, commit: ObjectId) -> Result<Arc<Objects>, Error> {
        let objects = match &self.origin {
            Origin::Local(objects) => objects.clone(),
            Origin::Remote(fetched) => self.fetch(fetched, commit)?,
        };
        match objects.repository().is_some_and(|repository| repository.has_object(commit)) {
            true => Ok(objects),
            false => Err(self.not_found(&commit.to_string())),
        }
    }

    fn fetch(&self, fetched: &Fetched, commit: ObjectId) -> Result<Arc<Objects>, Error> {
        if let Some(objects) = fetched.mirror.objects_with(commit) {
            if !fetched.is_admitted.load(Ordering::Relaxed) {
                self.list("", Freshness::now())?;
            }
            return Ok(objects);
        }
        let objects = fetched.mirror.fetch(&fetched.remote, &[commit], Some(NonZeroU32::MIN))?;
        fetched.is_admitted.store(true, Ordering::Relaxed);
        Ok(objects)
    }

    fn root_of(&self, objects: &Objects, commit: ObjectId) -> Result<ObjectId, Error> {
        let repository = objects.repository().ok_or_else(|| self.not_found(&commit.to_string()))?;
        let damaged = |error| self.damaged(commit, &error);
        let root = repository.find_commit(commit).and_then(|commit| commit.tree_id().map(|id| id.detach()));
        let root = root.map_err(damaged)?;
        repository.find_tree(root).map_err(damaged)?;
        Ok(root)
    }

    fn look_up(&self, revision: &str, tag_prefix: &str, freshness: Freshness) -> Result<ObjectId, Error> {
        let list = self.list("", freshness)?;
        match choose(&list, revision, tag_prefix) {
            Choice::Object(id) => self.peel(id),
            Choice::Abbreviation(prefix) => self.expand(&prefix, &list),
            Choice::Missing => self.look_up_elsewhere(revision, freshness),
        }
    }

    /// Looks among references that are neither branches nor tags, such as `refs/pull/7/head`.
    fn look_up_elsewhere(&self, revision: &str, freshness: Freshness) -> Result<ObjectId, Error> {
        if matches!(self.origin, Origin::Local(_)) || !revision.contains('/') {
            return Err(self.not_found(revision));
        }
        let name = if revision.starts_with("refs/") { revision.to_owned() } else { format!("refs/{revision}") };
        let list = self.list(&name, freshness)?;
        list.refs.get(&name).copied().ok_or_else(|| self.not_found(revision))
    }

    fn list(&self, prefix: &str, freshness: Freshness) -> Result<Arc<RefList>, Error> {
        self.lists.get(prefix.to_owned(), freshness, || match &self.origin {
            Origin::Local(objects) => {
                let repository = objects.repository().ok_or_else(|| self.not_found(prefix))?;
                local::list(&self.url, &repository).map(Arc::new)
            }
            Origin::Remote(fetched) => {
                let list = match prefix {
                    "" => fetched.remote.list(&USUAL_PREFIXES)?,
                    prefix => fetched.remote.list(&[prefix])?,
                };
                fetched.is_admitted.store(true, Ordering::Relaxed);
                Ok(Arc::new(list))
            }
        })
    }

    /// A server peels tags itself.
    fn peel(&self, id: ObjectId) -> Result<ObjectId, Error> {
        match &self.origin {
            Origin::Local(objects) => match objects.repository() {
                Some(repository) => local::peel(&self.url, &repository, id),
                None => Ok(id),
            },
            Origin::Remote(_) => Ok(id),
        }
    }

    /// Completes an abbreviated commit id. A server cannot do that, so its whole history is needed.
    fn expand(&self, prefix: &str, list: &RefList) -> Result<ObjectId, Error> {
        let found = |objects: &Objects| local::expand(&objects.repository()?, prefix);
        let known = match &self.origin {
            Origin::Local(objects) => found(objects),
            Origin::Remote(fetched) => match fetched.mirror.opened().and_then(|objects| found(&objects)) {
                Some(id) => Some(id),
                None => found(&*fetched.mirror.fetch_history(&fetched.remote, list.refs.values().copied())?),
            },
        };
        known.ok_or_else(|| self.not_found(prefix))
    }

    fn damaged(&self, commit: ObjectId, error: &gix::Error) -> Error {
        Error::Damaged { url: self.url.to_string(), object: format!("commit {commit}"), reason: error.to_string() }
    }

    fn not_found(&self, revision: &str) -> Error {
        let hint = if is_head(revision) {
            "the repository has no default branch, or no commit on it yet"
        } else {
            "no branch, tag, version or commit matches; check targetRevision"
        };
        Error::RevisionNotFound { url: self.url.to_string(), revision: revision.to_owned(), hint: hint.to_owned() }
    }
}
