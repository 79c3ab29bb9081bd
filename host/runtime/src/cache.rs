//! Compiled code on disk, by digest and engine settings. Loading it runs it, so the folder is ours alone
//! and nothing in it comes from elsewhere. Safe to delete at any time and safe with two processes: files
//! are written aside and renamed. A folder that cannot be used makes starts slower, and is told once.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use wasmtime::{Engine, component::Component};
use windlass_model::Digest;

/// Bytes of the number that ends a file: how many come before it.
const LENGTH: usize = 8;
/// Written at once: Linux keeps the whole of it together and maps it so, up to 2 MB for one function that runs.
const PIECE: usize = 64 << 10;

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
            tracing::warn!(path = %path.display(), "compiled plugin is cut off, compiling it again");
            return None;
        }
        // SAFETY: the folder is readable and writable by this user only, and the file is as long as `store` made it;
        // wasmtime checks engine settings and version itself. Nobody writes into the mapped file: `store` renames
        // another into its place.
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
        let written = File::create(&aside).and_then(|mut file| {
            code.chunks(PIECE).try_for_each(|piece| file.write_all(piece))?;
            file.write_all(&(code.len() as u64).to_le_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&aside, self.path(digest))).inspect_err(|_| {
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

/// Whether the file was written to its end. That its bytes are those that were written, `write` sees to, which flushes
/// them before the file gets its name: a sum over them at each start would cost more than all else that a start does.
fn is_whole(mut file: File) -> io::Result<bool> {
    let Some(length) = file.metadata()?.len().checked_sub(LENGTH as u64) else { return Ok(false) };
    file.seek(SeekFrom::Start(length))?;
    let mut written = [0; LENGTH];
    file.read_exact(&mut written)?;
    Ok(u64::from_le_bytes(written) == length)
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
