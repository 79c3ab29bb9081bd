//! What texts were read as: patterns and constraints, of which charts use a handful, in loops.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// More than these are not kept.
const KEPT: usize = 64;

/// Clones are of one cache.
pub(crate) struct Cache<T>(Rc<RefCell<HashMap<String, T>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T> Clone for Cache<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone> Cache<T> {
    /// What the text was read as, or is read as now. What cannot be read is not kept.
    pub(crate) fn get<E>(&self, text: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Result<T, E> {
        if let Some(known) = self.0.borrow().get(text) {
            return Ok(known.clone());
        }
        let value = read(text)?;
        let mut kept = self.0.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(text.to_owned(), value.clone());
        Ok(value)
    }
}
