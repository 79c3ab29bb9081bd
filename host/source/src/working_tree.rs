//! Any local folder as a source, uncommitted files included: what `git add --all` would take, with the id
//! that Git would give to the tree. Nothing is written, neither to the folder nor to a repository.
//!
//! The folder is opened through a capability, so no link leads out of it. A second look hashes only what
//! has changed, by size, times and inode.

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use cap_std::{
    ambient_authority,
    fs::{Dir, DirEntry, Metadata, MetadataExt},
};
use gix::{
    ObjectId, hash,
    objs::{self, WriteTo as _, tree::EntryKind as Mode},
};

use crate::{
    Error, Freshness,
    answers::{Answers, locked},
    ignore::IgnoreRules,
    objects::{Folder, Node, Objects},
    snapshot::{Body, Held, Snapshot, blob_id, stream_id},
};

/// Larger files are not held in memory but read when asked for.
const HELD_FILE: u64 = 1 << 20;
/// Once this much is held, further files are read when asked for.
const HELD_TOTAL: u64 = 256 << 20;
const FILE_LIMIT: usize = 500_000;
const DEPTH_LIMIT: usize = 200;
/// A file that changed this shortly before it was read may change again without new times: clocks of file
/// systems tick in steps. Its hash is not remembered.
const CLOCK_STEP: Duration = Duration::from_millis(100);

/// A local folder, with what is remembered of its files.
pub(crate) struct WorkingTree {
    path: PathBuf,
    known: Mutex<HashMap<Arc<str>, Known>>,
    snapshots: Answers<(), Arc<Snapshot>>,
}

/// A file as it was last read.
#[derive(Clone)]
struct Known {
    stamp: Stamp,
    id: ObjectId,
    body: Body,
}

/// What changes when a file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl WorkingTree {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, known: Mutex::default(), snapshots: Answers::default() }
    }

    /// The folder as it is now, or was at an instant that is fresh enough.
    pub(crate) fn snapshot(&self, freshness: Freshness) -> Result<Arc<Snapshot>, Error> {
        self.snapshots.get((), freshness, || self.look())
    }

    fn look(&self) -> Result<Arc<Snapshot>, Error> {
        let folder = Dir::open_ambient_dir(&self.path, ambient_authority()).map_err(|error| self.error("", &error))?;
        let mut walk = Walk {
            rules: IgnoreRules::load(&self.path),
            before: std::mem::take(&mut *locked(&self.known)),
            known: HashMap::new(),
            folders: HashMap::new(),
            bodies: HashMap::new(),
            held: HashSet::new(),
            held_bytes: 0,
            files: 0,
        };
        let walked = walk.folder(&folder, "", 0, false);
        *locked(&self.known) = walk.known;
        let root = match walked.map_err(|failure| self.explain(failure))? {
            Some(root) => root,
            None => ObjectId::empty_tree(hash::Kind::Sha1),
        };
        walk.folders.entry(root).or_insert_with(|| Arc::new(Folder::new(Vec::new())));
        let held = Held { folder: Arc::new(folder), bodies: walk.bodies };
        Ok(Arc::new(Snapshot { root, objects: Arc::new(Objects::of_snapshot(held, walk.folders)) }))
    }

    fn explain(&self, failure: Failure) -> Error {
        match failure {
            Failure::Read { path, reason } => self.error(&path, &reason),
            Failure::TooDeep { path } => {
                self.error(&path, &format!("more than {DEPTH_LIMIT} folders deep; add it to .gitignore"))
            }
            Failure::TooMany => self.error("", &format!("more than {FILE_LIMIT} files; add some to .gitignore")),
        }
    }

    fn error(&self, path: &str, reason: &dyn std::fmt::Display) -> Error {
        Error::Folder { path: self.path.join(path).display().to_string(), reason: reason.to_string() }
    }
}

/// One look at a folder and everything below it.
struct Walk {
    rules: IgnoreRules,
    before: HashMap<Arc<str>, Known>,
    known: HashMap<Arc<str>, Known>,
    folders: HashMap<ObjectId, Arc<Folder>>,
    bodies: HashMap<ObjectId, Body>,
    held: HashSet<ObjectId>,
    held_bytes: u64,
    files: usize,
}

enum Failure {
    Read { path: String, reason: String },
    TooDeep { path: String },
    TooMany,
}

impl Walk {
    /// The folder's id; `None` if it holds nothing, since Git has no empty folders. In a folder that is
    /// ignored itself only tracked files count.
    fn folder(&mut self, dir: &Dir, path: &str, depth: usize, only_tracked: bool) -> Result<Option<ObjectId>, Failure> {
        if depth > DEPTH_LIMIT {
            return Err(Failure::TooDeep { path: path.to_owned() });
        }
        let gitignore = read_gitignore(dir);
        let rules_before = self.rules.enter(path, gitignore.as_deref());
        let mut entries = Vec::new();
        for (name, found) in entries_of(dir).map_err(failed(path))? {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            if let Some((mode, id)) = self.entry(dir, &found, &path, depth, only_tracked)? {
                entries.push(objs::tree::Entry { mode: mode.into(), filename: name.into(), oid: id });
            }
        }
        self.rules.leave(rules_before);
        if entries.is_empty() { Ok(None) } else { self.keep_folder(path, entries).map(Some) }
    }

    fn entry(
        &mut self,
        dir: &Dir,
        found: &DirEntry,
        path: &str,
        depth: usize,
        only_tracked: bool,
    ) -> Result<Option<(Mode, ObjectId)>, Failure> {
        let Some(metadata) = gone_is_none(found.metadata()).map_err(failed(path))? else { return Ok(None) };
        let is_folder = metadata.is_dir();
        let is_ignored = only_tracked || self.rules.is_ignored(path, is_folder);
        if is_ignored && !self.rules.is_tracked(path, is_folder) {
            return Ok(None);
        }
        if is_folder {
            let Some(below) = gone_is_none(found.open_dir()).map_err(failed(path))? else { return Ok(None) };
            let id = self.folder(&below, path, depth + 1, is_ignored)?;
            return Ok(id.map(|id| (Mode::Tree, id)));
        }
        self.files += 1;
        if self.files > FILE_LIMIT {
            return Err(Failure::TooMany);
        }
        if metadata.is_symlink() {
            return self.link(dir, found, path);
        }
        if !metadata.is_file() {
            return Ok(None);
        }
        let mode = if metadata.mode() & 0o100 == 0 { Mode::Blob } else { Mode::BlobExecutable };
        Ok(self.file(found, path, &metadata)?.map(|id| (mode, id)))
    }

    fn link(&mut self, dir: &Dir, found: &DirEntry, path: &str) -> Result<Option<(Mode, ObjectId)>, Failure> {
        let target = gone_is_none(dir.read_link_contents(found.file_name())).map_err(failed(path))?;
        let Some(target) = target else { return Ok(None) };
        let target = target.as_os_str().as_encoded_bytes();
        let id = blob_id(target).map_err(failed(path))?;
        self.bodies.insert(id, Body::Held(Arc::from(target)));
        Ok(Some((Mode::Link, id)))
    }

    fn file(&mut self, found: &DirEntry, path: &str, metadata: &Metadata) -> Result<Option<ObjectId>, Failure> {
        let stamp = Stamp::of(metadata);
        let (path, known) = match self.before.remove_entry(path) {
            Some((path, known)) if known.stamp == stamp => (path, known),
            _ => match gone_is_none(self.read(found, path, stamp)).map_err(failed(path))? {
                Some(known) => (Arc::from(path), known),
                None => return Ok(None),
            },
        };
        let id = known.id;
        if self.held.insert(id) {
            self.held_bytes += if matches!(known.body, Body::Held(_)) { known.body.size() } else { 0 };
            self.bodies.insert(id, known.body.clone());
        }
        if stamp.is_settled() {
            self.known.insert(path, known);
        }
        Ok(Some(id))
    }

    fn read(&self, found: &DirEntry, path: &str, stamp: Stamp) -> io::Result<Known> {
        let mut file = found.open()?;
        if stamp.size > HELD_FILE || self.held_bytes > HELD_TOTAL {
            let id = stream_id(file, stamp.size).map_err(io::Error::other)?;
            return Ok(Known { stamp, id, body: Body::Deferred { path: Arc::from(path), size: stamp.size } });
        }
        let mut bytes = Vec::with_capacity(stamp.size as usize + 1);
        file.by_ref().take(HELD_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > HELD_FILE {
            return Err(io::Error::other("grows while it is read"));
        }
        let id = blob_id(&bytes).map_err(io::Error::other)?;
        Ok(Known { stamp, id, body: Body::Held(Arc::from(bytes)) })
    }

    fn keep_folder(&mut self, path: &str, mut entries: Vec<objs::tree::Entry>) -> Result<ObjectId, Failure> {
        entries.sort_unstable();
        let mut bytes = Vec::new();
        let nodes = entries.iter().map(|entry| (entry.filename.to_string(), node(entry))).collect();
        objs::Tree { entries }.write_to(&mut bytes).map_err(failed(path))?;
        let id = objs::compute_hash(hash::Kind::Sha1, objs::Kind::Tree, &bytes).map_err(failed(path))?;
        self.folders.insert(id, Arc::new(Folder::new(nodes)));
        Ok(id)
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether a later write is sure to leave another stamp.
    fn is_settled(self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let changed = Duration::new(self.changed.0.try_into().unwrap_or(0), self.changed.1.try_into().unwrap_or(0));
        changed + CLOCK_STEP < now
    }
}

fn node(entry: &objs::tree::Entry) -> Node {
    match entry.mode.kind() {
        Mode::Tree => Node::Folder(entry.oid),
        Mode::Link => Node::Link(entry.oid),
        Mode::Blob | Mode::BlobExecutable | Mode::Commit => Node::File(entry.oid),
    }
}

/// The folder's entries by name, without `.git` and names that are not UTF-8.
fn entries_of(dir: &Dir) -> io::Result<Vec<(String, DirEntry)>> {
    let mut entries = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        match entry.file_name().into_string() {
            Ok(name) if name != ".git" => entries.push((name, entry)),
            _ => {}
        }
    }
    entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    Ok(entries)
}

/// Git does not follow a link here either.
fn read_gitignore(dir: &Dir) -> Option<Vec<u8>> {
    let is_file = dir.symlink_metadata(".gitignore").is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| dir.read(".gitignore").ok()).flatten()
}

/// A file that vanishes during the walk was never there.
fn gone_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

fn failed<E: std::fmt::Display>(path: &str) -> impl FnOnce(E) -> Failure + '_ {
    move |error| Failure::Read { path: path.to_owned(), reason: error.to_string() }
}
