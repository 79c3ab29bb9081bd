//! The append log of `--data`: every acknowledged write, in order.
//!
//! A record is `length, CRC-32, version, shelf, namespace, name, body`; an absent body is a
//! deletion. A record torn by a crash can only be the last one and was never acknowledged:
//! it is cut off at the next start. At that start a log with more than half dead records is
//! rewritten. Writes reach the operating system before they are acknowledged, so they
//! survive the death of the process; they are not flushed to the disk one by one.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use super::Key;
use super::load::{self, Loaded};

/// A failure of the data folder.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} is held by another process", .0.display())]
    Held(PathBuf),
    #[error("{} is damaged at byte {offset}: move it away, or restore it from a copy", path.display())]
    Damaged { path: PathBuf, offset: u64 },
}

impl LogError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> LogError {
        let path = path.to_owned();
        move |source| LogError::Io { action, path: path.clone(), source }
    }
}

pub(super) struct Record {
    pub(super) key: Key,
    pub(super) version: u64,
    pub(super) body: Option<Bytes>,
}

pub(super) struct Log {
    file: File,
    path: PathBuf,
    length: u64,
}

const FILE: &str = "objects.log";
/// Length and checksum.
pub(super) const HEADER: usize = 8;

impl Log {
    /// Takes the log of a folder, which is made if need be.
    pub(super) fn open(folder: &Path) -> Result<Self, LogError> {
        let path = folder.join(FILE);
        std::fs::create_dir_all(folder).map_err(LogError::io("create the folder of", &path))?;
        let file = private(&path).map_err(LogError::io("open", &path))?;
        lock(&file, &path)?;
        Ok(Log { file, path, length: 0 })
    }

    /// Everything it holds, oldest first; what a crash tore is cut off. Writes go on behind it.
    pub(super) fn read(&mut self) -> Result<Vec<Loaded>, LogError> {
        let (records, length) = load::records(&mut self.file, &self.path)?;
        self.file.set_len(length).map_err(LogError::io("truncate", &self.path))?;
        self.file.seek(SeekFrom::Start(length)).map_err(LogError::io("seek in", &self.path))?;
        self.length = length;
        Ok(records)
    }

    pub(super) fn append(&mut self, record: &Record) -> Result<(), LogError> {
        let bytes = encode(record);
        if let Err(source) = self.file.write_all(&bytes) {
            // What was written of it must not be taken for a record after the next one.
            let cut = self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
            if let Err(error) = cut {
                tracing::error!(path = %self.path.display(), %error, "cannot undo a torn write of the log");
            }
            return Err(LogError::Io { action: "append to", path: self.path.clone(), source });
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Replaces the log by one that holds these records alone.
    pub(super) fn rewrite(&mut self, records: impl Iterator<Item = Record>) -> Result<(), LogError> {
        let path = self.path.with_extension("new");
        let mut file = private(&path).map_err(LogError::io("create", &path))?;
        file.set_len(0).map_err(LogError::io("truncate", &path))?;
        let mut length = 0;
        let mut buffered = io::BufWriter::new(&file);
        for record in records {
            let bytes = encode(&record);
            buffered.write_all(&bytes).map_err(LogError::io("write", &path))?;
            length += bytes.len() as u64;
        }
        buffered.flush().map_err(LogError::io("write", &path))?;
        drop(buffered);
        file.sync_all().map_err(LogError::io("flush", &path))?;
        file.try_lock().map_err(|_| LogError::Held(path.clone()))?;
        std::fs::rename(&path, &self.path).map_err(LogError::io("rename", &path))?;
        file.seek(SeekFrom::Start(length)).map_err(LogError::io("seek in", &path))?;
        (self.file, self.length) = (file, length);
        Ok(())
    }
}

/// Takes the folder for this process. One that is ending, or a child that has not become its program yet, may hold it
/// for a moment longer.
fn lock(file: &File, path: &Path) -> Result<(), LogError> {
    const TRIES: usize = 50;
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(std::fs::TryLockError::Error(source)) => {
                return Err(LogError::Io { action: "lock", path: path.into(), source });
            }
        }
    }
    Err(LogError::Held(path.into()))
}

/// Opens a file that only its owner may read: it holds Secrets.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn encode(record: &Record) -> Vec<u8> {
    let body = record.body.as_deref();
    let mut bytes = Vec::with_capacity(HEADER + 128 + body.map_or(0, <[u8]>::len));
    bytes.extend_from_slice(&[0; HEADER]);
    bytes.extend_from_slice(&record.version.to_le_bytes());
    for part in [record.key.shelf.as_str(), &record.key.name.namespace, &record.key.name.name] {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes.push(u8::from(body.is_some()));
    bytes.extend_from_slice(body.unwrap_or_default());
    let (length, checksum) = ((bytes.len() - HEADER) as u32, crc32fast::hash(&bytes[HEADER..]));
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..HEADER].copy_from_slice(&checksum.to_le_bytes());
    bytes
}
