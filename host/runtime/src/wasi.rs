//! The inert WASI baseline: whatever `wasi:*` a component imports is there, and reaches nothing. Empty
//! environment and filesystem, closed input, capped error output, a clock that stands still, a fixed
//! seed, pollables that are always ready. What has no inert meaning ends the run with its name.
//!
//! It is our own because a linked clock of wasmtime-wasi sleeps for real, and no deadline is noticed inside a
//! host call. It is dynamic because compilers import different slices of different patch versions.

use wasmtime::{
    StoreContextMut,
    component::{
        Component, Linker, LinkerInstance, ResourceDynamic, ResourceType, Val,
        types::{ComponentFunc, ComponentItem},
    },
};

use crate::{Stop, session::Session};

/// Most bytes that an output stream takes at once.
const CHUNK: u64 = 4096;
/// What each seed and each "random" byte is.
const SEED: u64 = 0x5eed;

/// The kinds of resource that the baseline makes. The number is the type that the linker knows it by.
#[derive(Clone, Copy)]
enum Made {
    Input = 1,
    Output = 2,
    Pollable = 3,
    /// Nobody ever gets one.
    Never = 4,
}

impl Made {
    fn of(resource: &str) -> Self {
        match resource {
            "input-stream" => Self::Input,
            "output-stream" => Self::Output,
            "pollable" => Self::Pollable,
            _ => Self::Never,
        }
    }

    fn handle(self, rep: u32, store: StoreContextMut<'_, Session>) -> wasmtime::Result<Val> {
        Ok(Val::Resource(ResourceDynamic::new_own(rep, self as u32).try_into_resource_any(store)?))
    }
}

/// Which output an output stream leads to.
const STDOUT: u32 = 1;
const STDERR: u32 = 2;

/// Defines every `wasi:*` interface that the component imports.
pub(crate) fn link(linker: &mut Linker<Session>, component: &Component) -> wasmtime::Result<()> {
    let engine = component.engine().clone();
    for (name, import) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(instance) = import.ty else { continue };
        if !name.starts_with("wasi:") {
            continue;
        }
        let mut target = linker.instance(name)?;
        for (item, export) in instance.exports(&engine) {
            define(&mut target, name, item, &export.ty)?;
        }
    }
    Ok(())
}

fn define(
    target: &mut LinkerInstance<'_, Session>,
    interface: &str,
    item: &str,
    ty: &ComponentItem,
) -> wasmtime::Result<()> {
    match ty {
        ComponentItem::Resource(_) => {
            target.resource(item, ResourceType::host_dynamic(Made::of(item) as u32), |_, _| Ok(()))
        }
        ComponentItem::ComponentFunc(_) => {
            let interface = interface.split('@').next().unwrap_or_default().trim_start_matches("wasi:").to_owned();
            let name = item.to_owned();
            target.func_new(item, move |store, ty, args, results| call(store, &interface, &name, &ty, args, results))
        }
        _ => Ok(()),
    }
}

fn call(
    mut store: StoreContextMut<'_, Session>,
    interface: &str,
    name: &str,
    ty: &ComponentFunc,
    args: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    store.data_mut().meter.host_call()?;
    let stream_rep = release(&mut store, args)?;
    let answer = match interface {
        "cli/exit" => return Err(exit(name, args).into()),
        "io/streams" => stream(store, name, stream_rep, args)?,
        _ => plain(store, interface, name, args)?,
    };
    match (answer, results) {
        (Some(answer), [result]) => *result = answer,
        (None, []) => {}
        (_, results) if ty.results().len() == 0 && results.is_empty() => {}
        _ => return Err(unserved(interface, name).into()),
    }
    Ok(())
}

/// Gives back the handles that a call lends, which wasmtime asks for, and returns what the first stands for.
fn release(store: &mut StoreContextMut<'_, Session>, args: &[Val]) -> wasmtime::Result<Option<u32>> {
    let lists = args.iter().filter_map(|arg| if let Val::List(items) = arg { Some(items) } else { None });
    let mut first = None;
    for value in args.iter().chain(lists.flatten()) {
        if let Val::Resource(resource) = value {
            let rep = resource.try_into_resource_dynamic(&mut *store)?.rep();
            first.get_or_insert(rep);
        }
    }
    Ok(first)
}

fn plain(
    store: StoreContextMut<'_, Session>,
    interface: &str,
    name: &str,
    args: &[Val],
) -> wasmtime::Result<Option<Val>> {
    Ok(Some(match (interface, name) {
        ("cli/environment", "get-environment" | "get-arguments") => Val::List(Vec::new()),
        ("cli/environment", _) => Val::Option(None),
        ("cli/stdin", _) => Made::Input.handle(0, store)?,
        ("cli/stdout", _) => Made::Output.handle(STDOUT, store)?,
        ("cli/stderr", _) => Made::Output.handle(STDERR, store)?,
        ("cli/terminal-stdin" | "cli/terminal-stdout" | "cli/terminal-stderr", _) => Val::Option(None),
        ("io/poll", "[method]pollable.ready") => Val::Bool(true),
        ("io/poll", "[method]pollable.block") => return Ok(None),
        ("io/poll", "poll") => all_ready(args),
        ("io/error", _) => Val::String("closed".into()),
        ("clocks/monotonic-clock", "now") => Val::U64(0),
        ("clocks/monotonic-clock", "resolution") => Val::U64(1),
        ("clocks/monotonic-clock", _) => Made::Pollable.handle(0, store)?,
        ("clocks/wall-clock", _) => {
            Val::Record(vec![("seconds".into(), Val::U64(0)), ("nanoseconds".into(), Val::U32(0))])
        }
        ("random/random" | "random/insecure", "get-random-u64" | "get-insecure-random-u64") => Val::U64(SEED),
        ("random/random" | "random/insecure", _) => bytes(args, interface, name)?,
        ("random/insecure-seed", _) => Val::Tuple(vec![Val::U64(SEED), Val::U64(SEED)]),
        ("filesystem/preopens", _) => Val::List(Vec::new()),
        ("filesystem/types", "filesystem-error-code") => Val::Option(None),
        _ => return Err(unserved(interface, name).into()),
    }))
}

fn stream(
    mut store: StoreContextMut<'_, Session>,
    name: &str,
    stream: Option<u32>,
    args: &[Val],
) -> wasmtime::Result<Option<Val>> {
    let ok = |value: Option<Val>| Val::Result(Ok(value.map(Box::new)));
    Ok(Some(match name {
        "[method]input-stream.subscribe" | "[method]output-stream.subscribe" => Made::Pollable.handle(0, store)?,
        "[method]output-stream.check-write" => ok(Some(Val::U64(CHUNK))),
        "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => {
            write(store.data_mut(), stream, args)?;
            ok(None)
        }
        "[method]output-stream.flush"
        | "[method]output-stream.blocking-flush"
        | "[method]output-stream.write-zeroes"
        | "[method]output-stream.blocking-write-zeroes-and-flush" => ok(None),
        input if input.starts_with("[method]input-stream.") => {
            Val::Result(Err(Some(Box::new(Val::Variant("closed".into(), None)))))
        }
        _ => return Err(unserved("io/streams", name).into()),
    }))
}

/// Both outputs count as log; only the error output is kept, to explain a trap.
fn write(session: &mut Session, stream: Option<u32>, args: &[Val]) -> wasmtime::Result<()> {
    let [_, Val::List(contents)] = args else { return Ok(()) };
    session.meter.log(contents.len())?;
    if stream == Some(STDERR) {
        let byte = |value: &Val| if let Val::U8(byte) = value { Some(*byte) } else { None };
        session.error_output(&contents.iter().filter_map(byte).collect::<Vec<_>>());
    }
    Ok(())
}

fn all_ready(args: &[Val]) -> Val {
    let count = if let [Val::List(pollables)] = args { pollables.len() } else { 0 };
    Val::List((0..count as u32).map(Val::U32).collect())
}

/// The same bytes each time: a seed, not randomness.
fn bytes(args: &[Val], interface: &str, name: &str) -> wasmtime::Result<Val> {
    match args {
        [Val::U64(count @ 0..=65_536)] => Ok(Val::List(vec![Val::U8(SEED as u8); *count as usize])),
        _ => Err(unserved(interface, name).into()),
    }
}

fn exit(name: &str, args: &[Val]) -> Stop {
    let status = match args {
        [Val::U8(status)] => *status,
        [Val::Result(Ok(_))] => 0,
        _ => 1,
    };
    match name {
        "exit" | "exit-with-code" => Stop::Exited { status },
        _ => unserved("cli/exit", name),
    }
}

fn unserved(interface: &str, name: &str) -> Stop {
    Stop::Unserved { name: format!("wasi:{interface} {name}") }
}
