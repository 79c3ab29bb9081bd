//! The state of a folder at one moment: Git's objects for it, computed but written nowhere.

use std::{collections::HashMap, sync::Arc};

use gix::ObjectId;

use crate::objects::Objects;

/// A folder as one immutable tree.
pub(crate) struct Snapshot {
    pub(crate) root: ObjectId,
    pub(crate) objects: Arc<Objects>,
}

/// File bodies of a snapshot.
#[derive(Default)]
pub(crate) struct Held {
    blobs: HashMap<ObjectId, Arc<[u8]>>,
}

impl Held {
    pub(crate) fn size(&self, id: ObjectId) -> Result<u64, String> {
        self.read(id).map(|body| body.len() as u64)
    }

    pub(crate) fn read(&self, id: ObjectId) -> Result<Arc<[u8]>, String> {
        self.blobs.get(&id).cloned().ok_or_else(|| format!("file {id} is not part of the snapshot"))
    }
}
