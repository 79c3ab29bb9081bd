//! Bare repositories in the cache folder, filled on demand and shared between processes.
//!
//! Anything here can be deleted at any time: what is missing is fetched again. A lock file beside each
//! repository serialises writers of all processes; readers need none, since packs appear whole.

use std::{
    fs::{self, File},
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    time::Instant,
};

use gix::{ObjectId, odb::store::init::Slots};
use sha2::{Digest as _, Sha256};

use crate::{
    Error,
    answers::locked,
    objects::Objects,
    remote::{Fetch, Remote},
};

/// Packs that one repository can hold; each fetch adds one, and at half of it the mirror starts anew.
const PACK_SLOTS: u16 = 1024;

/// Commits named to a server as already here; more would cost more than they save.
const HAVES: usize = 32;

/// The folder that holds all mirrors, made when first needed.
pub(crate) struct MirrorRoot {
    wanted: Option<PathBuf>,
    chosen: OnceLock<Result<Root, Error>>,
}

enum Root {
    Kept(PathBuf),
    /// Removed when this process ends.
    Temporary(tempfile::TempDir),
}

impl MirrorRoot {
    pub(crate) fn new(wanted: Option<PathBuf>) -> Self {
        Self { wanted, chosen: OnceLock::new() }
    }

    /// The mirror for an address. Its folder's name tells nothing of the address.
    pub(crate) fn mirror(&self, address: &str) -> Result<Mirror, Error> {
        let root = match self.chosen.get_or_init(|| self.choose()) {
            Ok(Root::Kept(path)) => path.as_path(),
            Ok(Root::Temporary(folder)) => folder.path(),
            Err(error) => return Err(error.clone()),
        };
        let name: String = Sha256::digest(address).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(Mirror::new(root.join(name)))
    }

    fn choose(&self) -> Result<Root, Error> {
        if let Some(wanted) = &self.wanted {
            let folder = wanted.join("git");
            match fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder)) {
                Ok(_) => return Ok(Root::Kept(folder)),
                Err(error) => tracing::warn!(
                    folder = %folder.display(), %error,
                    "cache folder cannot be written: repositories are fetched anew in each run"
                ),
            }
        }
        let temporary = tempfile::Builder::new().prefix("windlass-git-").tempdir();
        temporary.map(Root::Temporary).map_err(|error| cache_error(&std::env::temp_dir(), &error))
    }
}

/// One remote repository's objects, as far as they were fetched.
pub(crate) struct Mirror {
    folder: PathBuf,
    objects: Mutex<Option<Arc<Objects>>>,
    /// Held while fetching; remembers how the last fetch failed, for those who waited for it.
    fetching: Mutex<Option<Failure>>,
    last_fetched: Mutex<Vec<ObjectId>>,
}

struct Failure {
    at: Instant,
    wanted: Vec<ObjectId>,
    error: Error,
}

impl Mirror {
    fn new(folder: PathBuf) -> Self {
        Self { folder, objects: Mutex::default(), fetching: Mutex::default(), last_fetched: Mutex::default() }
    }

    /// The objects, if the commit is among them.
    pub(crate) fn objects_with(&self, commit: ObjectId) -> Option<Arc<Objects>> {
        let objects = self.opened()?;
        objects.repository()?.has_object(commit).then_some(objects)
    }

    /// The objects there are, if any.
    pub(crate) fn opened(&self) -> Option<Arc<Objects>> {
        let mut objects = locked(&self.objects);
        if !self.folder.join("objects/pack").is_dir() {
            *objects = None;
        } else if objects.is_none() {
            *objects = open(&self.folder).ok();
        }
        objects.clone()
    }

    /// Fetches everything that can be reached from the tips and is not here yet.
    pub(crate) fn fetch_history(
        &self,
        remote: &Remote,
        tips: impl Iterator<Item = ObjectId>,
    ) -> Result<Arc<Objects>, Error> {
        let here = self
            .opened()
            .and_then(|objects| objects.repository())
            .filter(|here| matches!(here.is_shallow(), Ok(false)));
        let mut wants: Vec<ObjectId> =
            tips.filter(|tip| here.as_ref().is_none_or(|here| !here.has_object(tip))).collect();
        wants.sort_unstable();
        wants.dedup();
        match self.opened() {
            Some(objects) if wants.is_empty() => Ok(objects),
            _ => self.fetch(remote, &wants, None),
        }
    }

    /// Fetches commits; whoever asks for the same meanwhile waits for this fetch.
    pub(crate) fn fetch(
        &self,
        remote: &Remote,
        wants: &[ObjectId],
        depth: Option<NonZeroU32>,
    ) -> Result<Arc<Objects>, Error> {
        let arrived = Instant::now();
        let mut last_failure = locked(&self.fetching);
        if let Some(failure) = last_failure.as_ref().filter(|failure| failure.answers(arrived, wants)) {
            return Err(failure.error.clone());
        }
        let fetched = self.fetch_alone(remote, wants, depth);
        *last_failure = fetched.as_ref().err().map(|error| Failure {
            at: Instant::now(),
            wanted: wants.to_vec(),
            error: error.clone(),
        });
        fetched
    }

    /// Throws away everything that was fetched, after an object turned out to be damaged.
    pub(crate) fn discard(&self) -> Result<(), Error> {
        let _fetching = locked(&self.fetching);
        let _lock = self.lock()?;
        self.remove()
    }

    fn fetch_alone(
        &self,
        remote: &Remote,
        wants: &[ObjectId],
        depth: Option<NonZeroU32>,
    ) -> Result<Arc<Objects>, Error> {
        let _lock = self.lock()?;
        let has_all = |objects: &Objects| {
            objects.repository().is_some_and(|repository| wants.iter().all(|id| repository.has_object(id)))
        };
        if depth.is_some()
            && let Some(objects) = self.opened().filter(|objects| has_all(objects))
        {
            return Ok(objects);
        }
        let objects = self.open_or_create()?;
        if let Some(repository) = objects.repository() {
            let haves = self.haves(&repository);
            remote.fetch(&Fetch { repository: &repository, wants, haves: &haves, depth })?;
            *locked(&self.last_fetched) = wants.to_vec();
        }
        Ok(objects)
    }

    /// Commits to name as already here: the last ones, then those at which history was cut off.
    fn haves(&self, repository: &gix::Repository) -> Vec<ObjectId> {
        let mut haves = locked(&self.last_fetched).clone();
        haves.retain(|id| repository.has_object(id));
        if let Ok(Some(cut_off)) = repository.shallow_commits() {
            haves.extend(cut_off.iter());
        }
        haves.truncate(HAVES);
        haves
    }

    fn open_or_create(&self) -> Result<Arc<Objects>, Error> {
        if self.pack_count() > usize::from(PACK_SLOTS) / 2 {
            self.remove()?;
        }
        if let Some(objects) = self.opened() {
            return Ok(objects);
        }
        self.remove()?;
        let kind = gix::create::Kind::Bare;
        gix::ThreadSafeRepository::init_opts(&self.folder, kind, gix::create::Options::default(), options())
            .map_err(|error| cache_error(&self.folder, &error))?;
        let objects = open(&self.folder)?;
        *locked(&self.objects) = Some(objects.clone());
        Ok(objects)
    }

    fn pack_count(&self) -> usize {
        fs::read_dir(self.folder.join("objects/pack")).map_or(0, |entries| entries.count() / 2)
    }

    fn remove(&self) -> Result<(), Error> {
        *locked(&self.objects) = None;
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cache_error(&self.folder, &error)),
            _ => Ok(()),
        }
    }

    /// Waits until no other process writes here. The lock ends with the file handle, or the process.
    fn lock(&self) -> Result<File, Error> {
        let path = self.folder.with_extension("lock");
        let parent = path.parent().unwrap_or(Path::new("."));
        let taken = fs::create_dir_all(parent).and_then(|()| File::create(&path)).and_then(|file| match file.lock() {
            // A file system without locks: writers of one process still take turns.
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(file),
            outcome => outcome.map(|()| file),
        });
        taken.map_err(|error| cache_error(&path, &error))
    }
}

impl Failure {
    /// Whether someone who came at `arrived` and wants `wants` need not try again.
    fn answers(&self, arrived: Instant, wants: &[ObjectId]) -> bool {
        self.at >= arrived && (self.error.is_transient() || self.wanted == wants)
    }
}

fn open(folder: &Path) -> Result<Arc<Objects>, Error> {
    let repository =
        gix::ThreadSafeRepository::open_opts(folder, options()).map_err(|error| cache_error(folder, &error))?;
    Ok(Arc::new(Objects::of_database(repository)))
}

fn options() -> gix::open::Options {
    gix::open::Options::isolated().object_store_slots(Slots::Given(PACK_SLOTS))
}

fn cache_error(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::Cache { path: path.display().to_string(), reason: error.to_string() }
}
