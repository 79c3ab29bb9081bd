//! Loads components and calls them: each call in a fresh store, under limits, and never longer than that.

use std::{
    collections::HashMap,
    path::PathBuf,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use wasmtime::{Engine, PoolConcurrencyLimitError, Store, Trap, component::Component};
use windlass_model::Digest;

use crate::{
    CallError, Grants, Limit, Limits, LoadError, Packed, Plugin, StartError, Stop, Usage,
    cache::DiskCache,
    chance::Keys,
    engine::{self, Gate},
    linker::Prepared,
    meter::Meter,
    plugin::{Code, Description, PluginName, Wasm},
    session::Session,
};

/// Largest component that is taken: what a JavaScript or Python interpreter makes, and as much again.
const LARGEST_COMPONENT: usize = 64 << 20;
/// Fuel between two looks at the clock: from half a millisecond to five, by what the guest does.
const BETWEEN_LOOKS: u64 = 5_000_000;
/// What a result weighs beside its bodies while it is copied out: records, names, places.
const FRAME: u64 = 8 << 20;

/// How a runtime is set up.
#[derive(Clone, Debug, Default)]
pub struct RuntimeOptions {
    /// Where compiled code is kept; `None` compiles at each start.
    pub cache: Option<PathBuf>,
}

/// The engine and the components that were loaded into it. Cheap to share behind an `Arc`; every method
/// blocks, so callers in async code hand it to a thread of their own.
pub struct Runtime {
    engine: Engine,
    cache: Option<DiskCache>,
    plugins: Mutex<HashMap<Digest, Arc<Plugin>>>,
    gate: Gate,
    pub(crate) keys: Arc<Keys>,
}

/// A call that came back: what it returned, and what is left of its store.
pub(crate) struct Returned<T> {
    pub(crate) value: T,
    pub(crate) session: Session,
    pub(crate) usage: Usage,
}

impl Runtime {
    /// Starts the engine.
    pub fn new(options: RuntimeOptions) -> Result<Self, StartError> {
        let engine = engine::start()?;
        let cache = options.cache.map(|folder| DiskCache::open(&folder, &engine::settings_name(&engine)));
        Ok(Self { engine, cache, plugins: Mutex::default(), gate: Gate::new(), keys: Arc::default() })
    }

    /// Reads, checks and compiles a component; the second time for the same bytes costs a digest.
    /// Nothing of the component runs.
    pub fn load(&self, wasm: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        let plugin = self.open(wasm)?;
        plugin.component(|name, wasm| self.compile(name, wasm))?;
        Ok(plugin)
    }

    /// Reads and checks a component, and leaves compiling it to its first call: what is never called costs nothing.
    pub fn open(&self, wasm: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        if wasm.len() > LARGEST_COMPONENT {
            return Err(LoadError::TooLarge { size: wasm.len(), limit: LARGEST_COMPONENT });
        }
        let digest = Digest::of(wasm);
        if let Some(plugin) = self.plugins().get(&digest) {
            return Ok(plugin.clone());
        }
        let description = Description::read(wasm, digest)?;
        Ok(self.keep(Plugin::new(description, Code::Wasm(Wasm::Bytes(wasm.into())))))
    }

    /// The same for a component that is kept packed: it is known by its outline until it is compiled.
    pub fn open_packed(&self, packed: Packed) -> Result<Arc<Plugin>, LoadError> {
        let description = Description::read(packed.outline, packed.digest)?;
        Ok(self.keep(Plugin::new(description, Code::Wasm(Wasm::Packed(packed)))))
    }

    /// The plugin, or the one of the same bytes that came first.
    fn keep(&self, plugin: Plugin) -> Arc<Plugin> {
        self.plugins().entry(plugin.digest()).or_insert_with(|| Arc::new(plugin)).clone()
    }

    fn plugins(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Plugin>>> {
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(&self, name: &PluginName, wasm: &Wasm) -> Result<Component, LoadError> {
        let digest = name.digest;
        if let Some(component) = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, digest)) {
            return Ok(component);
        }
        let failed = |message| LoadError::Compile { plugin: name.clone(), message };
        let wasm = wasm.bytes().map_err(failed)?;
        let component = Component::from_binary(&self.engine, &wasm).map_err(|error| failed(format!("{error:#}")))?;
        if let Some(cache) = &self.cache {
            cache.store(digest, &component);
        }
        Ok(component)
    }

    /// Runs `body` in a store of its own.
    pub(crate) fn call<T>(
        &self,
        plugin: &Plugin,
        grants: &Grants,
        mut session: Session,
        body: impl AsyncFnOnce(&mut Store<Session>, &Prepared) -> wasmtime::Result<T>,
    ) -> Result<Returned<T>, CallError> {
        let prepared = plugin.prepare(grants, |name, wasm| self.compile(name, wasm))?;
        let limits = session.meter.limits().clone();
        let stopped = |stop| CallError::Stopped { plugin: plugin.name().clone(), stop };
        let _place = self.gate.enter(limits.deadline).ok_or_else(|| stopped(Stop::Busy))?;
        let started = session.meter.start();
        let mut store = self.store(session, &limits).map_err(|error| stopped(trapped(&error, "")))?;
        let result = within(limits.deadline, started, body(&mut store, &prepared));
        let left = store.get_fuel().unwrap_or_default();
        let session = store.into_data();
        let value = result.map_err(|error| stopped(reason(&error, &session, &limits)))?;
        let usage = Usage {
            fuel: limits.fuel.saturating_sub(left),
            memory: session.meter.memory,
            duration: started.elapsed(),
            host_calls: session.meter.host_calls,
            log: session.meter.log,
        };
        Ok(Returned { value, session, usage })
    }

    fn store(&self, session: Session, limits: &Limits) -> wasmtime::Result<Store<Session>> {
        let mut store = Store::new(&self.engine, session);
        store.limiter(|session| &mut session.meter);
        store.set_fuel(limits.fuel)?;
        store.set_hostcall_fuel(usize::try_from(limits.output.saturating_add(FRAME)).unwrap_or(usize::MAX));
        store.fuel_async_yield_interval(Some(BETWEEN_LOOKS))?;
        Ok(store)
    }
}

/// Runs a guest to its end, or until the deadline: whenever it has used so much fuel it stops here, and goes on when
/// there is time left. Epochs would do the same, but each function and loop of the guest would look for them. What the
/// host does uses no fuel: the meter looks at the clock too, at each call to the host.
fn within<T>(
    deadline: Duration,
    started: Instant,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let mut call = pin!(call);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match call.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending if started.elapsed() < deadline => {}
            Poll::Pending => return Err(Trap::Interrupt.into()),
        }
    }
}

pub(crate) fn session(plugin: &Plugin, limits: &Limits) -> Session {
    Session::new(Meter::new(limits.clone()), plugin.name().clone())
}

/// Which limit or fault lies behind wasmtime's error.
fn reason(error: &wasmtime::Error, session: &Session, limits: &Limits) -> Stop {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.clone();
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Stop::Busy;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Stop::over(Limit::Fuel, limits),
        Some(Trap::Interrupt) => Stop::over(Limit::Deadline, limits),
        Some(_) => trapped(error, &session.last_words()),
        None => transfer(error, limits),
    }
}

/// What is no trap went wrong while values crossed to the host: too many bytes, or bytes of a wrong form.
fn transfer(error: &wasmtime::Error, limits: &Limits) -> Stop {
    // The error's type is private to wasmtime; a test holds on to its words.
    let exhausted = error.chain().any(|cause| cause.to_string().contains("fuel allocated for hostcalls"));
    if exhausted { Stop::over(Limit::Output, limits) } else { Stop::InvalidOutput { reason: format!("{error:#}") } }
}

fn trapped(error: &wasmtime::Error, last_words: &str) -> Stop {
    let trap = error.downcast_ref::<Trap>().map_or_else(|| format!("{error:#}"), Trap::to_string);
    let reason = if last_words.is_empty() { trap } else { format!("{trap}: {last_words}") };
    Stop::Trapped { reason }
}
