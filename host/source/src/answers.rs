//! One answer for all who ask at the same time, and for those who are content with a recent one.
//!
//! Invariant: an answer is never older than the asker's [`Freshness`]; failures are shared as well, so that
//! a slow unreachable server is waited for once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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

/// Answers by key.
pub(crate) struct Answers<K, T> {
    slots: Mutex<HashMap<K, Slot<T>>>,
}

type Slot<T> = Arc<Mutex<Option<Answer<T>>>>;

struct Answer<T> {
    asked_at: Instant,
    answered_at: Instant,
    outcome: Result<T, Error>,
}

impl<T> Answer<T> {
    /// Whether it will do for someone who came at `arrived`. A failure will if they waited for it.
    fn suits(&self, freshness: Freshness, arrived: Instant) -> bool {
        self.asked_at >= freshness.0 || (self.outcome.is_err() && self.answered_at >= arrived)
    }
}

impl<K: Eq + Hash, T: Clone> Answers<K, T> {
    /// Answers from memory, or asks while everyone else with this key waits.
    pub(crate) fn get(&self, key: K, freshness: Freshness, ask: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let arrived = Instant::now();
        let slot = locked(&self.slots).entry(key).or_default().clone();
        let mut slot = locked(&slot);
        if let Some(answer) = slot.as_ref().filter(|answer| answer.suits(freshness, arrived)) {
            return answer.outcome.clone();
        }
        let asked_at = Instant::now();
        let outcome = ask();
        *slot = Some(Answer { asked_at, answered_at: Instant::now(), outcome: outcome.clone() });
        outcome
    }
}

impl<K, T> Default for Answers<K, T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

/// Locks, taking over what a panicked thread left: every value here is whole between two statements.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
