//! The world `generator`: files and parameters in, manifests out.

use serde::de::DeserializeOwned;

use crate::bindings::generator::{exports::windlass::plugin::generate, windlass::plugin};
pub use crate::{Application, Diagnostic, Failure, Location, Severity};
pub use generate::{Artifact, Manifest, Need, Origin, Outcome, Output, Request, Target, Transformation};
pub use plugin::{clock, cluster, entropy, secrets, signing, source, yaml};

/// What a generator implements.
pub trait Generator {
    /// The manifests of one application. Same request and same files, same answer.
    fn generate(request: &Request) -> Result<Output, Failure>;

    /// The same for a generator that may lack something: it names what the host should fetch.
    fn run(request: &Request) -> Result<Outcome, Failure> {
        Self::generate(request).map(Outcome::Done)
    }
}

/// Makes the crate a generator component. Expands on wasm32 only: other linkers refuse the names.
#[macro_export]
macro_rules! export_generator {
    ($generator:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::export::GeneratorShim<$generator>;
    $crate::export::generator!(Component with_types_in $crate::bindings::generator);
        };
        // Natively nobody calls the component; its code is for tests, and not dead.
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = <$generator as $crate::generator::Generator>::run;
        };
    };
}

#[doc(hidden)]
pub struct Shim<G>(std::marker::PhantomData<G>);

impl<G: Generator> generate::Guest for Shim<G> {
    fn run(request: Request) -> Result<Outcome, Failure> {
        G::run(&request)
    }
}

impl Default for Request {
    /// Nothing asked of nobody: where tests start from.
    fn default() -> Self {
        let application = Application {
            name: String::new(),
            namespace: String::new(),
            project: String::new(),
            destination_namespace: String::new(),
            repository: String::new(),
            path: String::new(),
            target_revision: String::new(),
            revision: String::new(),
        };
        let target = Target { kube_version: String::new(), api_versions: Vec::new() };
        let (parameters, artifacts, extra) = (Vec::new(), Vec::new(), Vec::new());
        Self { parameters, application, target, artifacts, wants_text: false, extra }
    }
}

impl Request {
    /// The place of a path below the application's, as diagnostics name it.
    pub fn place(&self, path: &str) -> String {
        let parts = [self.application.path.as_str(), path];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }

    /// The parameters as a type; what does not fit fails with the field's name.
    pub fn parameters<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let body: &[u8] = if self.parameters.is_empty() { b"{}" } else { &self.parameters };
        serde_json::from_slice(body).map_err(|error| Diagnostic::error("parameters", error.to_string()).into())
    }
}

impl source::ReadError {
    /// What is wrong, for the person who wrote the source.
    pub fn message(&self) -> String {
        match self {
            Self::NotFound => "no such file or folder; check the source's path".to_owned(),
            Self::NotAFile => "is a folder, not a file".to_owned(),
            Self::NotADirectory => "is a file, not a folder; name the folder that holds it".to_owned(),
            Self::LeadsOut => "leads out of the repository".to_owned(),
            Self::TooLarge((size, limit)) => format!("{size} bytes, the limit is {limit}"),
            Self::Other(text) => text.clone(),
        }
    }
}

impl Output {
    /// One object.
    pub fn of(object: serde_json::Value) -> Self {
        Self::from(vec![Manifest::from(object)])
    }

    /// Nothing, and nothing is what is wanted.
    pub fn nothing() -> Self {
        Self { intentionally_empty: true, ..Self::from(Vec::new()) }
    }
}

impl From<Vec<Manifest>> for Output {
    fn from(manifests: Vec<Manifest>) -> Self {
        Self { manifests, intentionally_empty: false, diagnostics: Vec::new(), text: None }
    }
}

impl From<serde_json::Value> for Manifest {
    fn from(object: serde_json::Value) -> Self {
        Self::from(&object)
    }
}

impl From<&serde_json::Value> for Manifest {
    fn from(object: &serde_json::Value) -> Self {
        // A tree of JSON has nothing that could not be written.
        Self { body: serde_json::to_vec(object).unwrap_or_default(), origin: None }
    }
}

impl Manifest {
    /// With the file and the line it came from.
    pub fn from_line(mut self, path: impl Into<String>, line: u32) -> Self {
        self.origin = Some(Location { path: path.into(), line: Some(line), field: None });
        self
    }
}
