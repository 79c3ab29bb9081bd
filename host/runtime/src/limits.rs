//! How much a plugin may use in one call, and how much it has used.

use std::{fmt, time::Duration};

use crate::Kind;

const MIB: u64 = 1 << 20;

/// The caps of one call. Start from [`Limits::of`] and change what must differ.
///
/// Fuel counts about 15 units per nanosecond of parsing and 1 per nanosecond of a tight loop, so it is a
/// reproducible bound and no clock; the deadline stands next to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes, summed over all memories of the instance.
    pub memory: u64,
    /// Elements, summed over all tables of the instance.
    pub table_elements: u64,
    /// Units of wasmtime's cost table; the same work costs the same on every machine.
    pub fuel: u64,
    /// Wall clock, from instantiation on. Noticed within some milliseconds of the guest's own work, and at each of its
    /// calls to the host.
    pub deadline: Duration,
    /// Bytes that may cross from the plugin to the host in one call, and that all results may weigh together.
    pub output: u64,
    /// Manifests, verdicts or requests in a result.
    pub results: u64,
    /// Bytes of log lines.
    pub log: u64,
    /// Calls from the plugin to the host.
    pub host_calls: u64,
}

impl Limits {
    /// The defaults for a kind of plugin.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Generator => Self {
                memory: 256 * MIB,
                table_elements: 100_000,
                fuel: 100_000_000_000,
                deadline: Duration::from_secs(30),
                output: 32 * MIB,
                results: 10_000,
                log: 256 << 10,
                host_calls: 200_000,
            },
            Kind::Health => Self {
                memory: 64 * MIB,
                table_elements: 100_000,
                fuel: 5_000_000_000,
                deadline: Duration::from_secs(2),
                output: 4 * MIB,
                results: 10_000,
                log: 64 << 10,
                host_calls: 1_000,
            },
            Kind::Notifier => Self {
                memory: 64 * MIB,
                table_elements: 100_000,
                fuel: 2_000_000_000,
                deadline: Duration::from_secs(2),
                output: MIB,
                results: 20,
                log: 16 << 10,
                host_calls: 100,
            },
            Kind::Transformer => Self {
                memory: 256 * MIB,
                table_elements: 100_000,
                fuel: 50_000_000_000,
                deadline: Duration::from_secs(10),
                output: 32 * MIB,
                results: 10_000,
                log: 64 << 10,
                host_calls: 1_000,
            },
            // An expression gets about a second, as in Argo CD, counted in work rather than by the clock.
            Kind::Filter => Self {
                memory: 64 * MIB,
                table_elements: 100_000,
                fuel: 2_000_000_000,
                deadline: Duration::from_secs(2),
                output: 16 * MIB,
                results: 100,
                log: 16 << 10,
                host_calls: 100,
            },
        }
    }
}

/// The cap that a call ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    Memory,
    Tables,
    Fuel,
    Deadline,
    Output,
    Results,
    Log,
    HostCalls,
}

impl Limit {
    /// The cap as a person reads it.
    pub(crate) fn allowed(self, limits: &Limits) -> String {
        match self {
            Self::Memory => bytes(limits.memory),
            Self::Tables => format!("{} elements", limits.table_elements),
            Self::Fuel => format!("{} units", limits.fuel),
            Self::Deadline => format!("{} ms", limits.deadline.as_millis()),
            Self::Output => bytes(limits.output),
            Self::Results => limits.results.to_string(),
            Self::Log => bytes(limits.log),
            Self::HostCalls => limits.host_calls.to_string(),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Tables => "table",
            Self::Fuel => "fuel",
            Self::Deadline => "deadline",
            Self::Output => "output",
            Self::Results => "results",
            Self::Log => "log",
            Self::HostCalls => "host-call",
        })
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..MIB => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}

/// What one call has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub fuel: u64,
    /// Peak bytes over all memories.
    pub memory: u64,
    pub duration: Duration,
    pub host_calls: u64,
    pub log: u64,
}
