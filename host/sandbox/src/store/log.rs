//! The append log of `--data`: every acknowledged write, in order.
//!
//! A record is `length, CRC-32, version, shelf, namespace, name, body`; an absent body is a
//! deletion. A record torn by a crash can only be the last one and was never acknowledged:
//! it is cut off at the next start. At that start a log with more than half dead records is
//! rewritten. Writes reach the operating system before they are acknowledged, so they
//! survive the death of the process; they are not flushed to the disk one by one.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use super::{Key, Name, ShelfId};

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
const HEADER: usize = 8;
/// No object is larger: bodies are capped at 3 MiB before they get here.
const MAX_RECORD: usize = 16 << 20;

impl Log {
    /// Opens the log and reads what it holds, oldest first.
    pub(super) fn open(folder: &Path) -> Result<(Self, Vec<Result<Record, LogError>>), LogError> {
        let path = folder.join(FILE);
        let fail = |action| {
            let path = path.clone();
            move |source| LogError::Io { action, path, source }
        };
        std::fs::create_dir_all(folder).map_err(fail("create the folder of"))?;
        let mut file = private(&path).map_err(fail("open"))?;
        lock(&file, &path)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(fail("read"))?;
        let (records, length) = scan(&Bytes::from(content), &path)?;
        file.set_len(length).map_err(fail("truncate"))?;
        let mut log = Log { file, path: path.clone(), length };
        log.file.seek(SeekFrom::Start(length)).map_err(fail("seek in"))?;
        let live = live_records(records, &mut log)?;
        Ok((log, live.into_iter().map(Ok).collect()))
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

/// Drops dead records, and rewrites the log when they are the larger part.
fn live_records(records: Vec<Record>, log: &mut Log) -> Result<Vec<Record>, LogError> {
    let total = records.len();
    let newest = records.iter().map(|record| record.version).max();
    let mut last: HashMap<Key, usize> = HashMap::with_capacity(total);
    for (index, record) in records.iter().enumerate() {
        last.insert(record.key.clone(), index);
    }
    let mut live = Vec::with_capacity(last.len());
    for (index, record) in records.into_iter().enumerate() {
        // The newest record keeps the version counter, even where it is a deletion.
        let current = last.get(&record.key) == Some(&index) && record.body.is_some();
        if current || Some(record.version) == newest {
            live.push(record);
        }
    }
    if live.len() * 2 < total {
        rewrite(&live, log)?;
    }
    Ok(live)
}

fn rewrite(records: &[Record], log: &mut Log) -> Result<(), LogError> {
    let path = log.path.with_extension("new");
    let fail = |action| {
        let path = path.clone();
        move |source| LogError::Io { action, path, source }
    };
    let mut file = private(&path).map_err(fail("create"))?;
    file.set_len(0).map_err(fail("truncate"))?;
    let mut length = 0;
    let mut buffered = io::BufWriter::new(&file);
    for record in records {
        let bytes = encode(record);
        buffered.write_all(&bytes).map_err(fail("write"))?;
        length += bytes.len() as u64;
    }
    buffered.flush().map_err(fail("write"))?;
    drop(buffered);
    file.sync_all().map_err(fail("flush"))?;
    file.try_lock().map_err(|_| LogError::Held(path.clone()))?;
    std::fs::rename(&path, &log.path).map_err(fail("rename"))?;
    file.seek(SeekFrom::Start(length)).map_err(fail("seek in"))?;
    (log.file, log.length) = (file, length);
    Ok(())
}

fn encode(record: &Record) -> Vec<u8> {
    let body = record.body.as_deref();
    let mut payload = Vec::with_capacity(64 + body.map_or(0, <[u8]>::len));
    payload.extend_from_slice(&record.version.to_le_bytes());
    for part in [record.key.shelf.as_str(), &record.key.name.namespace, &record.key.name.name] {
        payload.extend_from_slice(&(part.len() as u32).to_le_bytes());
        payload.extend_from_slice(part.as_bytes());
    }
    payload.push(u8::from(body.is_some()));
    payload.extend_from_slice(body.unwrap_or_default());
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    bytes.extend_from_slice(&payload);
    bytes
}

/// Reads records up to the end or to a torn one; returns where the whole ones end.
fn scan(content: &Bytes, path: &Path) -> Result<(Vec<Record>, u64), LogError> {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(header) = content.get(at..at + HEADER) {
        let length = read_u32(header, 0) as usize;
        let end = at + HEADER + length;
        let Some(payload) = content.get(at + HEADER..end).filter(|_| length <= MAX_RECORD) else { break };
        if crc32fast::hash(payload) != read_u32(header, 4) {
            if end == content.len() {
                break;
            }
            return Err(LogError::Damaged { path: path.into(), offset: at as u64 });
        }
        let record = decode(&content.slice(at + HEADER..end));
        records.push(record.ok_or_else(|| LogError::Damaged { path: path.into(), offset: at as u64 })?);
        at = end;
    }
    Ok((records, at as u64))
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn decode(payload: &Bytes) -> Option<Record> {
    let version = u64::from_le_bytes(payload.get(..8)?.try_into().ok()?);
    let mut at = 8;
    let mut part = || {
        let length = read_u32(payload.get(at..at + 4)?, 0) as usize;
        let text = std::str::from_utf8(payload.get(at + 4..at + 4 + length)?).ok()?;
        at += 4 + length;
        Some(text.to_owned())
    };
    let (shelf, namespace, name) = (part()?, part()?, part()?);
    let stored = *payload.get(at)? == 1;
    // A copy, so that one live object does not hold the whole file in memory.
    let body = stored.then(|| Bytes::copy_from_slice(&payload[at + 1..]));
    Some(Record { key: Key { shelf: ShelfId(shelf.into()), name: Name::new(&namespace, &name) }, version, body })
}
