//! Random commits, edits, crashes and faults, and then quiet: the cluster is what the folder says, nothing of anybody
//! else's is gone, and nothing was written that did not have to be.

mod plot;
mod world;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use tokio::task::JoinSet;

use self::world::World;
use crate::dice::number;

/// Seeds of an ordinary run; `WINDLASS_SEEDS` says otherwise, and `WINDLASS_SEED` names a single one.
const SEEDS: u64 = 50;
/// Most of a seed's time is waiting.
const AT_ONCE: usize = 12;
/// What happens before it is quiet.
const STEPS: usize = 14;

async fn play(seed: u64) {
    let mut world = World::start(seed).await;
    for _ in 0..STEPS {
        world.step().await;
    }
    world.calm_down().await;
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_commits_edits_crashes_and_faults_the_cluster_is_what_was_wanted() {
    let (first, end) = match number("WINDLASS_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, number("WINDLASS_SEEDS").unwrap_or(SEEDS)),
    };
    let (next, failed) = (Arc::new(AtomicU64::new(first)), Arc::<Mutex<Vec<u64>>>::default());
    let mut crews = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (next, failed) = (next.clone(), failed.clone());
        crews.spawn(async move {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    break;
                }
                if tokio::spawn(play(seed)).await.is_err() {
                    println!("that was seed {seed}: WINDLASS_SEED={seed} cargo test -p windlass-tests-suite chaos");
                    failed.lock().unwrap().push(seed);
                }
            }
        });
    }
    crews.join_all().await;
    let failed = failed.lock().unwrap();
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}
