//! Compiled code on disk, by digest and engine settings. Loading it runs it, so the folder is ours alone
//! and nothing in it comes from elsewhere. Safe to delete at any time and safe with two processes: files
//! are written aside and renamed. A folder that cannot be used makes starts slower, and is told once.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use wasmtime::{Engine, component::Component};
use windlass_model::Digest;

/// Bytes of the checksum that ends a file. It is there for damage: against malice, the folder is private.
const CHECKSUM: u64 = 4;
const BLOCK: usize = 256 << 10;

pub(crate) struct DiskCache {
    folder: PathBuf,
    told: AtomicBool,
    written: AtomicU64,
}

impl DiskCache {
    /// Uses `folder`/`settings`, where `settings` names the engine. Makes it, private, where it can.
    pub(crate) fn open(folder: &Path, settings: &str) -> Self {
        let cache = Self { folder: folder.join(settings), told: AtomicBool::new(false), written: AtomicU64::new(0) };
        if let Err(error) = make_private(&cache.folder) {
            cache.tell(&error);
        }
        cache
    }

    /// The compiled form, when it is there whole.
    pub(crate) fn load(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        if !is_private(&self.folder) {
            return None;
        }
        let path = self.path(digest);
        let file = File::open(&path).ok()?;
        if !is_whole(file).unwrap_or(false) {
            tracing::warn!(path = %path.display(), "compiled plugin is damaged, compiling it again");
            return None;
        }
        // SAFETY: the folder is readable and writable by this user only, and the checksum shows that these are
        // the bytes that `store` wrote there; wasmtime checks engine settings and version itself. Nobody writes
        // into the mapped file: `store` renames another into its place.
        unsafe { Component::deserialize_file(engine, &path) }
            .inspect_err(|error| tracing::warn!(path = %path.display(), "compiled plugin does not load: {error:#}"))
            .ok()
    }

    /// Keeps the compiled form for the next start.
    pub(crate) fn store(&self, digest: Digest, component: &Component) {
        let written = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|code| if is_private(&self.folder) { self.write(digest, &code) } else { Err(not_private()) });
        if let Err(error) = written {
            self.tell(&error);
        }
    }

    fn write(&self, digest: Digest, code: &[u8]) -> io::Result<()> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let aside = self.folder.join(format!("{}.{}.{number}.new", digest.to_hex(), process::id()));
        let body = [code, &crc32fast::hash(code).to_le_bytes()].concat();
        fs::write(&aside, body).and_then(|()| fs::rename(&aside, self.path(digest))).inspect_err(|_| {
            fs::remove_file(&aside).unwrap_or_default();
        })
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{}.cwasm", digest.to_hex()))
    }

    fn tell(&self, error: &io::Error) {
        if !self.told.swap(true, Ordering::Relaxed) {
            let folder = self.folder.display();
            tracing::warn!("compiled plugins are not kept, starts are slower: {folder}: {error}");
        }
    }
}

/// Whether the file ends in the checksum of what comes before. Read by blocks, since the whole is mapped and not kept.
fn is_whole(file: File) -> io::Result<bool> {
    let length = file.metadata()?.len().saturating_sub(CHECKSUM);
    let mut body = file.take(length);
    let (mut hasher, mut block) = (crc32fast::Hasher::new(), vec![0; BLOCK]);
    loop {
        match body.read(&mut block)? {
            0 => break,
            read => hasher.update(&block[..read]),
        }
    }
    let mut checksum = [0; CHECKSUM as usize];
    body.into_inner().read_exact(&mut checksum)?;
    Ok(checksum == hasher.finalize().to_le_bytes())
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Fails for a folder of somebody else, which is as it should be.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn is_private(folder: &Path) -> bool {
    folder.is_dir()
}

fn not_private() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "is open to others, or is not there")
}
