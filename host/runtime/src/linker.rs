//! Links a component: our interfaces of its world, and the inert WASI baseline.

use wasmtime::component::{Component, HasSelf, InstancePre, Linker};

use crate::{Kind, bindings, session::Session, wasi};

pub(crate) fn link(component: &Component, kind: Kind) -> wasmtime::Result<InstancePre<Session>> {
    let mut linker = Linker::new(component.engine());
    match kind {
        Kind::Generator => bindings::generator::Generator::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
        Kind::Health => bindings::health::Health::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
        Kind::Filter => bindings::filter::Filter::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
        Kind::Notifier => bindings::notifier::Notifier::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
    }
    wasi::link(&mut linker, component)?;
    linker.instantiate_pre(component)
}
