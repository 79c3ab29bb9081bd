//! When a failed sync is tried again.

use std::time::Duration;

use windlass_model::application::{Backoff, Retry, duration_from_text};

const DURATION: Duration = Duration::from_secs(5);
const MAX_DURATION: Duration = Duration::from_secs(180);
const FACTOR: i64 = 2;

/// How long to wait after failed attempt number `attempt`, the first being 0; `None` when no attempt is left.
///
/// `duration × factor^attempt`, at most `maxDuration`.
pub fn delay(retry: &Retry, attempt: i64) -> Option<Duration> {
    if retry.limit >= 0 && attempt >= retry.limit {
        return None;
    }
    let backoff = retry.backoff.clone().unwrap_or_default();
    Some(backoff_delay(&backoff, attempt))
}

fn backoff_delay(backoff: &Backoff, attempt: i64) -> Duration {
    let duration = duration_from_text(&backoff.duration).unwrap_or(DURATION);
    let max = duration_from_text(&backoff.max_duration).unwrap_or(MAX_DURATION);
    let factor = backoff.factor.unwrap_or(FACTOR).max(1) as f64;
    let exponent = attempt.clamp(0, 1_000) as i32;
    let seconds = (duration.as_secs_f64() * factor.powi(exponent)).min(max.as_secs_f64());
    Duration::try_from_secs_f64(seconds).unwrap_or(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_by_the_factor_up_to_the_maximum() {
        let retry = Retry {
            limit: 3,
            backoff: Some(Backoff { duration: "2s".into(), factor: Some(3), max_duration: "10s".into() }),
            refresh: false,
        };
        let waits: Vec<_> = (0..4).map(|attempt| delay(&retry, attempt).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(2), Some(6), Some(10), None]);
        assert_eq!(delay(&Retry::default(), 0), None);
        assert!(delay(&Retry { limit: -1, ..Retry::default() }, 1_000_000).is_some());
    }
}
