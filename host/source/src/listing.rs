//! One answer for all who ask at the same time, and for those who are content with a recent one.
//!
//! Invariant: an answer is never older than the asker's [`Freshness`]; failures are shared as well, so that
//! a slow unreachable server is waited for once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::Error;

/// How recent an answer must be: one whose request began at or after this instant will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness(Instant);

impl Freshness {
    /// Takes an answer that was asked for at or after `instant`.
    pub fn since(instant: Instant) -> Self {
        Self(instant)
    }

    /// Takes nothing that was asked for before now: a requested refresh, a webhook.
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// Takes an answer up to `age` old.
    pub fn within(age: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_sub(age).unwrap_or(now))
    }
}

/// Answers by key, each with the instant at which it was asked for.
pub(crate) struct Answers<K, T> {
    slots: Mutex<HashMap<K, Slot<T>>>,
}

type Slot<T> = Arc<Mutex<Option<(Instant, Result<T, Error>)>>>;

impl<K: Eq + Hash, T: Clone> Answers<K, T> {
    /// Answers from memory, or asks while everyone else with this key waits.
    pub(crate) fn get(&self, key: K, freshness: Freshness, ask: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let slot = self.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((asked_at, answer)) = &*slot
            && *asked_at >= freshness.0
        {
            return answer.clone();
        }
        let asked_at = Instant::now();
        let answer = ask();
        *slot = Some((asked_at, answer.clone()));
        answer
    }
}

impl<K, T> Default for Answers<K, T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}
