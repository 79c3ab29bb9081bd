//! What is to be looked at, each application once, by when it is due.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Mutex as Turnstile, Notify},
    time::Instant,
};

/// Namespace and name of an Application.
pub(crate) type AppKey = (String, String);

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Of the workers that have nothing to do one watches the time and the others wait here: what comes wakes one.
    front: Turnstile<()>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    due: HashMap<AppKey, Instant>,
    /// The same, by time.
    order: BTreeSet<(Instant, AppKey)>,
    busy: HashSet<AppKey>,
    /// Asked for again while in a worker's hands; waits until it is put back.
    again: HashMap<AppKey, Instant>,
    closed: bool,
}

impl Queue {
    /// Asks for a look after `delay`; an earlier date that is already set stays.
    pub(crate) fn push(&self, key: AppKey, delay: Duration) {
        self.lock().book(key, Instant::now() + delay);
        self.changed.notify_one();
    }

    /// Waits for the next application that is due; `None` once the queue is closed.
    pub(crate) async fn pop(&self) -> Option<AppKey> {
        let _front = self.front.lock().await;
        loop {
            // A notice that was given before this is kept for whoever waits next.
            let next = match self.lock().take() {
                Take::Ready(key) => return Some(key),
                Take::Closed => return None,
                Take::Later(due) => due,
            };
            match next {
                Some(due) => tokio::select! {
                    () = self.changed.notified() => {}
                    () = tokio::time::sleep_until(due) => {}
                },
                None => self.changed.notified().await,
            }
        }
    }

    /// A worker is done with an application.
    pub(crate) fn done(&self, key: &AppKey) {
        let mut state = self.lock();
        state.busy.remove(key);
        let Some(due) = state.again.remove(key) else { return };
        state.book(key.clone(), due);
        drop(state);
        self.changed.notify_one();
    }

    /// Whether nothing is due now and nothing is in a worker's hands.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.busy.is_empty() && state.order.first().is_none_or(|(due, _)| *due > Instant::now())
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn book(&mut self, key: AppKey, due: Instant) {
        if self.busy.contains(&key) {
            let slot = self.again.entry(key).or_insert(due);
            *slot = (*slot).min(due);
            return;
        }
        match self.due.get(&key).copied() {
            Some(earlier) if earlier <= due => return,
            Some(later) => drop(self.order.remove(&(later, key.clone()))),
            None => {}
        }
        self.order.insert((due, key.clone()));
        self.due.insert(key, due);
    }

    fn take(&mut self) -> Take {
        if self.closed {
            return Take::Closed;
        }
        match self.order.first() {
            None => return Take::Later(None),
            Some((due, _)) if *due > Instant::now() => return Take::Later(Some(*due)),
            Some(_) => {}
        }
        let Some((_, key)) = self.order.pop_first() else { return Take::Later(None) };
        self.due.remove(&key);
        self.busy.insert(key.clone());
        Take::Ready(key)
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
        queue.push(key("late"), Duration::from_secs(2));
        assert_eq!(queue.pop().await, Some(key("soon")));
        assert_eq!(queue.pop().await, Some(key("late")));
        assert!(tokio::time::timeout(Duration::from_secs(60), queue.pop()).await.is_err());
        queue.close();
        assert_eq!(queue.pop().await, None);
        assert_eq!(queue.pop().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_application_is_in_one_worker_at_a_time() {
        let queue = Queue::default();
        queue.push(key("a"), Duration::ZERO);
        assert_eq!(queue.pop().await, Some(key("a")));
        queue.push(key("a"), Duration::ZERO);
        assert!(tokio::time::timeout(Duration::from_secs(60), queue.pop()).await.is_err());
        assert!(!queue.is_idle());
        queue.done(&key("a"));
        assert_eq!(queue.pop().await, Some(key("a")));
        queue.done(&key("a"));
        assert!(queue.is_idle());
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_finds_a_worker_while_others_wait() {
        let queue = std::sync::Arc::new(Queue::default());
        let workers: Vec<_> = (0..3)
            .map(|_| {
                tokio::spawn({
                    let queue = queue.clone();
                    async move { queue.pop().await }
                })
            })
            .collect();
        queue.push(key("later"), Duration::from_secs(9));
        queue.push(key("a"), Duration::ZERO);
        queue.push(key("b"), Duration::from_secs(1));
        let mut found = Vec::new();
        for worker in workers {
            found.extend(worker.await.unwrap());
        }
        found.sort();
        assert_eq!(found, [key("a"), key("b"), key("later")]);
    }
}
