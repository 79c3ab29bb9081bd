//! Reading the log at the start: one thread reads the file in blocks of whole records, others check and decode them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use bytes::Bytes;

use super::log::{HEADER, LogError};
use super::{Key, Name, ShelfId, Stored};
use crate::object;

/// A record of the log.
pub(super) struct Loaded {
    pub(super) key: Key,
    pub(super) version: u64,
    /// `None` is a deletion.
    pub(super) stored: Option<Stored>,
    /// Whether it may have owners or be ending: few do, and only those are parsed.
    pub(super) unsettled: bool,
}

/// Bytes read at once.
const BLOCK: usize = 1 << 20;
/// No object is larger: bodies are capped at 3 MiB before they get here.
const MAX_RECORD: usize = 16 << 20;
/// Decoding is a fraction of the work; reading the file is the rest.
const MAX_DECODERS: usize = 4;

/// Whole records, and where in the file they begin.
struct Block {
    offset: u64,
    bytes: Vec<u8>,
}

/// Where a record begins that is not what was written.
struct Broken(u64);

type Decoded = (u64, Result<Vec<Loaded>, Broken>);

/// The whole records of a file, and where they end.
pub(super) fn records(file: &mut File, path: &Path) -> Result<(Vec<Loaded>, u64), LogError> {
    let decoders = thread::available_parallelism().map_or(1, usize::from).min(MAX_DECODERS);
    let (blocks, queue) = sync_channel(2 * decoders);
    let queue = Mutex::new(queue);
    let (end, decoded) = thread::scope(|scope| {
        let running: Vec<_> = (0..decoders).map(|_| scope.spawn(|| decode_all(&queue))).collect();
        let end = read_blocks(file, path, blocks);
        let decoded: Vec<Decoded> = running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect();
        (end, decoded)
    });
    in_order(decoded, end?, path)
}

/// Puts together what the decoders made.
fn in_order(mut decoded: Vec<Decoded>, end: u64, path: &Path) -> Result<(Vec<Loaded>, u64), LogError> {
    decoded.sort_by_key(|(offset, _)| *offset);
    let mut all = Vec::new();
    for (_, block) in decoded {
        match block {
            Ok(records) => all.extend(records),
            Err(Broken(offset)) => return Err(LogError::Damaged { path: path.into(), offset }),
        }
    }
    Ok((all, end))
}

/// Sends the file's blocks; returns where its whole records end.
fn read_blocks(file: &mut File, path: &Path, blocks: SyncSender<Block>) -> Result<u64, LogError> {
    let length = file.metadata().map_err(LogError::io("read", path))?.len();
    let (mut offset, mut rest, mut wanted) = (0, Vec::new(), BLOCK);
    loop {
        fill(file, &mut rest, wanted).map_err(LogError::io("read", path))?;
        let at_end = offset + rest.len() as u64 >= length;
        let Some((whole, next)) = boundary(&rest) else {
            return Err(LogError::Damaged { path: path.into(), offset });
        };
        let whole = if at_end && offset + whole as u64 == length { without_torn(&rest, whole) } else { whole };
        // A record larger than a block is read to its end.
        wanted = BLOCK.max(next);
        let after = rest.split_off(whole);
        let bytes = std::mem::replace(&mut rest, after);
        let block = Block { offset, bytes };
        offset += whole as u64;
        if whole > 0 && blocks.send(block).is_err() {
            return Err(LogError::io("read", path)(io::Error::other("no thread decodes it")));
        }
        if at_end {
            return Ok(offset);
        }
    }
}

/// Reads until there are so many bytes, or the file has ended.
fn fill(file: &mut File, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<()> {
    let missing = wanted.saturating_sub(bytes.len());
    bytes.reserve_exact(missing);
    file.take(missing as u64).read_to_end(bytes).map(drop)
}

/// How many bytes are whole records, and how many the next record has; `None` if its length is none of ours.
fn boundary(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    loop {
        let Some(length) = read_u32(bytes, at) else { return Some((at, HEADER)) };
        let end = at + HEADER + length as usize;
        if length as usize > MAX_RECORD {
            return None;
        }
        if end > bytes.len() {
            return Some((at, end - at));
        }
        at = end;
    }
}

/// The last record of the file may have its whole length and yet not be what was written.
fn without_torn(bytes: &[u8], whole: usize) -> usize {
    let mut at = 0;
    while let Some(length) = read_u32(bytes, at) {
        let end = at + HEADER + length as usize;
        if end >= whole {
            let kept = bytes.get(at + HEADER..end).is_some_and(|payload| checks(bytes, at, payload));
            return if kept { whole } else { at };
        }
        at = end;
    }
    whole
}

fn checks(bytes: &[u8], at: usize, payload: &[u8]) -> bool {
    read_u32(bytes, at + 4) == Some(crc32fast::hash(payload))
}

fn decode_all(queue: &Mutex<Receiver<Block>>) -> Vec<Decoded> {
    let mut names = Names::default();
    let mut decoded = Vec::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(block) = next else { return decoded };
        decoded.push((block.offset, decode_block(&block, &mut names)));
    }
}

fn decode_block(block: &Block, names: &mut Names) -> Result<Vec<Loaded>, Broken> {
    let (bytes, mut at, mut records) = (block.bytes.as_slice(), 0, Vec::new());
    while let Some(length) = read_u32(bytes, at) {
        let end = at + HEADER + length as usize;
        let payload = bytes.get(at + HEADER..end).filter(|payload| checks(bytes, at, payload));
        let record = payload.and_then(|payload| decode(payload, names));
        records.push(record.ok_or(Broken(block.offset + at as u64))?);
        at = end;
    }
    Ok(records)
}

/// The last shelf and namespace: neighbours share them, and then the memory too.
#[derive(Default)]
struct Names {
    shelf: Option<Arc<str>>,
    namespace: Option<Arc<str>>,
}

fn shared(last: &mut Option<Arc<str>>, text: &str) -> Arc<str> {
    match last {
        Some(last) if **last == *text => last.clone(),
        other => other.insert(text.into()).clone(),
    }
}

fn decode(payload: &[u8], names: &mut Names) -> Option<Loaded> {
    let version = u64::from_le_bytes(payload.get(..8)?.try_into().ok()?);
    let mut at = 8;
    let mut part = || {
        let start = at + 4;
        at = start + read_u32(payload, at)? as usize;
        std::str::from_utf8(payload.get(start..at)?).ok()
    };
    let (shelf, namespace, name) = (part()?, part()?, part()?);
    let (is_stored, body) = payload.get(at..)?.split_first()?;
    let name = Name { namespace: shared(&mut names.namespace, namespace), name: name.into() };
    let key = Key { shelf: ShelfId(shared(&mut names.shelf, shelf)), name };
    // A copy, so that one live object does not hold a whole block in memory.
    let stored = (*is_stored == 1).then(|| Stored { body: Bytes::copy_from_slice(body), version });
    Some(Loaded { key, version, stored, unsettled: object::may_be_unsettled(body) })
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
