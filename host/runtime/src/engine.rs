//! The wasmtime engine: which WebAssembly, which allocator, and how many calls at a time.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::StartError;

/// Largest memory that any limit can allow; each slot of the pool reserves this much address space.
const LARGEST_MEMORY: usize = 1 << 30;
/// Calls that run at one time. The pool holds eight memories for each, which the most complicated
/// compilers do not use up; a call beyond waits.
pub(crate) const PLACES: u32 = 16;
const MEMORIES_PER_CALL: u32 = 8;
const TABLES_PER_CALL: u32 = 16;
const CORE_INSTANCES_PER_CALL: u32 = 64;
const STACK: usize = 1 << 20;
/// For what the host does on behalf of a guest, on the same stack.
const HOST_STACK: usize = 1 << 20;

/// Builds the engine, with the pool where the machine gives that much address space.
pub(crate) fn start() -> Result<Engine, StartError> {
    Engine::new(&config(Some(pool())))
        .or_else(|error| {
            tracing::debug!("no pool of instances, allocating on demand: {error:#}");
            Engine::new(&config(None))
        })
        .map_err(|error| StartError { message: format!("{error:#}") })
}

fn config(pool: Option<PoolingAllocationConfig>) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .cranelift_nan_canonicalization(true)
        .consume_fuel(true)
        .max_wasm_stack(STACK)
        .async_stack_size(STACK + HOST_STACK)
        // Nobody unwinds or prints frames of a guest: tables for it would be half of what is cached and mapped.
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(cfg!(windows))
        .generate_address_map(false);
    if let Some(pool) = pool {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.max_memory_size(LARGEST_MEMORY)
        .total_component_instances(PLACES)
        .total_core_instances(PLACES * CORE_INSTANCES_PER_CALL)
        .total_stacks(PLACES)
        .total_memories(PLACES * MEMORIES_PER_CALL)
        .total_tables(PLACES * TABLES_PER_CALL)
        .max_memories_per_component(MEMORIES_PER_CALL)
        .max_tables_per_component(TABLES_PER_CALL)
        .max_core_instances_per_component(CORE_INSTANCES_PER_CALL)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(16 << 10)
        // Where the kernel tells which pages a call has touched, only they are reset.
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Names everything that compiled code depends on: settings, wasmtime's version, the processor.
pub(crate) fn settings_name(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("wasmtime-{:016x}", hasher.finish())
}

/// Counts the calls that run; an exhausted pool is an error in wasmtime, and a wait here.
pub(crate) struct Gate {
    free: Mutex<u32>,
    freed: Condvar,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { free: Mutex::new(PLACES), freed: Condvar::new() }
    }

    /// Waits for a place, at most this long; `None` when none came free.
    pub(crate) fn enter(&self, patience: Duration) -> Option<Place<'_>> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_timeout_while(free, patience, |free| *free == 0);
        let (mut free, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && *free == 0 {
            return None;
        }
        *free -= 1;
        Some(Place(self))
    }
}

/// A place to run in, given back when dropped.
pub(crate) struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
