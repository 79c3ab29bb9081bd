//! Links a component: our interfaces of its world, and the inert WASI baseline.

use wasmtime::component::{Component, HasSelf, Linker};

use crate::{
    Kind,
    bindings::{
        filter::{Filter, FilterPre},
        generator::{Generator, GeneratorPre},
        health::{Health, HealthPre},
        notifier::{Notifier, NotifierPre},
        transformer::{Transformer, TransformerPre},
    },
    session::Session,
    wasi,
};

/// A component that is linked, and whose exports have been found: all that does not depend on the call.
pub(crate) enum Prepared {
    Generator(GeneratorPre<Session>),
    Health(HealthPre<Session>),
    Filter(FilterPre<Session>),
    Notifier(NotifierPre<Session>),
    Transformer(TransformerPre<Session>),
}

impl Prepared {
    pub(crate) fn link(component: &Component, kind: Kind) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(component.engine());
        match kind {
            Kind::Generator => Generator::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
            Kind::Health => Health::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
            Kind::Filter => Filter::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
            Kind::Notifier => Notifier::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
            Kind::Transformer => Transformer::add_to_linker::<_, HasSelf<Session>>(&mut linker, |s| s)?,
        }
        wasi::link(&mut linker, component)?;
        let pre = linker.instantiate_pre(component)?;
        Ok(match kind {
            Kind::Generator => Self::Generator(GeneratorPre::new(pre)?),
            Kind::Health => Self::Health(HealthPre::new(pre)?),
            Kind::Filter => Self::Filter(FilterPre::new(pre)?),
            Kind::Notifier => Self::Notifier(NotifierPre::new(pre)?),
            Kind::Transformer => Self::Transformer(TransformerPre::new(pre)?),
        })
    }

    pub(crate) fn generator(&self) -> wasmtime::Result<&GeneratorPre<Session>> {
        if let Self::Generator(pre) = self { Ok(pre) } else { Err(wrong_kind()) }
    }

    pub(crate) fn health(&self) -> wasmtime::Result<&HealthPre<Session>> {
        if let Self::Health(pre) = self { Ok(pre) } else { Err(wrong_kind()) }
    }

    pub(crate) fn filter(&self) -> wasmtime::Result<&FilterPre<Session>> {
        if let Self::Filter(pre) = self { Ok(pre) } else { Err(wrong_kind()) }
    }

    pub(crate) fn notifier(&self) -> wasmtime::Result<&NotifierPre<Session>> {
        if let Self::Notifier(pre) = self { Ok(pre) } else { Err(wrong_kind()) }
    }

    pub(crate) fn transformer(&self) -> wasmtime::Result<&TransformerPre<Session>> {
        if let Self::Transformer(pre) = self { Ok(pre) } else { Err(wrong_kind()) }
    }
}

fn wrong_kind() -> wasmtime::Error {
    wasmtime::Error::msg("the component is of another kind")
}
