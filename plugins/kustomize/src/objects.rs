//! The objects of a build as a list, with an index of the names they have and have had.
//!
//! The index is made when it is first asked for and dropped when the list is borrowed to be changed. One object can be
//! changed without that ([`Objects::change`]). An entry may be out of date; none is missing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use crate::resource::Resource;

#[derive(Debug, Clone, Default)]
pub(crate) struct Objects {
    list: Vec<Resource>,
    names: RefCell<Option<Names>>,
}

type Names = BTreeMap<String, Vec<usize>>;

impl Objects {
    /// Adds an object at the end.
    pub(crate) fn push(&mut self, resource: Resource) {
        if let Some(names) = self.names.get_mut() {
            note(names, self.list.len(), &resource);
        }
        self.list.push(resource);
    }

    /// Changes one object.
    pub(crate) fn change<T>(&mut self, at: usize, change: impl FnOnce(&mut Resource) -> T) -> T {
        let result = change(&mut self.list[at]);
        if let Some(names) = self.names.get_mut() {
            note(names, at, &self.list[at]);
        }
        result
    }

    /// Indices of the objects that may have, or have had, a name, in order.
    pub(crate) fn perhaps_called(&self, name: &str) -> Vec<usize> {
        let mut names = self.names.borrow_mut();
        let names = names.get_or_insert_with(|| {
            let mut names = Names::new();
            self.list.iter().enumerate().for_each(|(at, resource)| note(&mut names, at, resource));
            names
        });
        names.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn into_vec(self) -> Vec<Resource> {
        self.list
    }
}

fn note(names: &mut Names, at: usize, resource: &Resource) {
    for name in resource.names() {
        match names.get_mut(name) {
            Some(places) => {
                if let Err(place) = places.binary_search(&at) {
                    places.insert(place, at);
                }
            }
            None => {
                names.insert(name.to_owned(), vec![at]);
            }
        }
    }
}

impl Deref for Objects {
    type Target = Vec<Resource>;

    fn deref(&self) -> &Vec<Resource> {
        &self.list
    }
}

impl DerefMut for Objects {
    fn deref_mut(&mut self) -> &mut Vec<Resource> {
        *self.names.get_mut() = None;
        &mut self.list
    }
}
