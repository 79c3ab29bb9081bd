//! Calls a generator: files and parameters in; manifests, diagnostics and the read set out.

use std::sync::Arc;

use windlass_model::{Digest, ReadSet, Tree, TreePath};

use crate::{
    CallError, Clock, Diagnostic, Entropy, Grants, Kind, Limit, Limits, Location, Plugin, Runtime, Services, Stop,
    Usage,
    bindings::{generate, types},
    convert,
    files::{Files, Mount},
    runtime::{Returned, session},
};

/// Where artifacts are seen, below the root of the repository.
const ARTIFACTS: &str = ".windlass/artifacts";
/// Where trees of other sources are seen.
const LENT: &str = ".windlass/sources";

/// Whom a call works for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    pub name: String,
    /// Of the application object itself.
    pub namespace: String,
    pub project: String,
    /// Where objects without a namespace go.
    pub destination_namespace: String,
    pub repository: String,
    /// What the source asks for.
    pub target_revision: String,
    /// What that was resolved to.
    pub revision: String,
}

/// What is known of the cluster that the manifests are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub kube_version: String,
    /// There are hundreds, and every application has the same.
    pub api_versions: Arc<[String]>,
}

/// Something that the host fetched for a generator that had named it.
#[derive(Clone)]
pub struct Artifact {
    /// The id of the [`Need`].
    pub id: String,
    /// Pins the content.
    pub digest: Digest,
    pub tree: Arc<dyn Tree>,
}

/// The tree of another source, which a generator may read beside its own.
#[derive(Clone)]
pub struct Lent {
    /// The artifact's id: `$` and the name that the source goes by.
    pub id: String,
    pub tree: Arc<dyn Tree>,
}

/// One run of a generator.
#[derive(Clone)]
pub struct GenerateRequest {
    pub tree: Arc<dyn Tree>,
    /// The source's path inside the tree.
    pub root: TreePath,
    /// One JSON object.
    pub parameters: Vec<u8>,
    pub application: Application,
    pub target: Target,
    pub artifacts: Vec<Artifact>,
    pub lent: Vec<Lent>,
    /// The administrator's settings for the plugin, by their full keys.
    pub settings: Vec<(String, String)>,
    /// Whether [`Generated::text`] is wanted.
    pub wants_text: bool,
    /// Whether the result may be kept, for which all that was read is looked at once more; else the read sets name no
    /// files.
    pub keeps: bool,
    /// What stands behind granted capabilities, where any are.
    pub services: Option<Arc<dyn Services>>,
    pub entropy: Entropy,
    pub clock: Clock,
}

impl GenerateRequest {
    /// A request with nothing but files and parameters.
    pub fn new(tree: Arc<dyn Tree>, root: TreePath, parameters: impl Into<Vec<u8>>) -> Self {
        Self {
            tree,
            root,
            parameters: parameters.into(),
            application: Application::default(),
            target: Target::default(),
            artifacts: Vec::new(),
            lent: Vec::new(),
            settings: Vec::new(),
            wants_text: false,
            keeps: true,
            services: None,
            entropy: Entropy::default(),
            clock: Clock::default(),
        }
    }
}

/// One object, as the generator wrote it. Its identity is in the body and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// One JSON object.
    pub body: Vec<u8>,
    pub origin: Option<Location>,
}

/// Where something missing is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    HelmChart {
        repository: String,
        name: String,
        version: String,
    },
    Oci(String),
    Git {
        url: String,
        revision: String,
        path: String,
    },
    Http(String),
    /// What a transformer makes of a ResourceList.
    Transformed(Transformation),
    Other {
        scheme: String,
        reference: String,
    },
}

/// A run of a transformer, whose artifact is one file: the ResourceList that it gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transformation {
    /// The name under which the component is enabled.
    pub component: String,
    /// Of the component, as the source pins it.
    pub digest: String,
    /// What the source calls the function.
    pub function: String,
    /// One JSON object.
    pub resources: Vec<u8>,
}

/// Something a generator lacks: fetch it, then run again with an [`Artifact`] of that id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub id: String,
    pub origin: Origin,
    /// What the content must have, where the source pins it.
    pub digest: Option<String>,
    /// Where the source asks for it.
    pub at: Option<Location>,
}

/// What a run gave.
#[derive(Clone, Debug)]
pub struct Generated {
    pub manifests: Vec<Manifest>,
    /// Whether the plugin says that an empty list is what the source wants.
    pub intentionally_empty: bool,
    pub diagnostics: Vec<Diagnostic>,
    /// The stream as the generator's own tool prints it, where it was wanted and there is one.
    pub text: Option<Vec<u8>>,
    /// Not empty when the run could not finish; the manifests are empty then.
    pub needs: Vec<Need>,
    /// What the run looked at: in the tree, on the clock, in the cluster.
    pub reads: ReadSet,
    /// Whether random values or keys are in the result.
    pub is_random: bool,
    /// The same for each of the [`GenerateRequest::lent`] trees.
    pub lent_reads: Vec<ReadSet>,
    /// Whether the read sets and the seed tell all that the result depends on; else it must not be reused.
    pub cacheable: bool,
    pub usage: Usage,
}

impl Runtime {
    /// Runs a generator. A diagnostic of severity `error` makes the run a failure. A result without manifests
    /// is none: whether it may prune, [`Generated::intentionally_empty`] and the application say together.
    pub fn generate(
        &self,
        plugin: &Plugin,
        grants: &Grants,
        request: &GenerateRequest,
        limits: &Limits,
    ) -> Result<Generated, CallError> {
        plugin.expect(Kind::Generator)?;
        let mut session = session(plugin, limits);
        session.application = [request.application.namespace.clone(), request.application.name.clone()];
        session.files = Files::new(request.tree.clone(), request.root.clone(), mounts(request));
        session.grants = *grants;
        session.services = request.services.clone();
        session.entropy = request.entropy.clone();
        session.clock = request.clock;
        session.keys = self.keys.clone();
        let wire = wire(request);
        let mut returned = self.call(plugin, grants, session, async |store, prepared| {
            let instance = prepared.generator()?.instantiate_async(&mut *store).await?;
            instance.windlass_plugin_generate().call_run(store, &wire).await
        })?;
        if !request.keeps {
            returned.session.files.forget();
            returned.session.impure = true;
        }
        finish(plugin, returned, limits)
    }
}

fn mounts(request: &GenerateRequest) -> Vec<Mount> {
    let at = |folder: &str, index: usize| TreePath::parse(&format!("{folder}/{index}"));
    let pinned = request.artifacts.iter().enumerate();
    let pinned =
        pinned.filter_map(|(index, artifact)| Some(Mount::pinned(at(ARTIFACTS, index)?, artifact.tree.clone())));
    let lent = request.lent.iter().enumerate();
    let lent = lent.filter_map(|(index, lent)| Some(Mount::recorded(at(LENT, index)?, lent.tree.clone())));
    pinned.chain(lent).collect()
}

fn wire(request: &GenerateRequest) -> generate::Request {
    generate::Request {
        parameters: request.parameters.clone(),
        application: convert::application(&request.application, request.root.as_str()),
        target: generate::Target {
            kube_version: request.target.kube_version.clone(),
            api_versions: request.target.api_versions.to_vec(),
        },
        artifacts: artifacts(request),
        wants_text: request.wants_text,
        extra: request.settings.clone(),
    }
}

fn artifacts(request: &GenerateRequest) -> Vec<generate::Artifact> {
    let pinned = |(index, artifact): (usize, &Artifact)| generate::Artifact {
        id: artifact.id.clone(),
        digest: artifact.digest.to_string(),
        mount: format!("/{ARTIFACTS}/{index}"),
    };
    let lent = |(index, lent): (usize, &Lent)| generate::Artifact {
        id: lent.id.clone(),
        digest: String::new(),
        mount: format!("/{LENT}/{index}"),
    };
    let pinned = request.artifacts.iter().enumerate().map(pinned);
    pinned.chain(request.lent.iter().enumerate().map(lent)).collect()
}

fn finish(
    plugin: &Plugin,
    returned: Returned<Result<generate::Outcome, types::Failure>>,
    limits: &Limits,
) -> Result<Generated, CallError> {
    let Returned { value, session, usage } = returned;
    let stopped = |stop| CallError::Stopped { plugin: plugin.name().clone(), stop };
    let failed = |failure| CallError::Failed { plugin: plugin.name().clone(), failure };
    let outcome = value.map_err(|failure| failed(convert::failure(failure)))?;
    let reads = session.files.reads().map_err(|error| stopped(Stop::Source(error)))?;
    let mut generated = Generated {
        manifests: Vec::new(),
        intentionally_empty: false,
        diagnostics: Vec::new(),
        text: None,
        needs: Vec::new(),
        reads: reads.with_clock(session.readings).with_lookups(session.lookups),
        is_random: session.chance.is_some(),
        lent_reads: session.files.mounted_reads().map_err(|error| stopped(Stop::Source(error)))?,
        cacheable: !session.impure,
        usage,
    };
    match outcome {
        generate::Outcome::Needs(needs) => generated.needs = needs.into_iter().map(convert::need).collect(),
        generate::Outcome::Done(output) => {
            check_size(&output, limits).map_err(stopped)?;
            generated.intentionally_empty = output.intentionally_empty;
            generated.diagnostics = output.diagnostics.into_iter().map(convert::diagnostic).collect();
            generated.text = output.text;
            generated.manifests = output.manifests.into_iter().map(convert::manifest).collect();
        }
    }
    if generated.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(failed(crate::Failure::Invalid(generated.diagnostics)));
    }
    check_bodies(&generated.manifests).map_err(stopped)?;
    Ok(generated)
}

fn check_size(output: &generate::Output, limits: &Limits) -> Result<(), Stop> {
    if output.manifests.len() as u64 > limits.results {
        return Err(Stop::over(Limit::Results, limits));
    }
    let bodies: u64 = output.manifests.iter().map(|manifest| manifest.body.len() as u64).sum();
    let bytes = bodies + output.text.as_ref().map_or(0, Vec::len) as u64;
    if bytes > limits.output { Err(Stop::over(Limit::Output, limits)) } else { Ok(()) }
}

/// Each body must be one JSON object: found here, it names the plugin and not whoever parses it later.
fn check_bodies(manifests: &[Manifest]) -> Result<(), Stop> {
    for (index, manifest) in manifests.iter().enumerate() {
        let checked = if manifest.body.trim_ascii_start().first() == Some(&b'{') {
            serde_json::from_slice::<serde::de::IgnoredAny>(&manifest.body).map(drop).map_err(|e| e.to_string())
        } else {
            Err("not a JSON object".to_owned())
        };
        if let Err(reason) = checked {
            let from = manifest.origin.as_ref().map_or(String::new(), |origin| format!(" (from {origin})"));
            return Err(Stop::InvalidOutput { reason: format!("manifest {}{from}: {reason}", index + 1) });
        }
    }
    Ok(())
}
