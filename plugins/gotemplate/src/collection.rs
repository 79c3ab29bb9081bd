//! Lists and maps. Lists never change once built; maps do, through shared references.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::text::Text;
use crate::types::Elem;
use crate::value::Value;

/// A slice, with the element type that `%T` shows.
#[derive(Debug)]
pub struct List {
    elem: Elem,
    items: Vec<Value>,
    nil: bool,
}

impl List {
    pub fn new(elem: Elem, items: Vec<Value>) -> Self {
        List { elem, items, nil: false }
    }

    /// Go's nil slice: empty in every way, but `null` in JSON.
    pub fn nil(elem: Elem) -> Self {
        List { elem, items: Vec::new(), nil: true }
    }

    pub fn is_nil(&self) -> bool {
        self.nil
    }

    pub fn any(items: Vec<Value>) -> Self {
        List::new(Elem::Any, items)
    }

    pub fn strings<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        List::new(Elem::String, items.into_iter().map(|item| Value::String(item.into())).collect())
    }

    pub fn elem(&self) -> Elem {
        self.elem
    }

    pub fn items(&self) -> &[Value] {
        &self.items
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// A map with string keys, sorted: Go prints and ranges over maps in key order.
#[derive(Debug)]
pub struct Map {
    elem: Elem,
    entries: RefCell<BTreeMap<Text, Value>>,
}

impl Map {
    pub fn new(elem: Elem) -> Self {
        Map { elem, entries: RefCell::default() }
    }

    pub fn any<K: Into<Text>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Map::collect(Elem::Any, entries)
    }

    pub fn collect<K: Into<Text>>(elem: Elem, entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Map { elem, entries: RefCell::new(entries) }
    }

    pub fn elem(&self) -> Elem {
        self.elem
    }

    pub fn get<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> Option<Value> {
        self.entries.borrow().get(key.as_ref()).cloned()
    }

    pub fn contains<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> bool {
        self.entries.borrow().contains_key(key.as_ref())
    }

    pub fn insert(&self, key: impl Into<Text>, value: Value) {
        // The old value is dropped after the borrow ends: its own drop may be long, never re-entrant.
        let old = self.entries.borrow_mut().insert(key.into(), value);
        drop(old);
    }

    pub fn remove<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> Option<Value> {
        self.entries.borrow_mut().remove(key.as_ref())
    }

    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    pub fn keys(&self) -> Vec<Text> {
        self.entries.borrow().keys().cloned().collect()
    }

    /// A snapshot, for walks during which the map may change.
    pub fn entries(&self) -> Vec<(Text, Value)> {
        self.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// The entries themselves. The caller must not reach a write to this map while it holds them.
    pub fn borrow(&self) -> Ref<'_, BTreeMap<Text, Value>> {
        self.entries.borrow()
    }

    /// A new map with the same entries: the values are shared.
    pub fn shallow_copy(&self) -> Map {
        Map { elem: self.elem, entries: RefCell::new(self.entries.borrow().clone()) }
    }
}

// A template can nest maps as deep as its loop budget allows. Dropping such a chain by the compiler's
// recursion would overflow the stack, so both containers take their children apart in a loop.

impl Drop for List {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        take_containers(self.items.drain(..), &mut pending);
        drop_all(pending);
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        take_containers(std::mem::take(self.entries.get_mut()).into_values(), &mut pending);
        drop_all(pending);
    }
}

fn take_containers(values: impl Iterator<Item = Value>, pending: &mut Vec<Value>) {
    pending.extend(values.filter(|value| matches!(value, Value::List(_) | Value::Map(_))));
}

fn drop_all(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::List(list) => {
                if let Some(mut list) = Rc::into_inner(list) {
                    take_containers(list.items.drain(..), &mut pending);
                }
            }
            Value::Map(map) => {
                if let Some(mut map) = Rc::into_inner(map) {
                    take_containers(std::mem::take(map.entries.get_mut()).into_values(), &mut pending);
                }
            }
            _ => {}
        }
    }
}
