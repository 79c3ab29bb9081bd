//! What was asked of the server: the evidence for "a reconcile without a change makes no request".

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::api::Verb;

/// What a request was, as far as counting goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKey {
    pub verb: Verb,
    /// `pods`, `deployments.apps`, `deployments.apps/status`.
    pub resource: String,
    /// The `User-Agent`, whole.
    pub agent: String,
}

/// How often each request was made since the start. Discovery and health requests are not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests(pub BTreeMap<RequestKey, u64>);

impl Requests {
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The requests of agents whose name starts so.
    pub fn by_agent(&self, prefix: &str) -> u64 {
        self.0.iter().filter(|(key, _)| key.agent.starts_with(prefix)).map(|(_, count)| count).sum()
    }

    /// What was asked since an earlier count.
    pub fn since(&self, earlier: &Requests) -> Requests {
        let more = |(key, count): (&RequestKey, &u64)| {
            let count = count - earlier.0.get(key).copied().unwrap_or(0);
            (count > 0).then(|| (key.clone(), count))
        };
        Requests(self.0.iter().filter_map(more).collect())
    }
}

#[derive(Default)]
pub(crate) struct Counters(Mutex<Requests>);

impl Counters {
    pub(crate) fn count(&self, key: RequestKey) {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.0.entry(key).or_default() += 1;
    }

    pub(crate) fn read(&self) -> Requests {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
