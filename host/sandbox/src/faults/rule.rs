//! One rule: what goes wrong, how often, and with which requests; and how it is written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Fault, WatchFault};
use crate::api::Verb;
use crate::counters::RequestKey;
use crate::error::{ApiError, Reason};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Latency(Duration),
    Conflict,
    Expired,
    Throttle,
    Error,
    Unavailable,
    Timeout,
    Stop(u64),
    Mute(u64),
    Watch(WatchFault),
}

#[derive(Debug)]
pub(super) struct Rule {
    kind: Kind,
    /// In 2^-32.
    share: u32,
    verb: Option<String>,
    resource: Option<String>,
    agent: Option<String>,
    /// The requests that it has struck, or would have, were it not for those that it lets pass.
    struck: AtomicU64,
}

impl Rule {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split(',');
        let (kind, share) = parts.next().and_then(|part| part.split_once('=')).ok_or("expected KIND=SHARE first")?;
        let share: f64 = share.parse().map_err(|_| "the share is not a number")?;
        if !(0.0..=1.0).contains(&share) {
            return Err("the share is not between 0 and 1");
        }
        let share = (share * f64::from(u32::MAX)) as u32;
        let struck = AtomicU64::new(0);
        let mut rule = Rule { kind: Kind::parse(kind)?, share, verb: None, resource: None, agent: None, struck };
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

    pub(super) fn concerns(&self, key: &RequestKey) -> bool {
        let fits = !matches!(self.kind, Kind::Watch(_)) || key.verb == Verb::Watch;
        fits && self.verb.as_deref().is_none_or(|verb| is_verb(verb, key.verb))
            && self.resource.as_deref().is_none_or(|resource| resource == key.resource)
            && self.agent.as_deref().is_none_or(|agent| key.agent.starts_with(agent))
    }

    /// Whether a roll of the dice strikes.
    pub(super) fn strikes(&self, roll: u32) -> bool {
        let spared = match self.kind {
            Kind::Stop(count) | Kind::Mute(count) => count,
            _ => 0,
        };
        roll <= self.share && self.struck.fetch_add(1, Ordering::Relaxed) >= spared
    }

    pub(super) fn fault(&self) -> Fault {
        self.kind.fault()
    }
}

fn is_verb(wanted: &str, verb: Verb) -> bool {
    match wanted {
        "write" => !matches!(verb, Verb::Get | Verb::List | Verb::Watch),
        other => other == verb.as_str(),
    }
}

impl Kind {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(match text {
            "conflict" => Kind::Conflict,
            "expired" => Kind::Expired,
            "throttle" => Kind::Throttle,
            "error" => Kind::Error,
            "unavailable" => Kind::Unavailable,
            "timeout" => Kind::Timeout,
            "silent" => Kind::Watch(WatchFault::Silent),
            "duplicate" => Kind::Watch(WatchFault::Duplicate),
            "reorder" => Kind::Watch(WatchFault::Reorder),
            other => return Self::counted(other),
        })
    }

    fn counted(text: &str) -> Result<Self, &'static str> {
        let (kind, number) = text.split_once(':').ok_or("unknown kind of fault")?;
        let number: u64 = number.parse().map_err(|_| "expected a whole number after the colon")?;
        match kind {
            "latency" => Ok(Kind::Latency(Duration::from_millis(number))),
            "stop" => Ok(Kind::Stop(number)),
            "mute" => Ok(Kind::Mute(number)),
            "drop" => Ok(Kind::Watch(WatchFault::Drop(usize::try_from(number).unwrap_or(usize::MAX)))),
            _ => Err("unknown kind of fault"),
        }
    }

    fn fault(self) -> Fault {
        let refuse = |reason, message: &str| Fault::Refuse(Box::new(ApiError::new(reason, message)));
        match self {
            Kind::Latency(time) => Fault::Delay(time),
            Kind::Watch(fault) => Fault::Watch(fault),
            Kind::Timeout => Fault::Lose,
            Kind::Stop(_) => Fault::Stop,
            Kind::Mute(_) => Fault::Mute,
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
