//! Looks for the first index of which something holds, on all processors, and finds the same one on any number of them.

use std::{
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// The lowest of `0..count` for which it holds. `lowest` looks through so many at a time, and gives the lowest of them.
/// Each index below that is looked at, and few above.
pub(crate) fn first(
    count: usize,
    at_a_time: usize,
    lowest: impl Fn(Range<usize>) -> Option<usize> + Sync,
) -> Option<usize> {
    let (next, found) = (AtomicUsize::new(0), AtomicUsize::new(count));
    // Indices are taken in their order: whoever takes some behind what is found leaves none before it to nobody.
    let look = || {
        loop {
            let start = next.fetch_add(at_a_time, Ordering::Relaxed);
            if start >= found.load(Ordering::Relaxed) {
                return;
            }
            if let Some(index) = lowest(start..count.min(start + at_a_time)) {
                found.fetch_min(index, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..processors().min(count.div_ceil(at_a_time)) {
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
        for (wanted, at_a_time) in [(0, 1), (1, 8), (7, 8), (8, 8), (500, 1), (999, 7)] {
            assert_eq!(first(1000, at_a_time, |mut some| some.find(|index| *index >= wanted)), Some(wanted));
        }
    }

    #[test]
    fn none_is_found_where_none_is() {
        assert_eq!(first(1000, 8, |_| None), None);
        assert_eq!(first(0, 8, |mut some| some.next()), None);
    }
}
