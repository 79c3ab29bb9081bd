//! Why a plugin is refused, and how a call ends badly. What a plugin says ([`Failure`]) and what happens
//! to it ([`Stop`]) are told apart; every message names the plugin.

use std::fmt;

use windlass_model::TreeError;

use crate::{Capability, Kind, Limit, Limits, PluginName};

/// Why a component is not loaded. Nothing of it has run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("not a WebAssembly component: {message}")]
    NotWasm { message: String },
    #[error("a core module, not a component; build for wasm32-wasip2, or wrap it with `wasm-tools component new`")]
    CoreModule,
    #[error("{size} bytes, the limit for a component is {limit}")]
    TooLarge { size: usize, limit: usize },
    #[error(
        "plugin {plugin} speaks {wanted}, this host serves windlass:plugin@{served}; rebuild it against a served version"
    )]
    WrongVersion { plugin: PluginName, wanted: String, served: &'static str },
    #[error(
        "plugin {plugin} exports none of windlass:plugin/generate, assess, plan, strip or transform: it targets another world"
    )]
    WrongWorld { plugin: PluginName },
    #[error("plugin {plugin} exports more than one kind of plugin ({kinds}); build one component for each")]
    SeveralKinds { plugin: PluginName, kinds: String },
    #[error("plugin {plugin} says it is a {claimed} and exports a {exported}")]
    WrongKind { plugin: PluginName, claimed: Kind, exported: Kind },
    #[error("plugin {plugin} is a {kind}, called as a {called}")]
    CalledAs { plugin: PluginName, kind: Kind, called: Kind },
    #[error("plugin {plugin} has a section `windlass:plugin` that cannot be read: {message}")]
    Section { plugin: PluginName, message: String },
    #[error("plugin {plugin} imports {imports}, which no {kind} is served")]
    Unserved { plugin: PluginName, kind: Kind, imports: String },
    #[error("plugin {plugin} asks for {}, on which nobody has decided; grant or deny each", list(capabilities))]
    Undecided { plugin: PluginName, capabilities: Vec<Capability> },
    #[error("plugin {plugin} does not compile: {message}")]
    Compile { plugin: PluginName, message: String },
    #[error("plugin {plugin} does not fit the interface: {message}")]
    Link { plugin: PluginName, message: String },
}

fn list(capabilities: &[Capability]) -> String {
    capabilities.iter().map(Capability::to_string).collect::<Vec<_>>().join(", ")
}

/// Why the engine itself does not start.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine does not start: {message}")]
pub struct StartError {
    pub(crate) message: String,
}

/// How a call of a plugin ends badly.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The plugin is not run at all.
    #[error(transparent)]
    Refused(#[from] LoadError),
    /// The plugin says so itself.
    #[error("plugin {plugin}: {failure}")]
    Failed { plugin: PluginName, failure: Failure },
    /// The host has stopped it, or does not take its answer.
    #[error("plugin {plugin} {stop}")]
    Stopped { plugin: PluginName, stop: Stop },
}

/// When a call that ended badly is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Not before the plugin, its grants, its limits or its input change.
    UntilInputChanges,
    /// With growing pauses.
    BackOff,
}

impl CallError {
    /// When to try again.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Failed { failure: Failure::Unavailable(_), .. } => Disposition::BackOff,
            Self::Stopped { stop: Stop::Source(_) | Stop::Busy, .. } => Disposition::BackOff,
            Self::Stopped { stop: Stop::Over { limit: Limit::Deadline, .. }, .. } => Disposition::BackOff,
            Self::Refused(_) | Self::Failed { .. } | Self::Stopped { .. } => Disposition::UntilInputChanges,
        }
    }

    /// What the plugin had to say about the input, when that is why it gave up.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Failed { failure: Failure::Invalid(diagnostics), .. } => diagnostics,
            _ => &[],
        }
    }
}

/// What a plugin says when it gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Invalid(Vec<Diagnostic>),
    Unavailable(String),
    Unsupported(String),
    Other { code: String, text: String },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(diagnostics) => {
                let lines: Vec<_> = diagnostics.iter().map(Diagnostic::to_string).collect();
                f.write_str(if lines.is_empty() { "invalid input" } else { "" })?;
                f.write_str(&lines.join("; "))
            }
            Self::Unavailable(text) => write!(f, "unavailable: {text}"),
            Self::Unsupported(text) => write!(f, "not supported: {text}"),
            Self::Other { code, text } => write!(f, "{code}: {text}"),
        }
    }
}

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    Info,
}

/// A place in a file of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// From the root of the repository.
    pub path: String,
    /// Counted from 1.
    pub line: Option<u32>,
    /// The field inside the document, as its format names fields.
    pub field: Option<String>,
}

/// One finding of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: String,
    pub message: String,
    pub at: Option<Location>,
}

impl Diagnostic {
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.field {
            Some(field) => write!(f, " {field}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// What happened to a plugin, as the host saw it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error("overran its {limit} limit of {allowed}")]
    Over { limit: Limit, allowed: String },
    #[error("trapped: {reason}")]
    Trapped { reason: String },
    #[error("ended itself with exit status {status}")]
    Exited { status: u8 },
    #[error("called {name}, which is not served to plugins")]
    Unserved { name: String },
    #[error("returned what cannot be used: {reason}")]
    InvalidOutput { reason: String },
    #[error("could not read its source: {0}")]
    Source(TreeError),
    #[error("found no free place to run in")]
    Busy,
}

impl Stop {
    pub(crate) fn over(limit: Limit, limits: &Limits) -> Self {
        Self::Over { limit, allowed: limit.allowed(limits) }
    }
}
