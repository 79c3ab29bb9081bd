//! What a plugin may reach beyond its own input. Each capability is granted, denied or undecided, and
//! what nobody decided keeps the plugin from being linked.

use std::fmt;

/// Something beyond the input that a plugin can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Reads live objects.
    Cluster,
    /// Draws random bytes and has keys made.
    Entropy,
    /// Learns what time it is.
    Clock,
    /// Reads the secrets that are bound to the plugin.
    Secrets,
}

impl Capability {
    pub const ALL: [Self; 4] = [Self::Cluster, Self::Entropy, Self::Clock, Self::Secrets];

    /// The name in settings, and of the interface that needs it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Entropy => "entropy",
            Self::Clock => "clock",
            Self::Secrets => "secrets",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.name() == name)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A decision on one capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Decision {
    #[default]
    Undecided,
    Denied,
    Granted,
}

/// The decisions for one plugin. The default leaves all of them open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Grants([Decision; Capability::ALL.len()]);

impl Grants {
    /// Denies everything: what runs without an administrator, such as `render`, uses.
    pub fn denied() -> Self {
        Self([Decision::Denied; Capability::ALL.len()])
    }

    /// With this decision on that capability.
    pub fn with(mut self, capability: Capability, decision: Decision) -> Self {
        self.0[capability as usize] = decision;
        self
    }

    pub fn decision(&self, capability: Capability) -> Decision {
        self.0[capability as usize]
    }
}
