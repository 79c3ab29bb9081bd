//! Looks for the first index of which something holds, on all processors, and finds the same one on any number of them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// The lowest of `0..count` for which it holds. Each index below that is asked about, and few above.
pub(crate) fn first(count: usize, holds: impl Fn(usize) -> bool + Sync) -> Option<usize> {
    let (next, found) = (AtomicUsize::new(0), AtomicUsize::new(count));
    // Indices are taken in their order: whoever takes one behind what is found leaves none before it to nobody.
    let look = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= found.load(Ordering::Relaxed) {
                return;
            }
            if holds(index) {
                found.fetch_min(index, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..processors().min(count) {
            if thread::Builder::new().spawn_scoped(scope, look).is_err() {
                break;
            }
        }
        look();
    });
    Some(found.into_inner()).filter(|index| *index < count)
}

/// One where nobody can tell, as inside a component, which has no threads.
fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_found_and_not_another() {
        for wanted in [0, 1, 7, 500, 999] {
            assert_eq!(first(1000, |index| index >= wanted), Some(wanted));
        }
    }

    #[test]
    fn none_is_found_where_none_is() {
        assert_eq!(first(1000, |_| false), None);
        assert_eq!(first(0, |_| true), None);
    }
}
