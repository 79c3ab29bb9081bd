//! Random commits, edits, crashes and faults, and then quiet: the cluster is what the folder says, nothing of anybody
//! else's is gone, and nothing was written that did not have to be. Told once, for every API server.

mod ground;
mod plot;
mod world;

use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::JoinSet;

pub use self::ground::Ground;
use self::world::World;
use crate::dice::number;

/// What happens before it is quiet.
const STEPS: usize = 14;

/// How it is played.
#[derive(Clone, Copy)]
pub struct Season {
    /// Seeds of an ordinary run; `WINDLASS_SEEDS` says otherwise, and `WINDLASS_SEED` names a single one.
    pub seeds: u64,
    /// Most of a seed's time is waiting.
    pub at_once: usize,
    /// The command that plays one seed alone.
    pub again: &'static str,
}

impl Season {
    /// Plays each seed on a ground that `lay` gives, and fails with those that failed.
    pub async fn play<G>(self, lay: impl Fn() -> G + Send + Sync + 'static)
    where
        G: Future<Output = Ground> + Send + 'static,
    {
        let Range { start, end } = self.range();
        let (next, failed) = (Arc::new(AtomicU64::new(start)), Arc::<Mutex<Vec<u64>>>::default());
        let (lay, mut crews) = (Arc::new(lay), JoinSet::new());
        for _ in 0..self.at_once {
            let (next, failed, lay) = (next.clone(), failed.clone(), lay.clone());
            crews.spawn(async move {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    if tokio::spawn(play(lay().await, seed)).await.is_err() {
                        println!("that was seed {seed}: WINDLASS_SEED={seed} {}", self.again);
                        failed.lock().expect("no crew panics").push(seed);
                    }
                }
            });
        }
        crews.join_all().await;
        let failed = failed.lock().expect("no crew panics");
        assert!(failed.is_empty(), "seeds that failed: {failed:?}");
    }

    fn range(self) -> Range<u64> {
        match number("WINDLASS_SEED") {
            Some(seed) => seed..seed + 1,
            None => 0..number("WINDLASS_SEEDS").unwrap_or(self.seeds),
        }
    }
}

async fn play(ground: Ground, seed: u64) {
    let mut world = World::start(ground, seed).await;
    for _ in 0..STEPS {
        world.step().await;
    }
    world.calm_down().await;
    world.check().await;
    world.end().await;
}
