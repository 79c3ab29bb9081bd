//! What one store holds: the account, the files and the grants of one call. Dropped with the call.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use windlass_model::{ClockReading, Digest, Lookup};

use crate::{
    Capability, Decision, Grants, PluginName,
    bindings::types::Refusal,
    chance::{Chance, Clock, Entropy, Keys},
    files::Files,
    meter::Meter,
};

/// Bytes of error output that are kept, to explain a trap.
const STDERR: usize = 16 << 10;

/// What stands behind granted capabilities. The pipeline has the real one; answers are already cut down
/// to what the application's project and account may see.
pub trait Services: Send + Sync {
    /// Objects as JSON, sorted by namespace and name.
    fn lookup(&self, query: &Lookup) -> Result<Vec<Vec<u8>>, Refused>;
    /// The value of a secret that is bound to the plugin.
    fn secret(&self, name: &str) -> Result<Vec<u8>, Refused>;

    /// What an answer is remembered by; none where there is none.
    fn answer_digest(&self, query: &Lookup) -> Option<Digest> {
        self.lookup(query).ok().map(|objects| digest_of(&objects))
    }
}

pub(crate) fn digest_of(objects: &[Vec<u8>]) -> Digest {
    Digest::of_parts(objects.iter().map(Vec::as_slice))
}

/// Why a granted capability gives no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    Denied(String),
    NotFound,
    Unavailable(String),
}

pub(crate) struct Session {
    pub(crate) meter: Meter,
    pub(crate) plugin: PluginName,
    /// Namespace and name of the application.
    pub(crate) application: [String; 2],
    pub(crate) files: Files,
    pub(crate) grants: Grants,
    pub(crate) services: Option<Arc<dyn Services>>,
    pub(crate) entropy: Entropy,
    pub(crate) keys: Arc<Keys>,
    /// Made at the first draw.
    pub(crate) chance: Option<Chance>,
    pub(crate) clock: Clock,
    pub(crate) readings: BTreeSet<ClockReading>,
    pub(crate) lookups: BTreeMap<Lookup, Option<Digest>>,
    /// Whether the result depends on what no read set describes.
    pub(crate) impure: bool,
    stderr: Vec<u8>,
}

impl Session {
    pub(crate) fn new(meter: Meter, plugin: PluginName) -> Self {
        Self {
            meter,
            plugin,
            application: Default::default(),
            files: Files::none(),
            grants: Grants::denied(),
            services: None,
            entropy: Entropy::default(),
            keys: Arc::default(),
            chance: None,
            clock: Clock::default(),
            readings: BTreeSet::new(),
            lookups: BTreeMap::new(),
            impure: false,
            stderr: Vec::new(),
        }
    }

    /// The one check of a capability; every import of every track goes through it.
    pub(crate) fn granted(&self, capability: Capability) -> Result<(), Refusal> {
        match self.grants.decision(capability) {
            Decision::Granted => Ok(()),
            Decision::Denied | Decision::Undecided => {
                Err(Refusal::Denied(format!("{capability} is not granted to plugin {}", self.plugin)))
            }
        }
    }

    /// The chance of this call, made when it is first needed.
    pub(crate) fn chance(&mut self) -> Result<&Chance, Refusal> {
        if self.chance.is_none() {
            let [namespace, name] = self.application.clone();
            let owner = [self.plugin.name.clone(), namespace, name];
            let made = Chance::new(&self.entropy, owner, self.keys.clone());
            let chance = self.chance.insert(made.map_err(Refusal::Unavailable)?);
            self.impure |= !chance.is_kept;
        }
        self.chance.as_ref().ok_or(Refusal::NotFound)
    }

    pub(crate) fn error_output(&mut self, bytes: &[u8]) {
        let room = STDERR - self.stderr.len();
        self.stderr.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The error output as one line fit for a terminal; empty when there was none.
    pub(crate) fn last_words(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join(" ").chars().filter(|c| !c.is_control()).take(500).collect()
    }
}
