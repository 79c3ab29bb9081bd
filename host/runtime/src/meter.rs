//! Keeps one call's account: what grows, what is called, what is written. An overrun ends the call with a
//! [`Stop`] that survives the way through wasmtime as the trap's cause.

use std::time::Instant;

use wasmtime::ResourceLimiter;

use crate::{Limit, Limits, Stop};

/// Instances, memories and tables of one store: more than any compiler we know of needs.
const CORE_INSTANCES: usize = 64;
const MEMORIES: usize = 8;
const TABLES: usize = 16;

pub(crate) struct Meter {
    limits: Limits,
    started: Instant,
    pub(crate) memory: u64,
    tables: u64,
    pub(crate) host_calls: u64,
    pub(crate) log: u64,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, started: Instant::now(), memory: 0, tables: 0, host_calls: 0, log: 0 }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The deadline counts from now on.
    pub(crate) fn start(&mut self) -> Instant {
        self.started = Instant::now();
        self.started
    }

    pub(crate) fn host_call(&mut self) -> wasmtime::Result<()> {
        self.heavy_call(1)
    }

    /// A call that weighs as much as so many. The deadline is looked at too: what the host does uses no fuel.
    pub(crate) fn heavy_call(&mut self, weight: u64) -> wasmtime::Result<()> {
        self.check(Limit::Deadline, self.started.elapsed() < self.limits.deadline)?;
        self.host_calls += weight;
        self.check(Limit::HostCalls, self.host_calls <= self.limits.host_calls)
    }

    pub(crate) fn log(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.log += bytes as u64;
        self.check(Limit::Log, self.log <= self.limits.log)
    }

    fn check(&self, limit: Limit, holds: bool) -> wasmtime::Result<()> {
        if holds { Ok(()) } else { Err(Stop::over(limit, &self.limits).into()) }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.memory = self.memory.saturating_add(desired.saturating_sub(current) as u64);
        self.check(Limit::Memory, self.memory <= self.limits.memory)?;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.tables = self.tables.saturating_add(desired.saturating_sub(current) as u64);
        self.check(Limit::Tables, self.tables <= self.limits.table_elements)?;
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn memory_is_summed_over_all_memories_of_a_store() {
        let mut meter = Meter::new(Limits { memory: 100, ..Limits::of(Kind::Generator) });
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(0, 40, None).unwrap());
        let stop = meter.memory_growing(40, 41, None).unwrap_err();
        assert_eq!(stop.downcast_ref(), Some(&Stop::over(Limit::Memory, meter.limits())));
    }
}
