//! Git's folder and blob objects, from an object database or from a snapshot held in memory.
//!
//! Decoded folders are remembered by object id, so that every tree of one repository shares them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use gix::{
    ObjectId,
    objs::{FindExt, FindHeader, TreeRefIter, tree::EntryKind as Mode},
};

use crate::snapshot::Held;

/// Folders remembered before the memory is cleared: about 100 MB of a very large repository.
const REMEMBERED_FOLDERS: usize = 100_000;

/// Folders visited, by path, in search of symbolic links.
const WALKED_FOLDERS: usize = 200_000;

/// One repository's objects.
pub(crate) struct Objects {
    store: Store,
    folders: RwLock<HashMap<ObjectId, Arc<Folder>>>,
    links: RwLock<HashMap<ObjectId, Arc<Vec<String>>>>,
}

pub(crate) enum Store {
    Database(Box<gix::ThreadSafeRepository>),
    Snapshot(Held),
}

/// Why a file's bytes are not served.
pub(crate) enum BlobError {
    TooLarge { size: u64 },
    Broken(String),
}

/// A folder's entries, sorted by name. Submodules and names that are not UTF-8 are absent.
pub(crate) struct Folder {
    entries: Vec<(String, Node)>,
}

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Node {
    Folder(ObjectId),
    File(ObjectId),
    Link(ObjectId),
}

impl Node {
    pub(crate) fn id(self) -> ObjectId {
        match self {
            Self::Folder(id) | Self::File(id) | Self::Link(id) => id,
        }
    }
}

impl Folder {
    pub(crate) fn new(mut entries: Vec<(String, Node)>) -> Self {
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        Self { entries }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Node> {
        let at = self.entries.binary_search_by(|(entry, _)| entry.as_str().cmp(name)).ok()?;
        Some(self.entries[at].1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Node)> {
        self.entries.iter().map(|(name, node)| (name.as_str(), *node))
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut entries = Vec::new();
        for entry in TreeRefIter::from_bytes(bytes, gix::hash::Kind::Sha1) {
            let entry = entry.map_err(|error| error.to_string())?;
            let Ok(name) = std::str::from_utf8(entry.filename) else { continue };
            let id = entry.oid.to_owned();
            entries.push((
                name.to_owned(),
                match entry.mode.kind() {
                    Mode::Tree => Node::Folder(id),
                    Mode::Blob | Mode::BlobExecutable => Node::File(id),
                    Mode::Link => Node::Link(id),
                    Mode::Commit => continue,
                },
            ));
        }
        Ok(Self::new(entries))
    }
}

impl Objects {
    pub(crate) fn of_database(repository: gix::ThreadSafeRepository) -> Self {
        Self::new(Store::Database(Box::new(repository)), HashMap::new())
    }

    pub(crate) fn of_snapshot(held: Held, folders: HashMap<ObjectId, Arc<Folder>>) -> Self {
        Self::new(Store::Snapshot(held), folders)
    }

    fn new(store: Store, folders: HashMap<ObjectId, Arc<Folder>>) -> Self {
        Self { store, folders: RwLock::new(folders), links: RwLock::default() }
    }

    /// A handle on the object database; `None` for a snapshot.
    pub(crate) fn repository(&self) -> Option<gix::Repository> {
        match &self.store {
            Store::Database(repository) => Some(repository.to_thread_local()),
            Store::Snapshot(_) => None,
        }
    }

    pub(crate) fn folder(&self, id: ObjectId) -> Result<Arc<Folder>, String> {
        if let Some(folder) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(folder.clone());
        }
        let Store::Database(repository) = &self.store else {
            return Err(format!("folder {id} is not part of the snapshot"));
        };
        let mut buffer = Vec::new();
        let tree = handle(repository).find(&id, &mut buffer).map_err(|error| error.to_string())?;
        let folder = Arc::new(Folder::decode(tree.data)?);
        remember(&self.folders, id, folder.clone());
        Ok(folder)
    }

    /// A file's length in bytes, without reading it where the database can tell.
    pub(crate) fn size(&self, id: ObjectId) -> Result<u64, String> {
        match &self.store {
            Store::Database(repository) => match handle(repository).try_header(&id) {
                Ok(Some(header)) => Ok(header.size),
                Ok(None) => Err(format!("object {id} is missing")),
                Err(error) => Err(error.to_string()),
            },
            Store::Snapshot(held) => held.size(id),
        }
    }

    /// A file's bytes; `limit` is how many they may be.
    pub(crate) fn blob(&self, id: ObjectId, limit: u64) -> Result<Arc<[u8]>, BlobError> {
        let size = self.size(id).map_err(BlobError::Broken)?;
        if size > limit {
            return Err(BlobError::TooLarge { size });
        }
        match &self.store {
            Store::Database(repository) => {
                let mut buffer = Vec::new();
                match handle(repository).find_blob(&id, &mut buffer) {
                    Ok(blob) => Ok(Arc::from(blob.data)),
                    Err(error) => Err(BlobError::Broken(error.to_string())),
                }
            }
            Store::Snapshot(held) => held.read(id).map_err(BlobError::Broken),
        }
    }

    /// The paths, relative to the folder, of every symbolic link below it.
    pub(crate) fn links_below(&self, top: ObjectId) -> Result<Arc<Vec<String>>, String> {
        if let Some(links) = self.links.read().unwrap_or_else(PoisonError::into_inner).get(&top) {
            return Ok(links.clone());
        }
        let links = if self.has_links_below(top)? { self.list_links(top)? } else { Vec::new() };
        let links = Arc::new(links);
        remember(&self.links, top, links.clone());
        Ok(links)
    }

    /// Visits each distinct folder once: a hostile tree of few objects can have billions of paths.
    fn has_links_below(&self, top: ObjectId) -> Result<bool, String> {
        let mut seen = HashSet::from([top]);
        let mut pending = vec![top];
        while let Some(id) = pending.pop() {
            for (_, node) in self.folder(id)?.iter() {
                match node {
                    Node::Link(_) => return Ok(true),
                    Node::Folder(id) if seen.insert(id) => pending.push(id),
                    Node::Folder(_) | Node::File(_) => {}
                }
            }
        }
        Ok(false)
    }

    fn list_links(&self, top: ObjectId) -> Result<Vec<String>, String> {
        let mut links = Vec::new();
        let mut visited = 0;
        let mut pending = vec![(String::new(), top)];
        while let Some((prefix, id)) = pending.pop() {
            visited += 1;
            if visited > WALKED_FOLDERS {
                return Err(format!("more than {WALKED_FOLDERS} folders below one that holds symbolic links"));
            }
            for (name, node) in self.folder(id)?.iter() {
                match node {
                    Node::Folder(id) => pending.push((format!("{prefix}{name}/"), id)),
                    Node::Link(_) => links.push(format!("{prefix}{name}")),
                    Node::File(_) => {}
                }
            }
        }
        links.sort_unstable();
        Ok(links)
    }
}

/// Far cheaper than a repository of one's own for each read.
fn handle(repository: &gix::ThreadSafeRepository) -> impl FindExt + FindHeader {
    repository.objects.to_handle()
}

fn remember<T>(memory: &RwLock<HashMap<ObjectId, T>>, id: ObjectId, value: T) {
    let mut memory = memory.write().unwrap_or_else(PoisonError::into_inner);
    if memory.len() >= REMEMBERED_FOLDERS {
        memory.clear();
    }
    memory.insert(id, value);
}
