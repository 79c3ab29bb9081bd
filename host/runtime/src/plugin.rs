//! A loaded component: who it is, what it says of itself, and its compiled code.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Deserialize;
use wasmtime::component::Component;
use windlass_model::Digest;

use crate::{
    Capability, Decision, Grants, LoadError,
    header::{self, Header},
    linker::Prepared,
};

/// What a plugin is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Generator,
    Health,
    Notifier,
    Filter,
    Transformer,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Generator, Self::Health, Self::Notifier, Self::Filter, Self::Transformer];

    pub(crate) fn export(self) -> &'static str {
        match self {
            Self::Generator => "generate",
            Self::Health => "assess",
            Self::Notifier => "plan",
            Self::Filter => "strip",
            Self::Transformer => "transform",
        }
    }

    /// The interfaces of our package that this world imports.
    fn serves(self, interface: &str) -> bool {
        match self {
            Self::Generator => {
                matches!(interface, "types" | "source" | "yaml" | "signing" | "log")
                    || Capability::parse(interface).is_some()
            }
            Self::Health | Self::Notifier | Self::Filter | Self::Transformer => matches!(interface, "types" | "log"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generator => "generator",
            Self::Health => "health check",
            Self::Notifier => "notifier",
            Self::Filter => "filter",
            Self::Transformer => "transformer",
        })
    }
}

/// The name that a plugin gives itself, and the digest that it is known by.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PluginName {
    pub name: String,
    pub digest: Digest,
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, &self.digest.to_hex()[..12])
    }
}

/// A group and kind that a health check judges. `*` stands for any run of characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Handled {
    pub group: String,
    pub kind: String,
}

/// What the custom section `windlass:plugin` says; `wit/README.md` describes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Manifest {
    pub name: String,
    pub kind: Kind,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub handles: Vec<Handled>,
    /// Globs of files whose presence makes a folder this generator's.
    #[serde(default)]
    pub discovery: Vec<String>,
    /// A JSON Schema.
    #[serde(default)]
    pub parameters: serde_json::Value,
}

/// A component that has been read and checked; compiled now, or at its first call.
pub struct Plugin {
    name: PluginName,
    kind: Kind,
    imports: Vec<String>,
    manifest: Option<Manifest>,
    code: Mutex<Code>,
    prepared: Mutex<HashMap<Grants, Arc<Prepared>>>,
}

/// A component that is kept packed. It is unpacked when it is compiled, so not at all where compiled code is cached.
pub struct Packed {
    /// Of the component's bytes; checked against them when they are unpacked.
    pub digest: Digest,
    /// A component without code that has the imports, the exports and the section of the real one.
    pub outline: &'static [u8],
    /// The component's bytes, or why there are none.
    pub unpack: Box<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>,
}

/// A component before and after it is compiled.
pub(crate) enum Code {
    Wasm(Wasm),
    Compiled(Component),
}

/// The bytes of a component, at hand or to be had.
pub(crate) enum Wasm {
    Bytes(Box<[u8]>),
    Packed(Packed),
}

impl Wasm {
    pub(crate) fn bytes(&self) -> Result<Cow<'_, [u8]>, String> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Packed(packed) => {
                let bytes = (packed.unpack)()?;
                let found = Digest::of(&bytes);
                if found == packed.digest { Ok(Cow::Owned(bytes)) } else { Err(format!("it unpacks to {found}")) }
            }
        }
    }
}

/// What is known of a component before it is compiled.
pub(crate) struct Description {
    pub(crate) name: PluginName,
    kind: Kind,
    imports: Vec<String>,
    manifest: Option<Manifest>,
}

impl Description {
    /// Reads and checks the component of that digest, or its outline; compiles nothing.
    pub(crate) fn read(wasm: &[u8], digest: Digest) -> Result<Self, LoadError> {
        let header = Header::read(wasm)?;
        let mut name = PluginName { name: "unnamed".into(), digest };
        let manifest = read_section(&header, &name)?;
        if let Some(manifest) = &manifest {
            name.name = printable(&manifest.name);
        }
        if let Some(wanted) = header.other_version() {
            return Err(LoadError::WrongVersion { plugin: name, wanted: wanted.to_owned(), served: header::SERVED });
        }
        let kind = single_kind(&header, &name)?;
        if let Some(claimed) = manifest.as_ref().map(|manifest| manifest.kind).filter(|claimed| *claimed != kind) {
            return Err(LoadError::WrongKind { plugin: name, claimed, exported: kind });
        }
        let served =
            |import: &str| import.starts_with("wasi:") || header::interface(import).is_some_and(|i| kind.serves(i));
        let unserved: Vec<_> = header.imports.iter().filter(|import| !served(import)).map(String::as_str).collect();
        if !unserved.is_empty() {
            return Err(LoadError::Unserved { plugin: name, kind, imports: unserved.join(", ") });
        }
        Ok(Self { name, kind, imports: header.imports, manifest })
    }
}

fn read_section(header: &Header, name: &PluginName) -> Result<Option<Manifest>, LoadError> {
    let Some(section) = &header.section else { return Ok(None) };
    let manifest = serde_json::from_slice(section)
        .map_err(|error| LoadError::Section { plugin: name.clone(), message: error.to_string() })?;
    Ok(Some(manifest))
}

fn single_kind(header: &Header, name: &PluginName) -> Result<Kind, LoadError> {
    match header.kinds()[..] {
        [kind] => Ok(kind),
        [] => Err(LoadError::WrongWorld { plugin: name.clone() }),
        ref kinds => {
            let kinds = kinds.iter().map(Kind::to_string).collect::<Vec<_>>().join(", ");
            Err(LoadError::SeveralKinds { plugin: name.clone(), kinds })
        }
    }
}

/// A name comes from the plugin: it must not steer a terminal or fill a screen.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

impl Plugin {
    pub(crate) fn new(description: Description, code: Code) -> Self {
        let Description { name, kind, imports, manifest } = description;
        Self { name, kind, imports, manifest, code: Mutex::new(code), prepared: Mutex::default() }
    }

    /// The compiled component; `compile` is asked once, and again after it has failed.
    pub(crate) fn component(
        &self,
        compile: impl FnOnce(&PluginName, &Wasm) -> Result<Component, LoadError>,
    ) -> Result<Component, LoadError> {
        let mut code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        if let Code::Wasm(wasm) = &*code {
            *code = Code::Compiled(compile(&self.name, wasm)?);
        }
        match &*code {
            Code::Compiled(component) => Ok(component.clone()),
            Code::Wasm(_) => unreachable!("it was just compiled"),
        }
    }

    pub fn name(&self) -> &PluginName {
        &self.name
    }

    /// Of the component's bytes.
    pub fn digest(&self) -> Digest {
        self.name.digest
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The interfaces it imports, as the component names them.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// What it says of itself, when it does.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The capabilities it asks for. Compilers other than Rust's ask for all of their world.
    pub fn capabilities(&self) -> Vec<Capability> {
        let names = self.imports.iter().filter_map(|import| header::interface(import));
        let mut found: Vec<_> = names.filter_map(Capability::parse).collect();
        found.sort();
        found
    }

    /// Refuses a call that is meant for another kind of plugin.
    pub(crate) fn expect(&self, called: Kind) -> Result<(), LoadError> {
        if self.kind == called {
            return Ok(());
        }
        Err(LoadError::CalledAs { plugin: self.name.clone(), kind: self.kind, called })
    }

    /// The component linked for these grants; linked once.
    pub(crate) fn prepare(
        &self,
        grants: &Grants,
        compile: impl FnOnce(&PluginName, &Wasm) -> Result<Component, LoadError>,
    ) -> Result<Arc<Prepared>, LoadError> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pre) = prepared.get(grants) {
            return Ok(pre.clone());
        }
        let undecided = |capability: &Capability| grants.decision(*capability) == Decision::Undecided;
        let capabilities: Vec<_> = self.capabilities().into_iter().filter(undecided).collect();
        if !capabilities.is_empty() {
            return Err(LoadError::Undecided { plugin: self.name.clone(), capabilities });
        }
        let pre = Prepared::link(&self.component(compile)?, self.kind)
            .map_err(|error| LoadError::Link { plugin: self.name.clone(), message: format!("{error:#}") })?;
        Ok(prepared.entry(*grants).or_insert(Arc::new(pre)).clone())
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}
