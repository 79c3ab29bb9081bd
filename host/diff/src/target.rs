//! One desired object, with everything that its text says about how to sync it.

use std::sync::Arc;

use windlass_model::{Object, ObjectKey};

use crate::{
    hooks::{Hooks, wave_of},
    options::ResourceOptions,
};

/// A desired object, ready to be compared and applied.
#[derive(Clone, Debug)]
pub struct Target {
    pub key: ObjectKey,
    pub object: Arc<Object>,
    pub hooks: Hooks,
    pub wave: i64,
    pub options: ResourceOptions,
    /// `path:line` in the repository, for messages.
    pub origin: Option<String>,
}

impl Target {
    pub fn new(key: ObjectKey, object: Object, origin: Option<String>) -> Self {
        Self {
            hooks: Hooks::of(&object),
            wave: wave_of(&object),
            options: ResourceOptions::of(&object),
            key,
            object: Arc::new(object),
            origin,
        }
    }

    /// Part of the desired state: not a hook, and not skipped.
    pub fn is_resource(&self) -> bool {
        !self.hooks.is_hook
    }
}
