//! What a generator run has looked at. A cached result stays valid while every entry still answers the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Digest, ObjectKey, Tree, TreeError, TreePath};

/// One look of a generator into its inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Read {
    /// A file's bytes.
    File(String),
    /// The names in a folder.
    Listing(String),
    /// Everything below a folder, as a glob or a recursive walk sees it: names and contents.
    Below(String),
}

/// What the look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// The digest's hexadecimal form.
    Digest(String),
    /// Nothing was there; a miss counts as a read.
    Missing,
}

impl From<Option<Digest>> for Seen {
    fn from(digest: Option<Digest>) -> Self {
        digest.map_or(Self::Missing, |digest| Self::Digest(digest.to_hex()))
    }
}

/// A question to the cluster: which live objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lookup {
    pub api_version: String,
    pub kind: String,
    /// None asks for objects without a namespace, or for those of all.
    pub namespace: Option<String>,
    /// None lists.
    pub name: Option<String>,
    /// A label selector, empty for all.
    pub selector: String,
}

impl Lookup {
    /// Whether the answer may depend on this object. Labels are not compared.
    pub fn asks_for(&self, object: &ObjectKey) -> bool {
        let group = self.api_version.split_once('/').map_or("", |(group, _)| group);
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        object.kind.is(group, &self.kind) && fits(&self.namespace, &object.namespace) && fits(&self.name, &object.name)
    }
}

/// A look at the clock. All in seconds, and the answer in Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockReading {
    granularity: u64,
    phase: u64,
    pub answer: u64,
}

impl ClockReading {
    /// What the clock answers at a moment: the last multiple of `granularity` less `phase`.
    pub fn at(moment: u64, granularity: u64, phase: u64) -> Self {
        let granularity = granularity.max(1);
        let phase = phase % granularity;
        let moved = moment.saturating_add(phase);
        Self { granularity, phase, answer: (moved - moved % granularity).saturating_sub(phase) }
    }

    /// The first moment at which the clock answers otherwise.
    pub fn ends_at(&self) -> u64 {
        self.answer.saturating_add(self.granularity)
    }

    fn holds_at(&self, moment: u64) -> bool {
        *self == Self::at(moment, self.granularity, self.phase)
    }
}

/// What a recorded answer is compared with.
pub struct Present<'a> {
    pub tree: &'a dyn Tree,
    /// Unix time.
    pub now: u64,
    /// The digest of the cluster's answer; none where there is no answer.
    pub lookup: &'a dyn Fn(&Lookup) -> Option<Digest>,
}

/// The recorded reads of one run, by path, and its looks beyond the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSet {
    reads: Vec<(Read, Seen)>,
    clock: BTreeSet<ClockReading>,
    lookups: BTreeMap<Lookup, Seen>,
}

impl ReadSet {
    /// Builds a set from recorded reads; of two reads of one thing the first counts.
    pub fn new(reads: impl IntoIterator<Item = (Read, Seen)>) -> Self {
        let mut unique = BTreeMap::new();
        for (read, seen) in reads {
            unique.entry(read).or_insert(seen);
        }
        Self { reads: unique.into_iter().collect(), ..Self::default() }
    }

    /// With looks at the clock.
    pub fn with_clock(mut self, readings: impl IntoIterator<Item = ClockReading>) -> Self {
        self.clock.extend(readings);
        self
    }

    /// With questions to the cluster and the digests of its answers.
    pub fn with_lookups(mut self, lookups: impl IntoIterator<Item = (Lookup, Option<Digest>)>) -> Self {
        self.lookups.extend(lookups.into_iter().map(|(lookup, answer)| (lookup, Seen::from(answer))));
        self
    }

    pub fn clock(&self) -> impl Iterator<Item = &ClockReading> {
        self.clock.iter()
    }

    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.lookups.keys()
    }

    /// The reads in order of kind and path.
    pub fn iter(&self) -> impl Iterator<Item = &(Read, Seen)> {
        self.reads.iter()
    }

    /// Whether everything that was asked would be answered now as it was answered then.
    pub fn holds_for(&self, present: &Present<'_>) -> Result<bool, TreeError> {
        if !self.clock.iter().all(|reading| reading.holds_at(present.now)) {
            return Ok(false);
        }
        for (read, seen) in &self.reads {
            if look(present.tree, read)? != *seen {
                return Ok(false);
            }
        }
        Ok(self.lookups.iter().all(|(lookup, seen)| Seen::from((present.lookup)(lookup)) == *seen))
    }
}

/// What `tree` answers to a read now.
pub fn look(tree: &dyn Tree, read: &Read) -> Result<Seen, TreeError> {
    let digest_of = |path: &str| match TreePath::parse(path) {
        Some(path) => tree.digest(&path),
        None => Ok(None),
    };
    let digest = match read {
        Read::File(path) | Read::Below(path) => digest_of(path)?,
        Read::Listing(path) => listing_digest(tree, path)?,
    };
    Ok(Seen::from(digest))
}

fn listing_digest(tree: &dyn Tree, path: &str) -> Result<Option<Digest>, TreeError> {
    let Some(path) = TreePath::parse(path) else { return Ok(None) };
    let entries = match tree.read_dir(&path) {
        Ok(entries) => entries,
        Err(TreeError::NotFound { .. } | TreeError::NotADirectory { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let names: Vec<String> = entries.iter().map(|entry| format!("{:?} {}", entry.kind, entry.name)).collect();
    Ok(Some(Digest::of_parts(names.iter().map(String::as_bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;

    #[test]
    fn a_set_holds_until_something_that_was_looked_at_changes() {
        let tree = MemoryTree::default().with("app/a.yaml", "1").with("other/b.yaml", "1");
        let looked = [Read::File("app/a.yaml".into()), Read::File("app/none".into()), Read::Listing("app".into())];
        let set = ReadSet::new(looked.map(|read| {
            let seen = look(&tree, &read).unwrap();
            (read, seen)
        }));
        let holds = |tree: MemoryTree| set.holds_for(&present(&tree, 0)).unwrap();
        assert!(holds(tree.clone().with("other/b.yaml", "2")));
        assert!(!holds(tree.clone().with("app/a.yaml", "2")));
        assert!(!holds(tree.clone().with("app/none", "")));
        assert!(!holds(tree.clone().with("app/c.yaml", "")));
    }

    fn present(tree: &MemoryTree, now: u64) -> Present<'_> {
        Present { tree, now, lookup: &|_| None }
    }

    #[test]
    fn a_look_at_the_clock_holds_until_its_answer_changes_and_the_phase_says_when() {
        assert_eq!(ClockReading::at(7_205, 3_600, 0).answer, 7_200);
        assert_eq!(ClockReading::at(7_205, 3_600, 600).answer, 6_600);
        let set = ReadSet::default().with_clock([ClockReading::at(7_205, 3_600, 600)]);
        let holds = |now| set.holds_for(&present(&MemoryTree::default(), now)).unwrap();
        assert!(holds(7_205) && holds(10_199));
        assert!(!holds(10_200) && !holds(6_599));
        assert_eq!(ClockReading::at(0, 0, 9), ClockReading::at(0, 1, 0), "no granularity is one of a second");
    }

    #[test]
    fn a_lookup_holds_while_the_cluster_answers_the_same() {
        let (api_version, kind) = ("v1".into(), "ConfigMap".into());
        let lookup = Lookup { api_version, kind, namespace: None, name: None, selector: String::new() };
        let tree = MemoryTree::default();
        let holds = |then: Option<Digest>, now: Option<Digest>| {
            let set = ReadSet::default().with_lookups([(lookup.clone(), then)]);
            set.holds_for(&Present { tree: &tree, now: 0, lookup: &|_| now }).unwrap()
        };
        assert!(holds(None, None) && holds(Some(Digest::of(b"a")), Some(Digest::of(b"a"))));
        assert!(!holds(None, Some(Digest::of(b"a"))));
    }
}
