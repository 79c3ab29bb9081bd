//! One commit, or one snapshot of a folder, as an immutable tree over Git objects. Nothing is checked out.
//!
//! Invariant: a symbolic link is followed inside the tree only, and only [`LINK_LIMIT`] of them in one path.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use gix::ObjectId;
use windlass_model::{Digest, Entry, EntryKind, Tree, TreeError, TreePath};

use crate::{
    answers::locked,
    objects::{BlobError, Folder, Node, Objects},
};

/// Links followed in one path; what Linux allows.
const LINK_LIMIT: usize = 40;

/// Bytes in a link's target; `PATH_MAX` on Linux.
const TARGET_LIMIT: u64 = 4096;

/// Serves the folder object `root`.
pub(crate) struct ObjectTree {
    objects: Arc<Objects>,
    root: ObjectId,
    blob_limit: u64,
    digests: Mutex<HashMap<TreePath, Digest>>,
}

/// A file or folder that a path led to, and where it really is once links are followed.
struct Place {
    path: Vec<String>,
    node: Node,
}

impl ObjectTree {
    /// `blob_limit` is the size in bytes above which a file is refused.
    pub(crate) fn new(objects: Arc<Objects>, root: ObjectId, blob_limit: u64) -> Self {
        Self { objects, root, blob_limit, digests: Mutex::default() }
    }

    fn find(&self, path: &TreePath) -> Result<Place, TreeError> {
        self.walk(path.as_str())?.ok_or_else(|| TreeError::NotFound { path: path.to_string() })
    }

    /// Follows `path` from the root as a kernel would: component by component, `..` after links.
    fn walk(&self, path: &str) -> Result<Option<Place>, TreeError> {
        let mut links = 0;
        let mut pending: Vec<String> = components(path);
        let mut above: Vec<(String, ObjectId)> = Vec::new();
        while let Some(name) = pending.pop() {
            if name == ".." {
                above.pop().ok_or_else(|| TreeError::LeadsOut { path: path.to_owned() })?;
                continue;
            }
            let here = above.last().map_or(self.root, |(_, id)| *id);
            match self.folder(path, here)?.get(&name) {
                None => return Ok(None),
                Some(Node::Folder(id)) => above.push((name, id)),
                Some(node @ Node::File(_)) if pending.is_empty() => {
                    let path = above.into_iter().map(|(name, _)| name).chain([name]).collect();
                    return Ok(Some(Place { path, node }));
                }
                Some(Node::File(_)) => return Ok(None),
                Some(Node::Link(id)) => {
                    links += 1;
                    if links > LINK_LIMIT {
                        return Err(TreeError::LinkLoop { path: path.to_owned() });
                    }
                    pending.extend(self.link_target(path, id)?);
                }
            }
        }
        let node = Node::Folder(above.last().map_or(self.root, |(_, id)| *id));
        Ok(Some(Place { path: above.into_iter().map(|(name, _)| name).collect(), node }))
    }

    /// The components of a link's target, last first.
    fn link_target(&self, path: &str, link: ObjectId) -> Result<Vec<String>, TreeError> {
        let target = self.objects.blob(link, TARGET_LIMIT).map_err(unread(path, TARGET_LIMIT))?;
        let target = std::str::from_utf8(&target).map_err(|_| broken(path)("its link is not UTF-8".to_owned()))?;
        if target.starts_with('/') {
            return Err(TreeError::LeadsOut { path: path.to_owned() });
        }
        Ok(components(target))
    }

    fn folder(&self, path: &str, id: ObjectId) -> Result<Arc<Folder>, TreeError> {
        self.objects.folder(id).map_err(broken(path))
    }

    /// One entry of the folder at `place`; `None` where a link leads nowhere or round. A link that leads out is
    /// listed as a file, so that who reads it is told.
    fn entry(&self, place: &Place, name: &str) -> Result<Option<Entry>, TreeError> {
        let path = join(&place.path, name);
        let target = match self.walk(&path) {
            Ok(Some(target)) => target,
            Ok(None) | Err(TreeError::LinkLoop { .. }) => return Ok(None),
            Err(TreeError::LeadsOut { .. }) => {
                let digest = Digest::of_parts([b"leads out".as_slice(), name.as_bytes()]);
                return Ok(Some(Entry { name: name.to_owned(), kind: EntryKind::File, size: 0, digest }));
            }
            Err(error) => return Err(error),
        };
        let digest = self.digest_of(&path, &target)?;
        let (kind, size) = match target.node {
            Node::File(id) => (EntryKind::File, self.objects.size(id).map_err(broken(&path))?),
            Node::Folder(_) | Node::Link(_) => (EntryKind::Directory, 0),
        };
        Ok(Some(Entry { name: name.to_owned(), kind, size, digest }))
    }

    /// A folder's digest covers what its links lead to, since a reader sees that as part of the folder.
    fn digest_of(&self, path: &str, place: &Place) -> Result<Digest, TreeError> {
        let Node::Folder(id) = place.node else { return Ok(Digest::from_id(place.node.id().as_bytes())) };
        if self.objects.links_below(id).map_err(broken(path))?.is_empty() {
            return Ok(Digest::from_id(id.as_bytes()));
        }
        let key = TreePath::parse(&place.path.join("/")).unwrap_or_default();
        let known = locked(&self.digests).get(&key).copied();
        if let Some(digest) = known {
            return Ok(digest);
        }
        let digest = self.digest_through_links(path, place)?;
        locked(&self.digests).insert(key, digest);
        Ok(digest)
    }

    /// Digests everything that can be reached from `start` through links; each place counts once.
    fn digest_through_links(&self, path: &str, start: &Place) -> Result<Digest, TreeError> {
        let mut reached: BTreeMap<String, Option<ObjectId>> = BTreeMap::new();
        let mut pending = vec![(start.path.join("/"), start.node)];
        while let Some((place, node)) = pending.pop() {
            if reached.insert(place.clone(), Some(node.id())).is_some() {
                continue;
            }
            let Node::Folder(id) = node else { continue };
            for link in self.objects.links_below(id).map_err(broken(path))?.iter() {
                let link = join(std::slice::from_ref(&place), link);
                match self.walk(&link) {
                    Ok(Some(target)) => pending.push((target.path.join("/"), target.node)),
                    Ok(None) | Err(TreeError::LeadsOut { .. } | TreeError::LinkLoop { .. }) => {
                        reached.insert(link, None);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        let parts = reached
            .iter()
            .flat_map(|(place, id)| [place.as_bytes(), id.as_ref().map(|id| id.as_bytes()).unwrap_or_default()]);
        Ok(Digest::of_parts(parts))
    }
}

impl Tree for ObjectTree {
    fn read(&self, path: &TreePath) -> Result<Arc<[u8]>, TreeError> {
        let Node::File(id) = self.find(path)?.node else {
            return Err(TreeError::NotAFile { path: path.to_string() });
        };
        self.objects.blob(id, self.blob_limit).map_err(unread(path.as_str(), self.blob_limit))
    }

    fn read_dir(&self, path: &TreePath) -> Result<Vec<Entry>, TreeError> {
        let place = self.find(path)?;
        let Node::Folder(id) = place.node else {
            return Err(TreeError::NotADirectory { path: path.to_string() });
        };
        let folder = self.folder(path.as_str(), id)?;
        folder.iter().filter_map(|(name, _)| self.entry(&place, name).transpose()).collect()
    }

    fn digest(&self, path: &TreePath) -> Result<Option<Digest>, TreeError> {
        match self.walk(path.as_str())? {
            Some(place) => self.digest_of(path.as_str(), &place).map(Some),
            None => Ok(None),
        }
    }
}

/// A path's components, last first; empty ones and `.` left out.
fn components(path: &str) -> Vec<String> {
    path.split('/').rev().filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
}

fn join(folder: &[String], name: &str) -> String {
    folder.iter().map(String::as_str).filter(|part| !part.is_empty()).chain([name]).collect::<Vec<_>>().join("/")
}

fn unread(path: &str, limit: u64) -> impl Fn(BlobError) -> TreeError + '_ {
    move |error| match error {
        BlobError::TooLarge { size } => TreeError::TooLarge { path: path.to_owned(), size, limit },
        BlobError::Broken(message) => broken(path)(message),
    }
}

fn broken(path: &str) -> impl Fn(String) -> TreeError + '_ {
    move |message| TreeError::Broken { path: path.to_owned(), message }
}
