//! What one store holds: the account, the files and the grants of one call. Dropped with the call.

use std::sync::Arc;

use crate::{Capability, Decision, Grants, PluginName, bindings::types::Refusal, files::Files, meter::Meter};

/// Bytes of error output that are kept, to explain a trap.
const STDERR: usize = 16 << 10;

/// What stands behind granted capabilities. The pipeline has the real one; answers are already cut down
/// to what the application's project and account may see.
pub trait Services: Send + Sync {
    /// Objects as JSON, sorted by namespace and name.
    fn lookup(&self, query: &Lookup) -> Result<Vec<Vec<u8>>, Refused>;
    /// The value of a secret that is bound to the plugin.
    fn secret(&self, name: &str) -> Result<Vec<u8>, Refused>;
}

/// Which live objects a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    pub api_version: String,
    pub kind: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub selector: String,
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
    /// Namespace and name of the application, for log lines.
    pub(crate) application: String,
    pub(crate) files: Files,
    pub(crate) grants: Grants,
    pub(crate) services: Option<Arc<dyn Services>>,
    /// Whether the result depends on chance or on the cluster, so that no read set describes it.
    pub(crate) impure: bool,
    stderr: Vec<u8>,
}

impl Session {
    pub(crate) fn new(meter: Meter, plugin: PluginName) -> Self {
        Self {
            meter,
            plugin,
            application: String::new(),
            files: Files::none(),
            grants: Grants::denied(),
            services: None,
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
