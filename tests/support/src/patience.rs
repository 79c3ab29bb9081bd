//! Waiting for something to come true, with a deadline and without a guess at how long it takes.

use std::time::{Duration, Instant};

/// How long anything may take. Far more than it does: machines that run tests are busy.
pub const PATIENCE: Duration = Duration::from_secs(60);
const TURN: Duration = Duration::from_millis(25);

/// Asks until there is an answer. Panics, naming `what` was waited for, once patience is at its end.
pub async fn eventually<T, A: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> A) -> T {
    let answer = try_eventually(ask).await;
    answer.unwrap_or_else(|| panic!("{what}: not within {} s", PATIENCE.as_secs()))
}

/// Asks until there is an answer; `None` once patience is at its end.
pub async fn try_eventually<T, A: Future<Output = Option<T>>>(mut ask: impl FnMut() -> A) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            None if Instant::now() < deadline => tokio::time::sleep(TURN).await,
            answer => return answer,
        }
    }
}
