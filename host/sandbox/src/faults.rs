//! Faults on purpose, so that clients can be tested: delays, refusals, answers that are lost, by rule and seed.
//!
//! The form of a specification is `rule[;rule…]`, a rule is `KIND=SHARE[,verb=V][,resource=R][,agent=PREFIX]`;
//! kinds are `latency:MILLISECONDS`, `conflict` (409), `expired` (410), `throttle` (429 with `Retry-After`), `error`
//! (500), `unavailable` (503), `timeout` (carried out, and answered 504), `stop:N` (after N requests none is answered),
//! `mute:N` (after N requests all are carried out and none is answered), and for watches `drop:EVENTS` (ends after so
//! many), `silent` (says nothing after what was there at its start), `duplicate` (every event twice), `reorder` (an
//! event after its successor). The share is between 0 and 1. `verb=write` is every verb that changes something, and
//! `resource=discovery` the documents about the API itself. `seed=N` may stand among the rules. Equal seeds and equal
//! requests give equal faults.

mod front;
mod rule;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;

pub use self::front::{FaultLayer, Front};
use self::rule::Rule;
use crate::counters::RequestKey;
use crate::error::{ApiError, Reason};

/// What is done to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    Delay(Duration),
    Refuse(Box<ApiError>),
    /// It is carried out, and answered as if nobody knew.
    Lose,
    /// It is neither carried out nor answered.
    Stop,
    /// It is carried out and not answered.
    Mute,
    Watch(WatchFault),
}

/// What is done to a watch that began as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchFault {
    /// It ends after so many events.
    Drop(usize),
    /// After what was there at its start nothing comes.
    Silent,
    /// Every event comes twice.
    Duplicate,
    /// An event comes after its successor.
    Reorder,
}

/// Rules and the state of their dice.
#[derive(Debug)]
pub struct Faults {
    rules: Vec<Rule>,
    dice: AtomicU64,
    /// Becomes true when these faults are over.
    peace: watch::Sender<bool>,
}

/// A specification that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("fault rule {rule:?}: {problem}")]
pub struct FaultError {
    rule: String,
    problem: &'static str,
}

impl std::str::FromStr for Faults {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut faults = Faults { rules: Vec::new(), dice: AtomicU64::new(0), peace: watch::Sender::new(false) };
        for rule in text.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
            let fail = |problem| FaultError { rule: rule.into(), problem };
            match rule.strip_prefix("seed=") {
                Some(seed) => faults.dice = seed.parse::<u64>().map_err(|_| fail("a seed is a number"))?.into(),
                None => faults.rules.push(Rule::parse(rule).map_err(fail)?),
            }
        }
        Ok(faults)
    }
}

impl Faults {
    fn draw(&self, key: &RequestKey) -> Option<Fault> {
        let struck = self.rules.iter().filter(|rule| rule.concerns(key)).find(|rule| rule.strikes(self.roll()));
        struck.map(Rule::fault)
    }

    /// SplitMix64: small, seeded, and good enough for dice.
    fn roll(&self) -> u32 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.dice.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 32) as u32
    }
}

/// The faults that are in force.
#[derive(Debug, Default)]
pub(crate) struct Weather(RwLock<Option<Arc<Faults>>>);

impl Weather {
    pub(crate) fn new(faults: Option<Faults>) -> Self {
        Weather(RwLock::new(faults.map(Arc::new)))
    }

    /// Puts others in force. What those of before hold up ends: watches, and requests without an answer.
    pub(crate) fn change(&self, faults: Option<Faults>) {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *present, faults.map(Arc::new));
        if let Some(before) = before {
            before.peace.send_replace(true);
        }
    }

    /// Carries out what happens to a request before it is; what is left happens after.
    pub(crate) async fn strike(&self, key: &RequestKey) -> Result<Struck, ApiError> {
        let faults = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(faults) = faults else { return Ok(Struck::default()) };
        let mut peace = faults.peace.subscribe();
        match faults.draw(key) {
            None => Ok(Struck::default()),
            Some(Fault::Delay(time)) => {
                tokio::time::sleep(time.min(Duration::from_secs(60))).await;
                Ok(Struck::default())
            }
            Some(Fault::Refuse(error)) => Err(*error),
            Some(Fault::Watch(fault)) => Ok(Struck { watch: Some(Affliction { fault, peace }), ..Struck::default() }),
            Some(Fault::Lose) => Ok(Struck { answer: Answer::Lost, ..Struck::default() }),
            Some(Fault::Mute) => Ok(Struck { answer: Answer::Withheld(peace), ..Struck::default() }),
            Some(Fault::Stop) => {
                until(&mut peace).await;
                Err(unknown_outcome())
            }
        }
    }
}

/// What still happens to a request.
#[derive(Debug, Default)]
pub(crate) struct Struck {
    pub(crate) watch: Option<Affliction>,
    answer: Answer,
}

#[derive(Debug, Default)]
enum Answer {
    #[default]
    Given,
    Lost,
    Withheld(watch::Receiver<bool>),
}

impl Struck {
    /// What becomes of the answer.
    pub(crate) async fn answer<T>(self, answer: Result<T, ApiError>) -> Result<T, ApiError> {
        match self.answer {
            Answer::Given => answer,
            Answer::Lost => Err(unknown_outcome()),
            Answer::Withheld(mut peace) => {
                until(&mut peace).await;
                Err(unknown_outcome())
            }
        }
    }
}

/// A watch that goes wrong until its faults are over.
#[derive(Clone, Debug)]
pub struct Affliction {
    pub fault: WatchFault,
    peace: watch::Receiver<bool>,
}

impl Affliction {
    pub async fn until_over(&mut self) {
        until(&mut self.peace).await;
    }
}

async fn until(peace: &mut watch::Receiver<bool>) {
    // An error means that the faults are gone altogether.
    let _gone = peace.wait_for(|is_over| *is_over).await.is_err();
}

fn unknown_outcome() -> ApiError {
    ApiError::new(Reason::Timeout, "Timeout: request did not complete within the allotted timeout")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Verb;

    fn key(verb: Verb) -> RequestKey {
        RequestKey { verb, resource: "pods".into(), agent: "me/1".into() }
    }

    fn struck(spec: &str, verb: Verb) -> usize {
        let faults: Faults = spec.parse().expect("a valid specification");
        (0..100).filter(|_| faults.draw(&key(verb)).is_some()).count()
    }

    #[test]
    fn a_rule_strikes_what_it_names_and_equal_seeds_strike_alike() {
        assert_eq!(struck("conflict=1,verb=create,resource=pods", Verb::Create), 100);
        assert_eq!(struck("conflict=1,verb=get", Verb::Create), 0);
        assert_eq!(
            (struck("conflict=1,verb=write", Verb::Patch), struck("conflict=1,verb=write", Verb::List)),
            (100, 0)
        );
        let some = struck("seed=7;error=0.3", Verb::Create);
        assert!((15..45).contains(&some), "{some}");
        assert_eq!(struck("seed=7;error=0.3", Verb::Create), some);
    }

    #[test]
    fn a_rule_that_counts_lets_so_many_requests_pass() {
        assert_eq!(struck("stop:40=1", Verb::Create), 60);
        assert_eq!(struck("mute:0=1", Verb::Create), 100);
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_named() {
        for spec in ["conflict=2", "drop:some=1", "stop=1", "earthquake=1"] {
            let error = spec.parse::<Faults>().expect_err("no rule");
            assert!(error.to_string().contains(spec), "{error}");
        }
    }
}
