//! The state of a folder at one moment: Git's objects for it, computed but written nowhere.

use std::{collections::HashMap, io::Read, sync::Arc};

use cap_std::fs::Dir;
use gix::{ObjectId, hash, objs};

use crate::objects::Objects;

/// A folder as one immutable tree.
pub(crate) struct Snapshot {
    pub(crate) root: ObjectId,
    pub(crate) objects: Arc<Objects>,
}

/// File bodies of a snapshot.
pub(crate) struct Held {
    pub(crate) folder: Arc<Dir>,
    pub(crate) bodies: HashMap<ObjectId, Body>,
}

/// One file's bytes.
#[derive(Clone)]
pub(crate) enum Body {
    Held(Arc<[u8]>),
    /// A large file: read from its path when asked for, and refused if it has changed since.
    Deferred {
        path: Arc<str>,
        size: u64,
    },
}

impl Body {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Deferred { size, .. } => *size,
        }
    }
}

impl Held {
    pub(crate) fn size(&self, id: ObjectId) -> Result<u64, String> {
        self.body(id).map(Body::size)
    }

    pub(crate) fn read(&self, id: ObjectId) -> Result<Arc<[u8]>, String> {
        match self.body(id)? {
            Body::Held(bytes) => Ok(bytes.clone()),
            Body::Deferred { path, size } => {
                let mut bytes = Vec::new();
                let file = self.folder.open(&**path).map_err(|error| error.to_string())?;
                file.take(size + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
                match blob_id(&bytes)? == id {
                    true => Ok(Arc::from(bytes)),
                    false => Err("has changed since the folder was looked at".to_owned()),
                }
            }
        }
    }

    fn body(&self, id: ObjectId) -> Result<&Body, String> {
        self.bodies.get(&id).ok_or_else(|| format!("file {id} is not part of the snapshot"))
    }
}

/// The id that Git gives to a file or link with these bytes.
pub(crate) fn blob_id(bytes: &[u8]) -> Result<ObjectId, String> {
    objs::compute_hash(hash::Kind::Sha1, objs::Kind::Blob, bytes).map_err(|error| error.to_string())
}

/// The id that Git gives to a file, without holding it in memory. Fails if it is not `size` bytes long.
pub(crate) fn stream_id(mut file: impl Read, size: u64) -> Result<ObjectId, String> {
    let mut hasher = hash::hasher(hash::Kind::Sha1);
    hasher.update(&objs::encode::loose_header(objs::Kind::Blob, size));
    let mut buffer = vec![0; 64 << 10];
    let mut left = size;
    loop {
        let count = file.read(&mut buffer).map_err(|error| error.to_string())?;
        if count == 0 {
            break;
        }
        left = left.checked_sub(count as u64).ok_or("grows while it is read")?;
        hasher.update(&buffer[..count]);
    }
    if left > 0 {
        return Err("shrinks while it is read".to_owned());
    }
    hasher.try_finalize().map_err(|error| error.to_string())
}
