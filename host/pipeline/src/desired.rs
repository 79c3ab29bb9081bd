//! From a source to manifests: resolve, serve the tree, run the generator, or find its last result.

use std::sync::Arc;

use serde_json::Value;
use windlass_model::{Digest, Object, Tree, TreePath, application::Source};
use windlass_runtime::{
    Application as Account, Diagnostic, GenerateRequest, Lent, Limits, Location, Runtime, Severity, Target,
};
use windlass_source::{Credentials, Freshness, RepoUrl, Request, Revision, Sources};

use crate::{
    Problem, Settings,
    generators::{Generator, Generators},
    lent,
    overrides::overridden,
    results::{Reads, Results},
};

/// What a generator made of one source.
#[derive(Debug, Default)]
pub struct Generation {
    pub objects: Vec<(Object, Option<Location>)>,
    pub intentionally_empty: bool,
    /// Warnings and notes; errors have failed the run.
    pub warnings: Vec<Diagnostic>,
    /// The stream as the generator's own tool prints it, where it was wanted and there is one.
    pub text: Option<Vec<u8>>,
}

/// One source, with everything that its generation depends on.
pub(crate) struct SourceRequest<'a> {
    pub(crate) source: &'a Source,
    /// Overrides `targetRevision`: the revision of an operation.
    pub(crate) revision: Option<&'a str>,
    pub(crate) credentials: &'a Credentials,
    pub(crate) freshness: Freshness,
    pub(crate) account: Account,
    /// The application's name as files name it, qualified where it lives outside the control plane's namespace.
    pub(crate) instance: &'a str,
    pub(crate) cluster: &'a Target,
    pub(crate) settings: &'a Settings,
}

/// What a source was resolved to.
pub(crate) struct SourceRevision {
    pub(crate) url: RepoUrl,
    pub(crate) revision: Revision,
}

/// One run of a generator for a source, with its overrides in it.
struct Job<'a> {
    request: &'a SourceRequest<'a>,
    generator: &'a Generator,
    parameters: Vec<u8>,
    tree: Arc<dyn Tree>,
    root: TreePath,
    lent: Vec<Lent>,
    settings: Vec<(String, String)>,
}

/// A generation, and the revision and generator that it came from.
pub(crate) struct FromSource {
    pub(crate) revision: Revision,
    pub(crate) source_type: String,
    pub(crate) generation: Arc<Generation>,
}

/// What generation works with. Every method blocks.
pub(crate) struct Workshop<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) runtime: &'a Runtime,
    pub(crate) generators: &'a Generators,
    pub(crate) results: &'a Results,
}

impl Workshop<'_> {
    pub(crate) fn resolve(&self, request: &SourceRequest<'_>) -> Result<SourceRevision, Problem> {
        let source = request.source;
        let url = RepoUrl::parse(&source.repo_url)?;
        let revision = self.sources.resolve(&Request {
            url: &url,
            revision: request.revision.unwrap_or(&source.target_revision),
            tag_prefix: &source.tag_prefix,
            credentials: request.credentials,
            freshness: request.freshness,
        })?;
        Ok(SourceRevision { url, revision })
    }

    /// Generates a resolved source. `lent` are the trees of other sources that it may read.
    pub(crate) fn generate(
        &self,
        request: &SourceRequest<'_>,
        resolved: SourceRevision,
        lent: &[Lent],
    ) -> Result<FromSource, Problem> {
        let SourceRevision { url, revision } = resolved;
        if request.source.is_reference_only() {
            return Ok(FromSource { revision, source_type: String::new(), generation: Arc::default() });
        }
        let tree = self.sources.tree(&url, &revision, request.credentials)?;
        let root = root_of(&*tree, &request.source.path)?;
        let known = |name: &str| self.generators.knows(name);
        let source = overridden(request.source, &*tree, &root, request.instance, &known)?;
        let is_enabled = |name: &str| request.settings.is_enabled(name);
        let generator = self.generators.choose(&source, &*tree, &root, &is_enabled)?;
        let job = Job {
            request,
            generator,
            parameters: serde_json::to_vec(&source.parameters(&generator.name)).unwrap_or_default(),
            tree,
            root,
            lent: lent.iter().filter(|lent| lent::names(&source, &lent.id)).cloned().collect(),
            settings: request.settings.of_generator(&generator.name),
        };
        let generation = self.reuse_or_run(job, &revision)?;
        Ok(FromSource { revision, source_type: generator.source_type.clone(), generation })
    }

    fn reuse_or_run(&self, job: Job<'_>, revision: &Revision) -> Result<Arc<Generation>, Problem> {
        let asked = job.asked(revision);
        let trees: Vec<Arc<dyn Tree>> = job.lent.iter().map(|lent| lent.tree.clone()).collect();
        if let Some(known) = self.results.find(asked, &*job.tree, &trees) {
            return Ok(known);
        }
        let mut call = GenerateRequest::new(job.tree, job.root, job.parameters);
        call.application = Account { revision: revision.id.clone(), ..job.request.account.clone() };
        call.target = job.request.cluster.clone();
        call.lent = job.lent;
        call.settings = job.settings;
        let (generation, reads) = run(self.runtime, job.generator, &call)?;
        if let Some(reads) = reads {
            self.results.keep(asked, reads, generation.clone());
        }
        Ok(generation)
    }
}

impl Job<'_> {
    /// Everything but the trees that a result depends on. The revision is left out unless the parameters name it:
    /// a commit that touches nothing that was read changes nothing.
    fn asked(&self, revision: &Revision) -> Digest {
        let (account, cluster) = (&self.request.account, self.request.cluster);
        let api_versions = Digest::of_parts(cluster.api_versions.iter().map(String::as_bytes));
        let settings = self.settings.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]);
        let settings = Digest::of_parts(settings);
        let lent = Digest::of_parts(self.lent.iter().map(|lent| lent.id.as_bytes()));
        let named = contains(&self.parameters, b"ARGOCD_APP_REVISION").then_some(revision.id.as_str());
        Digest::of_parts([
            self.generator.plugin.name().digest.as_bytes().as_slice(),
            self.root.as_str().as_bytes(),
            &self.parameters,
            self.request.source.repo_url.as_bytes(),
            account.name.as_bytes(),
            account.namespace.as_bytes(),
            account.project.as_bytes(),
            account.destination_namespace.as_bytes(),
            account.target_revision.as_bytes(),
            cluster.kube_version.as_bytes(),
            api_versions.as_bytes(),
            settings.as_bytes(),
            lent.as_bytes(),
            named.unwrap_or_default().as_bytes(),
        ])
    }
}

fn contains(text: &[u8], name: &[u8]) -> bool {
    text.windows(name.len()).any(|window| window == name)
}

/// Runs a generator. With the result comes what it has read, unless more than that decides over it.
pub(crate) fn run(
    runtime: &Runtime,
    generator: &Generator,
    call: &GenerateRequest,
) -> Result<(Arc<Generation>, Option<Reads>), Problem> {
    let limits = Limits::of(generator.plugin.kind());
    let generated = runtime.generate(&generator.plugin, &generator.grants, call, &limits)?;
    if let Some(need) = generated.needs.first() {
        return Err(Problem::comparison(format!(
            "{} needs {}, and nothing is fetched for a generator yet: add it to the repository",
            generator.plugin.name(),
            need.id,
        )));
    }
    let generation = Generation {
        objects: parse_all(generated.manifests.into_iter().map(|manifest| (manifest.body, manifest.origin)))?,
        intentionally_empty: generated.intentionally_empty,
        warnings: generated.diagnostics.into_iter().filter(|found| found.severity != Severity::Error).collect(),
        text: generated.text,
    };
    let reads = Reads { own: generated.reads, lent: generated.lent_reads };
    Ok((Arc::new(generation), generated.cacheable.then_some(reads)))
}

fn root_of(tree: &dyn Tree, path: &str) -> Result<TreePath, Problem> {
    let root = TreePath::parse(path)
        .ok_or_else(|| Problem::comparison(format!("{path}: app path is outside the repository")))?;
    match tree.read_dir(&root) {
        Ok(_) => Ok(root),
        Err(windlass_model::TreeError::NotFound { .. }) => {
            Err(Problem::comparison(format!("{path}: app path does not exist")))
        }
        Err(error) => Err(Problem::comparison(error.to_string())),
    }
}

fn parse_all(
    manifests: impl Iterator<Item = (Vec<u8>, Option<Location>)>,
) -> Result<Vec<(Object, Option<Location>)>, Problem> {
    let mut objects = Vec::new();
    for (body, origin) in manifests {
        let value: Value = serde_json::from_slice(&body)
            .map_err(|error| Problem::comparison(format!("a generated manifest is not JSON: {error}")))?;
        for item in items(value) {
            let object = Object::new(item).map_err(|_| Problem::comparison("a generated manifest is not an object"))?;
            objects.push((object, origin.clone()));
        }
    }
    Ok(objects)
}

/// What a list holds, whatever its kind says; else the object itself. As in Argo CD, the items count and not the list.
fn items(mut value: Value) -> Vec<Value> {
    match value.get_mut("items") {
        Some(Value::Array(items)) => std::mem::take(items),
        _ => vec![value],
    }
}
