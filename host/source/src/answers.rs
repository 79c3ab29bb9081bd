//! One answer for all who ask at the same time, and for those who are content with a recent one.
//!
//! Invariant: an answer is never older than the asker's [`Freshness`]; failures are shared as well, so that
//! a slow unreachable server is waited for once, but not for long: whoever tries again asks again.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::Error;

/// How recent an answer must be: one whose request began at or after this instant will do; without one, any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness(Option<Instant>);

impl Freshness {
    /// Takes an answer that was asked for at or after `instant`.
    pub fn since(instant: Instant) -> Self {
        Self(Some(instant))
    }

    /// Takes nothing that was asked for before now: a requested refresh, a webhook.
    pub fn now() -> Self {
        Self(Some(Instant::now()))
    }

    /// Takes an answer up to `age` old.
    pub fn within(age: Duration) -> Self {
        Self(Instant::now().checked_sub(age))
    }

    /// Takes an answer of any age: what was asked for cannot change.
    pub(crate) fn any() -> Self {
        Self(None)
    }
}

/// How old a failure may be, whatever the asker's freshness: less than the pause before anybody tries again.
const FAILURE: Duration = Duration::from_secs(5);

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
    /// Whether it will do for someone who came at `arrived`. A failure will if they waited for it, or nearly so.
    fn suits(&self, freshness: Freshness, arrived: Instant) -> bool {
        match (&self.outcome, freshness.0) {
            (Ok(_), None) => true,
            (Ok(_), Some(instant)) => self.asked_at >= instant,
            (Err(_), instant) => {
                let is_recent = instant.is_some_and(|instant| self.asked_at >= instant);
                self.answered_at >= arrived || is_recent && arrived - self.answered_at < FAILURE
            }
        }
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

impl<K: Eq + Hash, T: Clone> Answers<K, T> {
    /// The answer that is here, if it is recent enough and nobody is asking just now.
    pub(crate) fn known<Q: Eq + Hash + ?Sized>(&self, key: &Q, freshness: Freshness) -> Option<T>
    where
        K: Borrow<Q>,
    {
        let slot = locked(&self.slots).get(key)?.clone();
        let slot = slot.try_lock().ok()?;
        let answer = slot.as_ref().filter(|answer| answer.suits(freshness, Instant::now()))?;
        answer.outcome.clone().ok()
    }
}

impl<K, T> Answers<K, T> {
    pub(crate) fn forget_all(&self) {
        locked(&self.slots).clear();
    }
}

/// Answers that are large: all are forgotten once they weigh more than the limit together.
pub(crate) struct HeavyAnswers<K, T> {
    answers: Answers<K, T>,
    held: AtomicU64,
    limit: u64,
}

impl<K: Eq + Hash, T: Clone> HeavyAnswers<K, T> {
    /// `limit` is in bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { answers: Answers::default(), held: AtomicU64::new(0), limit }
    }

    /// As [`Answers::get`]; `ask` says also what its answer weighs.
    pub(crate) fn get(
        &self,
        key: K,
        freshness: Freshness,
        ask: impl FnOnce() -> Result<(T, u64), Error>,
    ) -> Result<T, Error> {
        self.answers.get(key, freshness, || {
            let (answer, weight) = ask()?;
            if self.held.fetch_add(weight, Ordering::Relaxed) + weight > self.limit {
                self.answers.forget_all();
                self.held.store(weight, Ordering::Relaxed);
            }
            Ok(answer)
        })
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
