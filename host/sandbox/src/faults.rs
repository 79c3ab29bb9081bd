//! Faults on purpose, so that clients can be tested: delays and refusals, by rule and seed.
//!
//! The form of a specification is `rule[;rule…]`, a rule is `KIND=SHARE[,verb=V][,resource=R][,agent=PREFIX]`;
//! kinds are `latency:MILLISECONDS`, `conflict` (409), `expired` (410), `throttle` (429 with `Retry-After`), `error`
//! (500), `unavailable` (503), and for watches `drop:EVENTS` (ends after so many), `silent` (says nothing after what
//! was there at its start), `duplicate` (every event twice), `reorder` (an event after its successor). The share is
//! between 0 and 1. `seed=N` may stand among the rules. Equal seeds and equal requests give equal faults.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::api::Verb;
use crate::counters::RequestKey;
use crate::error::{ApiError, Reason};

/// What is done to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    Delay(Duration),
    Refuse(Box<ApiError>),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Latency(Duration),
    Conflict,
    Expired,
    Throttle,
    Error,
    Unavailable,
    Watch(WatchFault),
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    kind: Kind,
    /// In 2^-32.
    share: u32,
    verb: Option<String>,
    resource: Option<String>,
    agent: Option<String>,
}

/// Rules and the state of their dice.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
    dice: AtomicU64,
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
        let mut faults = Faults::default();
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

impl Rule {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split(',');
        let (kind, share) = parts.next().and_then(|part| part.split_once('=')).ok_or("expected KIND=SHARE first")?;
        let share: f64 = share.parse().map_err(|_| "the share is not a number")?;
        if !(0.0..=1.0).contains(&share) {
            return Err("the share is not between 0 and 1");
        }
        let share = (share * f64::from(u32::MAX)) as u32;
        let mut rule = Rule { kind: Kind::parse(kind)?, share, verb: None, resource: None, agent: None };
        for part in parts {
            match part.split_once('=') {
                Some(("verb", verb)) => rule.verb = Some(verb.into()),
                Some(("resource", resource)) => rule.resource = Some(resource.into()),
                Some(("agent", agent)) => rule.agent = Some(agent.into()),
                _ => return Err("expected verb=, resource= or agent="),
            }
        }
        Ok(rule)
    }

    fn concerns(&self, key: &RequestKey) -> bool {
        let fits = !matches!(self.kind, Kind::Watch(_)) || key.verb == Verb::Watch;
        fits && self.verb.as_deref().is_none_or(|verb| verb == key.verb.as_str())
            && self.resource.as_deref().is_none_or(|resource| resource == key.resource)
            && self.agent.as_deref().is_none_or(|agent| key.agent.starts_with(agent))
    }
}

impl Kind {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "conflict" => Ok(Kind::Conflict),
            "expired" => Ok(Kind::Expired),
            "throttle" => Ok(Kind::Throttle),
            "error" => Ok(Kind::Error),
            "unavailable" => Ok(Kind::Unavailable),
            "silent" => Ok(Kind::Watch(WatchFault::Silent)),
            "duplicate" => Ok(Kind::Watch(WatchFault::Duplicate)),
            "reorder" => Ok(Kind::Watch(WatchFault::Reorder)),
            _ => match text.split_once(':') {
                Some(("latency", millis)) => {
                    let millis = millis.parse().map_err(|_| "the latency is not a number of milliseconds")?;
                    Ok(Kind::Latency(Duration::from_millis(millis)))
                }
                Some(("drop", events)) => {
                    let events = events.parse().map_err(|_| "expected a number of events after drop:")?;
                    Ok(Kind::Watch(WatchFault::Drop(events)))
                }
                _ => Err("unknown kind of fault"),
            },
        }
    }

    fn fault(self) -> Fault {
        let refuse = |reason, message: &str| Fault::Refuse(Box::new(ApiError::new(reason, message)));
        match self {
            Kind::Latency(time) => Fault::Delay(time),
            Kind::Watch(fault) => Fault::Watch(fault),
            Kind::Conflict => refuse(Reason::Conflict, "Operation cannot be fulfilled: injected conflict"),
            Kind::Expired => refuse(Reason::Expired, "too old resource version: injected"),
            Kind::Throttle => {
                let error = ApiError::new(Reason::TooManyRequests, "Too many requests, please try again later.");
                Fault::Refuse(Box::new(error.retry_after(1)))
            }
            Kind::Error => refuse(Reason::InternalError, "Internal error occurred: injected"),
            Kind::Unavailable => {
                refuse(Reason::ServiceUnavailable, "the server is currently unable to handle the request")
            }
        }
    }
}

impl Faults {
    pub(crate) fn draw(&self, key: &RequestKey) -> Option<Fault> {
        let struck = self.rules.iter().filter(|rule| rule.concerns(key)).find(|rule| self.roll() <= rule.share);
        struck.map(|rule| rule.kind.fault())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_what_it_names_and_equal_seeds_strike_alike() {
        let key = |verb| RequestKey { verb, resource: "pods".into(), agent: "me/1".into() };
        let struck = |spec: &str| {
            let faults: Faults = spec.parse().expect("a valid specification");
            (0..100).filter(|_| faults.draw(&key(Verb::Create)).is_some()).count()
        };
        assert_eq!(struck("conflict=1,verb=create,resource=pods"), 100);
        assert_eq!(struck("conflict=1,verb=get"), 0);
        let some = struck("seed=7;error=0.3");
        assert!((15..45).contains(&some), "{some}");
        assert_eq!(struck("seed=7;error=0.3"), some);
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_named() {
        let error = "conflict=2".parse::<Faults>().expect_err("out of range");
        assert!(error.to_string().contains("conflict=2"), "{error}");
    }
}
