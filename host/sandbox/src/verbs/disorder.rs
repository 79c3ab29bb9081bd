//! Watches that go wrong on purpose: what a fault makes of the events that would be sent.

use std::time::Duration;

use crate::faults::{Affliction, WatchFault};

/// How long an event waits for a successor to overtake it.
pub const HELD: Duration = Duration::from_millis(100);

/// Of events in whatever form.
pub struct Disorder<E> {
    affliction: Option<Affliction>,
    sent: usize,
    held: Option<E>,
}

impl<E: Clone> Disorder<E> {
    pub fn of(affliction: Option<Affliction>) -> Self {
        Disorder { affliction, sent: 0, held: None }
    }

    fn fault(&self) -> Option<WatchFault> {
        self.affliction.as_ref().map(|affliction| affliction.fault)
    }

    /// Waits until nothing goes wrong any more: a watch that went wrong ends then.
    pub async fn until_over(&mut self) {
        match &mut self.affliction {
            Some(affliction) => affliction.until_over().await,
            None => std::future::pending().await,
        }
    }

    pub fn is_any(&self) -> bool {
        self.affliction.is_some()
    }

    /// What is sent now that this event came.
    pub fn next(&mut self, event: E) -> Vec<E> {
        self.sent += 1;
        match self.fault() {
            Some(WatchFault::Silent) => Vec::new(),
            Some(WatchFault::Drop(most)) if self.sent > most => Vec::new(),
            Some(WatchFault::Duplicate) => vec![event.clone(), event],
            Some(WatchFault::Reorder) => match self.held.take() {
                Some(held) => vec![event, held],
                None => {
                    self.held = Some(event);
                    Vec::new()
                }
            },
            Some(WatchFault::Drop(_)) | None => vec![event],
        }
    }

    pub fn ends(&self) -> bool {
        matches!(self.fault(), Some(WatchFault::Drop(most)) if self.sent >= most)
    }

    pub fn is_silent(&self) -> bool {
        self.fault() == Some(WatchFault::Silent)
    }

    pub fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// The event that no successor overtook in time.
    pub fn release(&mut self) -> Option<E> {
        self.held.take()
    }
}
