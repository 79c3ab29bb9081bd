//! What is to be looked at, each application once, by when it is due.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// Namespace and name of an Application.
pub(crate) type AppKey = (String, String);

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    due: HashMap<AppKey, Instant>,
    /// In a worker's hands. What is asked for again meanwhile waits until it is put back.
    busy: HashSet<AppKey>,
    closed: bool,
}

impl Queue {
    /// Asks for a look after `delay`; an earlier date that is already set stays.
    pub(crate) fn push(&self, key: AppKey, delay: Duration) {
        let due = Instant::now() + delay;
        let mut state = self.lock();
        let slot = state.due.entry(key).or_insert(due);
        *slot = (*slot).min(due);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits for the next application that is due; `None` once the queue is closed.
    pub(crate) async fn pop(&self) -> Option<AppKey> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let next = match self.take() {
                Take::Ready(key) => return Some(key),
                Take::Closed => return None,
                Take::Later(due) => due,
            };
            match next {
                Some(due) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(due) => {}
                },
                None => changed.await,
            }
        }
    }

    /// A worker is done with an application.
    pub(crate) fn done(&self, key: &AppKey) {
        self.lock().busy.remove(key);
        self.changed.notify_waiters();
    }

    /// Whether nothing is due now and nothing is in a worker's hands.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.lock();
        let now = Instant::now();
        state.busy.is_empty() && state.due.values().all(|due| *due > now)
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    fn take(&self) -> Take {
        let mut state = self.lock();
        if state.closed {
            return Take::Closed;
        }
        let earliest = state.due.iter().filter(|(key, _)| !state.busy.contains(*key)).min_by_key(|(_, due)| **due);
        let Some((key, due)) = earliest.map(|(key, due)| (key.clone(), *due)) else { return Take::Later(None) };
        if due > Instant::now() {
            return Take::Later(Some(due));
        }
        state.due.remove(&key);
        state.busy.insert(key.clone());
        Take::Ready(key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Take {
    Ready(AppKey),
    Later(Option<Instant>),
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> AppKey {
        ("argocd".into(), name.into())
    }

    #[tokio::test(start_paused = true)]
    async fn the_earliest_comes_first_and_each_once() {
        let queue = Queue::default();
        queue.push(key("late"), Duration::from_secs(5));
        queue.push(key("soon"), Duration::from_secs(1));
        queue.push(key("soon"), Duration::from_secs(9));
        assert_eq!(queue.pop().await, Some(key("soon")));
        assert_eq!(queue.pop().await, Some(key("late")));
        queue.close();
        assert_eq!(queue.pop().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_application_is_in_one_worker_at_a_time() {
        let queue = Queue::default();
        queue.push(key("a"), Duration::ZERO);
        assert_eq!(queue.pop().await, Some(key("a")));
        queue.push(key("a"), Duration::ZERO);
        assert!(tokio::time::timeout(Duration::from_secs(60), queue.pop()).await.is_err());
        queue.done(&key("a"));
        assert_eq!(queue.pop().await, Some(key("a")));
    }
}
