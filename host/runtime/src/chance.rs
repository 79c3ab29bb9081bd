//! Chance and time as a run sees them: bytes and keys by call site out of one seed, and a clock that stands still.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use windlass_keys::{KeyKind, PrivateKey, Seed, Stream};
use windlass_model::ClockReading;

/// Keys that are kept in memory; when there are more, all are forgotten.
const KEPT: usize = 1024;

/// Where a run's chance comes from.
#[derive(Clone, Debug, Default)]
pub enum Entropy {
    /// A seed for this run alone: nothing can be had again, and no result is reused.
    #[default]
    Fresh,
    /// A seed for the runs of one generation: no result is reused.
    Once(Seed),
    /// A seed that the caller keeps: the same call site gets the same answer each time.
    Seeded(Seed),
}

impl Entropy {
    /// The same for all runs of one generation: what one of them has drawn, the next draws again. Fails where the
    /// machine has no randomness to give.
    pub fn settled(self) -> Result<Self, String> {
        match self {
            Self::Fresh => random_seed().map(Self::Once),
            settled => Ok(settled),
        }
    }
}

fn random_seed() -> Result<Seed, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Seed::new(&bytes))
}

/// What time it is for a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Unix time.
    pub now: u64,
    /// Plugins learn the time to so many seconds, or as coarsely as they ask for. None tells them the second,
    /// whatever they ask for.
    pub granularity: Option<u64>,
}

impl Clock {
    pub(crate) fn read(&self, granularity: u64, phase: u64) -> ClockReading {
        match self.granularity {
            Some(least) if least > granularity => ClockReading::at(self.now, least, 0),
            Some(_) => ClockReading::at(self.now, granularity, phase),
            None => ClockReading::at(self.now, 1, 0),
        }
    }
}

/// The private keys that were made lately, by a name that only who has the seed can compute. Making one takes longer
/// than all the rest of a run.
#[derive(Default)]
pub(crate) struct Keys(Mutex<HashMap<[u8; 32], String>>);

impl Keys {
    fn get_or_make(&self, id: [u8; 32], make: impl FnOnce() -> String) -> String {
        if let Some(known) = self.lock().get(&id) {
            return known.clone();
        }
        let made = make();
        let mut kept = self.lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.entry(id).or_insert(made).clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The chance of one run.
pub(crate) struct Chance {
    seed: Seed,
    /// Whether the seed outlives the run.
    pub(crate) is_kept: bool,
    /// The plugin, and the application's namespace and name.
    owner: [String; 3],
    keys: Arc<Keys>,
}

impl Chance {
    /// Fails where the machine has no randomness to give.
    pub(crate) fn new(entropy: &Entropy, owner: [String; 3], keys: Arc<Keys>) -> Result<Self, String> {
        let (seed, is_kept) = match entropy {
            Entropy::Seeded(seed) => (seed.clone(), true),
            Entropy::Once(seed) => (seed.clone(), false),
            Entropy::Fresh => (random_seed()?, false),
        };
        Ok(Self { seed, is_kept, owner, keys })
    }

    pub(crate) fn bytes(&self, site: &str, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream("bytes", site).fill(&mut bytes);
        bytes
    }

    pub(crate) fn key(&self, site: &str, kind: KeyKind) -> String {
        let make = || PrivateKey::make(kind, &mut self.stream(kind.name(), site)).to_pem();
        if !self.is_kept {
            return make();
        }
        let mut id = [0; 32];
        self.stream("key's name", &format!("{} {site}", kind.name())).fill(&mut id);
        self.keys.get_or_make(id, make)
    }

    fn stream(&self, purpose: &str, site: &str) -> Stream {
        let words = self.owner.iter().map(String::as_str).chain([purpose, site]);
        self.seed.stream(words)
    }
}
