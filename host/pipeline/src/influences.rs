//! What decides over generated manifests beside their source and the settings.

use windlass_model::{ClockReading, Lookup};
use windlass_runtime::Generated;

/// Chance, the clock and live objects, as far as generators asked for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Influences {
    is_random: bool,
    readings: Vec<ClockReading>,
    lookups: Vec<Lookup>,
}

impl Influences {
    /// A denied lookup is none: it finds nothing, whatever there is.
    pub(crate) fn of(generated: &Generated) -> Self {
        Self {
            is_random: generated.is_random,
            readings: generated.reads.clock().copied().collect(),
            lookups: generated.reads.lookups().cloned().collect(),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.is_random |= other.is_random;
        self.readings.extend(&other.readings);
        self.lookups.extend(other.lookups.iter().cloned());
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Their names, for people.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let all = [
            (self.is_random, "random values"),
            (!self.readings.is_empty(), "the clock"),
            (!self.lookups.is_empty(), "live objects"),
        ];
        all.into_iter().filter_map(|(is_one, name)| is_one.then_some(name)).collect()
    }

    /// The objects that were asked for.
    pub fn lookups(&self) -> &[Lookup] {
        &self.lookups
    }

    /// The Unix time at which the clock will answer otherwise.
    pub fn changes_at(&self) -> Option<u64> {
        self.readings.iter().map(ClockReading::ends_at).min()
    }
}
