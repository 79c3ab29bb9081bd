//! From events to values: aliases, merge keys, duplicate keys and the limits, for any kind of value.

use std::collections::HashMap;

use super::cursor::{self, Counted, Mark};
use super::event::{Event, Events, RawScalar};
use super::go_syntax::describe;
use super::node::{DuplicateKey, Value};
use super::resolve::{self, Dialect};
use crate::error::{Error, ErrorKind};
use crate::limits::{Limit, Limits};

/// Nesting no limit can raise: values are dropped, compared and printed by recursion.
const DEEPEST: usize = 500;

/// go-yaml's guard against alias bombs: of the nodes of a text, 99 of 100 may come by aliases, but the first thousand
/// are free.
const ALIASED_PER_WRITTEN: usize = 99;
const FREE_ALIASED: usize = 1000;

/// What values are made of: [`super::node::Node`]s or JSON.
pub(super) trait Target {
    type Value: Clone;
    type Key: Clone;
    type Mapping;

    fn scalar(scalar: Resolved<'_>) -> Result<Self::Value, ErrorKind>;
    fn key(scalar: Resolved<'_>) -> Result<Self::Key, ErrorKind>;
    fn sequence(items: Vec<Self::Value>, place: Place) -> Self::Value;
    fn empty_mapping() -> Self::Mapping;
    fn mapping(mapping: Self::Mapping, place: Place) -> Self::Value;
    /// Sets a key, in its first place if it is there already; then gives its name.
    fn insert(mapping: &mut Self::Mapping, key: Self::Key, value: Self::Value) -> Option<String>;
    /// Brings in the entries of a mapping, or of a sequence of mappings of which the first is the strongest.
    fn merge(mapping: &mut Self::Mapping, source: Self::Value, overwrite: bool) -> Result<(), ErrorKind>;
    fn is_mapping(value: &Self::Value) -> bool;
    fn as_json(value: &Self::Value) -> Option<serde_json::Value>;
}

/// Line and column in characters, both from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A scalar whose meaning is known.
#[derive(Clone)]
pub(super) struct Resolved<'a> {
    pub(super) text: std::borrow::Cow<'a, str>,
    pub(super) style: super::node::ScalarStyle,
    pub(super) value: Value,
    pub(super) place: Place,
}

/// What an anchor stands for.
enum Anchored<T: Target> {
    /// The node is not finished yet.
    Open,
    Finished {
        value: T::Value,
        key: Option<Result<T::Key, ErrorKind>>,
        nodes: usize,
        height: usize,
    },
}

/// A value and the levels of collections in it.
struct Built<V> {
    value: V,
    height: usize,
}

pub(super) struct Builder<'a, T: Target> {
    events: Events<'a>,
    dialect: Dialect,
    limits: Limits,
    anchors: HashMap<&'a str, Anchored<T>>,
    nodes: usize,
    /// Those of the nodes that came by an alias.
    aliased: usize,
    documents: usize,
    duplicates: Vec<DuplicateKey>,
    counted: Counted,
}

/// A document as the builder gives it.
pub(super) struct Raw<V> {
    /// `None` if the document holds nothing at all.
    pub(super) root: Option<V>,
    pub(super) index: usize,
    pub(super) line: u32,
    pub(super) duplicate_keys: Vec<DuplicateKey>,
}

impl<'a, T: Target> Builder<'a, T> {
    pub(super) fn new(text: &'a [u8], dialect: Dialect, limits: &Limits) -> Result<Self, Error> {
        let text = cursor::check(text, limits)?;
        let limits = Limits { depth: limits.depth.min(DEEPEST), ..*limits };
        Ok(Self {
            events: Events::new(text, dialect, &limits),
            dialect,
            limits,
            anchors: HashMap::new(),
            nodes: 0,
            aliased: 0,
            documents: 0,
            duplicates: Vec::new(),
            counted: Counted::default(),
        })
    }

    /// The next document of the stream.
    pub(super) fn next(&mut self) -> Result<Option<Raw<T::Value>>, Error> {
        let (event, mark) = self.events.next()?;
        if matches!(event, Event::StreamEnd) {
            return Ok(None);
        }
        if self.documents == self.limits.documents {
            return Err(self.error(ErrorKind::Limit(Limit::Documents, self.limits.documents), mark));
        }
        if self.dialect == Dialect::V2 {
            self.anchors.clear();
        }
        let (event, mark) = self.events.next()?;
        let line = mark.line + 1;
        let empty = matches!(&event, Event::Scalar(scalar) if scalar.is_absent());
        let built = match self.value(event, mark, 0) {
            Ok(built) => built,
            Err(error) => return Err(self.first_fault(error)),
        };
        self.events.next()?;
        self.documents += 1;
        let root = if empty { None } else { Some(built.value) };
        let duplicate_keys = std::mem::take(&mut self.duplicates);
        Ok(Some(Raw { root, index: self.documents - 1, line, duplicate_keys }))
    }

    /// go-yaml reads a whole document before it looks at what the values mean, so a fault of the text further down
    /// goes before a fault of meaning further up.
    fn first_fault(&mut self, error: Error) -> Error {
        if !error.is_of_meaning() {
            return error;
        }
        loop {
            match self.events.next() {
                Err(of_text) => return of_text,
                Ok((Event::DocumentEnd | Event::StreamEnd, _)) => return error,
                Ok(_) => {}
            }
        }
    }

    fn error(&self, kind: ErrorKind, at: Mark) -> Error {
        self.events.error_at(kind, at)
    }

    fn place(&mut self, mark: Mark) -> Place {
        let (line, column) = self.events.scanner.cursor.position_after(mark, &mut self.counted);
        Place { line, column }
    }

    fn count(&mut self, nodes: usize, at: Mark) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(nodes);
        match self.nodes > self.limits.nodes {
            true => Err(self.error(ErrorKind::Limit(Limit::Nodes, self.limits.nodes), at)),
            false => Ok(()),
        }
    }

    fn count_aliased(&mut self, nodes: usize, at: Mark) -> Result<(), Error> {
        self.aliased = self.aliased.saturating_add(nodes);
        let written = self.nodes - self.aliased;
        match self.aliased > FREE_ALIASED && self.aliased / ALIASED_PER_WRITTEN > written {
            true => Err(self.error(ErrorKind::Limit(Limit::Aliases, ALIASED_PER_WRITTEN), at)),
            false => Ok(()),
        }
    }

    /// Builds the node that begins with the event, `depth` levels below the root.
    fn value(&mut self, event: Event<'a>, mark: Mark, depth: usize) -> Result<Built<T::Value>, Error> {
        let nodes_before = self.nodes;
        let (anchor, built) = match event {
            Event::Alias(name) => return self.alias(name, mark, depth),
            Event::Scalar(scalar) => return self.scalar(scalar, mark),
            Event::SequenceStart { anchor } => {
                self.open(anchor, mark)?;
                (anchor, self.sequence(mark, depth + 1)?)
            }
            Event::MappingStart { anchor } => {
                self.open(anchor, mark)?;
                (anchor, self.mapping(mark, depth + 1)?)
            }
            Event::SequenceEnd | Event::MappingEnd | Event::DocumentStart | Event::DocumentEnd | Event::StreamEnd => {
                return Err(self.error(ErrorKind::Syntax("did not find expected node content"), mark));
            }
        };
        if let Some(name) = anchor {
            let finished = Anchored::Finished {
                value: built.value.clone(),
                key: None,
                nodes: self.nodes - nodes_before,
                height: built.height,
            };
            self.anchors.insert(name, finished);
        }
        Ok(built)
    }

    /// Counts a collection and makes its anchor known, as one that cannot be used yet.
    fn open(&mut self, anchor: Option<&'a str>, mark: Mark) -> Result<(), Error> {
        self.count(1, mark)?;
        if let Some(name) = anchor {
            self.anchors.insert(name, Anchored::Open);
        }
        Ok(())
    }

    fn alias(&mut self, name: &str, mark: Mark, depth: usize) -> Result<Built<T::Value>, Error> {
        let (nodes, height) = match self.anchors.get(name) {
            None => return Err(self.error(ErrorKind::UnknownAnchor(name.to_owned()), mark)),
            Some(Anchored::Open) => return Err(self.error(ErrorKind::SelfReference(name.to_owned()), mark)),
            Some(Anchored::Finished { nodes, height, .. }) => (*nodes, *height),
        };
        self.count(nodes, mark)?;
        self.count_aliased(nodes, mark)?;
        if depth + height > self.limits.depth {
            return Err(self.error(ErrorKind::Limit(Limit::Depth, self.limits.depth), mark));
        }
        match self.anchors.get(name) {
            Some(Anchored::Finished { value, .. }) => Ok(Built { value: value.clone(), height }),
            _ => Err(self.error(ErrorKind::UnknownAnchor(name.to_owned()), mark)),
        }
    }

    fn resolve(&mut self, scalar: RawScalar<'a>, mark: Mark) -> Result<Resolved<'a>, Error> {
        self.count(1, mark)?;
        let style = scalar.style;
        let place = self.place(mark);
        let (value, text) = resolve::resolve(scalar, self.dialect).map_err(|kind| self.error(kind, mark))?;
        Ok(Resolved { text, style, value, place })
    }

    fn scalar(&mut self, scalar: RawScalar<'a>, mark: Mark) -> Result<Built<T::Value>, Error> {
        let anchor = scalar.anchor;
        let resolved = self.resolve(scalar, mark)?;
        let key = anchor.map(|_| T::key(resolved.clone()));
        let value = T::scalar(resolved).map_err(|kind| self.error(kind, mark))?;
        if let Some(name) = anchor {
            self.anchors.insert(name, Anchored::Finished { value: value.clone(), key, nodes: 1, height: 0 });
        }
        Ok(Built { value, height: 0 })
    }

    fn sequence(&mut self, start: Mark, depth: usize) -> Result<Built<T::Value>, Error> {
        let place = self.place(start);
        let mut items = Vec::new();
        let mut height = 0;
        loop {
            let (event, mark) = self.events.next()?;
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            let item = self.value(event, mark, depth)?;
            height = height.max(item.height);
            items.push(item.value);
        }
        Ok(Built { value: T::sequence(items, place), height: height + 1 })
    }

    fn mapping(&mut self, start: Mark, depth: usize) -> Result<Built<T::Value>, Error> {
        let place = self.place(start);
        let mut mapping = T::empty_mapping();
        let mut height = 0;
        let mut late_merge = None;
        loop {
            let (event, mark) = self.events.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            if matches!(&event, Event::Scalar(scalar) if resolve::is_merge(scalar)) {
                let source = self.merge_source(mark, depth)?;
                height = height.max(source.height - 1);
                match self.dialect {
                    Dialect::V2 => {
                        T::merge(&mut mapping, source.value, true).map_err(|kind| self.error(kind, mark))?;
                    }
                    Dialect::V3 => late_merge = Some((source.value, mark)),
                }
                continue;
            }
            let key = self.key(event, mark, depth)?;
            let (event, value_mark) = self.events.next()?;
            let value = self.value(event, value_mark, depth)?;
            height = height.max(value.height);
            if let Some(key) = T::insert(&mut mapping, key, value.value) {
                let (line, column) = self.events.scanner.cursor.position(mark);
                self.duplicates.push(DuplicateKey { key, line, column });
            }
        }
        if let Some((source, mark)) = late_merge {
            T::merge(&mut mapping, source, false).map_err(|kind| self.error(kind, mark))?;
        }
        Ok(Built { value: T::mapping(mapping, place), height: height + 1 })
    }

    /// The value of a merge key. An alias must lead to a mapping; a sequence is only taken as written here.
    fn merge_source(&mut self, at: Mark, depth: usize) -> Result<Built<T::Value>, Error> {
        let (event, mark) = self.events.next()?;
        let alias = matches!(event, Event::Alias(_));
        let scalar = matches!(event, Event::Scalar(_));
        let source = self.value(event, mark, depth)?;
        if scalar || (alias && !T::is_mapping(&source.value)) {
            return Err(self.error(ErrorKind::MergeValue, at));
        }
        Ok(source)
    }

    fn key(&mut self, event: Event<'a>, mark: Mark, depth: usize) -> Result<T::Key, Error> {
        let key = match event {
            Event::Scalar(scalar) => {
                let Some(anchor) = scalar.anchor else {
                    let resolved = self.resolve(scalar, mark)?;
                    return T::key(resolved).map_err(|kind| self.error(kind, mark));
                };
                let value = self.scalar(scalar, mark)?.value;
                self.anchored_key(anchor).unwrap_or_else(|| Err(self.not_a_key(&value)))
            }
            Event::Alias(name) => {
                let value = self.alias(name, mark, depth)?.value;
                self.anchored_key(name).unwrap_or_else(|| Err(self.not_a_key(&value)))
            }
            event => {
                let value = self.value(event, mark, depth)?.value;
                Err(self.not_a_key(&value))
            }
        };
        key.map_err(|kind| self.error(kind, mark))
    }

    fn anchored_key(&self, name: &str) -> Option<Result<T::Key, ErrorKind>> {
        match self.anchors.get(name) {
            Some(Anchored::Finished { key, .. }) => key.clone(),
            _ => None,
        }
    }

    fn not_a_key(&self, value: &T::Value) -> ErrorKind {
        ErrorKind::Key(T::as_json(value).map_or_else(|| "null".to_owned(), |json| describe(&json, self.dialect)))
    }
}

impl RawScalar<'_> {
    /// Nothing is written where the node should be.
    fn is_absent(&self) -> bool {
        self.text.is_empty() && self.style.is_plain() && self.anchor.is_none() && self.tag.is_empty()
    }
}
