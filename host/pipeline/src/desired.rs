//! From a source to manifests: resolve, serve the tree, run the generator, or find its last result.

use std::sync::Arc;

use serde_json::Value;
use windlass_model::{Digest, Object, ReadSet, Tree, TreePath, application::Source};
use windlass_runtime::{
    Application as Account, Diagnostic, GenerateRequest, Generated, Grants, Limits, Location, Runtime, Services,
    Severity, Target,
};
use windlass_source::{Credentials, Freshness, RepoUrl, Request, Revision, Sources};

use crate::{
    Allowances, Problem,
    allowance::Means,
    generators::{Generator, Generators},
    results::Results,
};

/// What a generator made of one source.
#[derive(Debug, Default)]
pub struct Generation {
    pub objects: Vec<(Object, Option<Location>)>,
    pub intentionally_empty: bool,
    /// Warnings and notes; errors have failed the run.
    pub warnings: Vec<Diagnostic>,
    /// What decides over it beside the source and the settings.
    pub influences: Vec<&'static str>,
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
    pub(crate) cluster: &'a Target,
    pub(crate) allowances: &'a Allowances,
    pub(crate) now: u64,
    pub(crate) services: Arc<dyn Services>,
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
    pub(crate) fn generate(&self, request: &SourceRequest<'_>) -> Result<FromSource, Problem> {
        let source = request.source;
        let url = RepoUrl::parse(&source.repo_url)?;
        let wanted = request.revision.unwrap_or(&source.target_revision);
        let revision = self.sources.resolve(&Request {
            url: &url,
            revision: wanted,
            tag_prefix: &source.tag_prefix,
            credentials: request.credentials,
            freshness: request.freshness,
        })?;
        if source.is_reference_only() {
            return Ok(FromSource { revision, source_type: String::new(), generation: Arc::default() });
        }
        let tree = self.sources.tree(&url, &revision, request.credentials)?;
        let root = root_of(&*tree, &source.path)?;
        let generator = self.generators.choose(source, &*tree, &root)?;
        let generation = self.reuse_or_run(request, generator, &revision, tree, root)?;
        Ok(FromSource { revision, source_type: generator.source_type.clone(), generation })
    }

    fn reuse_or_run(
        &self,
        request: &SourceRequest<'_>,
        generator: &Generator,
        revision: &Revision,
        tree: Arc<dyn Tree>,
        root: TreePath,
    ) -> Result<Arc<Generation>, Problem> {
        let parameters = serde_json::to_vec(&request.source.parameters(&generator.name)).unwrap_or_default();
        let means =
            Means::new(request.allowances, &generator.name, generator.grants, request.now, request.services.clone());
        let asked = Digest::of_parts([
            asked(request, generator, &root, &parameters).as_bytes().as_slice(),
            means.digest().as_bytes().as_slice(),
        ]);
        if let Some(known) = self.results.find(asked, |reads| means.holds(reads, &*tree)) {
            return Ok(known);
        }
        let mut call = GenerateRequest::new(tree, root, parameters);
        call.application = Account { revision: revision.id.clone(), ..request.account.clone() };
        call.target = request.cluster.clone();
        means.equip(&mut call);
        let (generation, reads) = run(self.runtime, generator, &means.grants, &call)?;
        if let Some(reads) = reads {
            self.results.keep(asked, reads, generation.clone());
        }
        Ok(generation)
    }
}

/// Runs a generator. With the result comes what it has read, unless more than that decides over it.
pub(crate) fn run(
    runtime: &Runtime,
    generator: &Generator,
    grants: &Grants,
    call: &GenerateRequest,
) -> Result<(Arc<Generation>, Option<ReadSet>), Problem> {
    let limits = Limits::of(generator.plugin.kind());
    let generated = runtime.generate(&generator.plugin, grants, call, &limits)?;
    if let Some(need) = generated.needs.first() {
        return Err(Problem::comparison(format!(
            "{} needs {}, and nothing is fetched for a generator yet: add it to the repository",
            generator.plugin.name(),
            need.id,
        )));
    }
    let influences = influences(&generated);
    let generation = Generation {
        influences,
        objects: parse_all(generated.manifests.into_iter().map(|manifest| (manifest.body, manifest.origin)))?,
        intentionally_empty: generated.intentionally_empty,
        warnings: generated.diagnostics.into_iter().filter(|found| found.severity != Severity::Error).collect(),
        text: generated.text,
    };
    Ok((Arc::new(generation), generated.cacheable.then_some(generated.reads)))
}

/// A denied lookup is none: it finds nothing, whatever there is.
fn influences(generated: &Generated) -> Vec<&'static str> {
    let all = [
        (generated.is_random, "random values"),
        (generated.reads.clock().next().is_some(), "the clock"),
        (generated.reads.lookups().next().is_some(), "live objects"),
    ];
    all.into_iter().filter_map(|(is_one, name)| is_one.then_some(name)).collect()
}

/// Everything but the tree that a result depends on. The revision is left out on purpose: a commit that
/// touches nothing that was read changes nothing.
fn asked(request: &SourceRequest<'_>, generator: &Generator, root: &TreePath, parameters: &[u8]) -> Digest {
    let account = &request.account;
    let api_versions = Digest::of_parts(request.cluster.api_versions.iter().map(String::as_bytes));
    let parts: [&[u8]; 10] = [
        generator.plugin.name().digest.as_bytes(),
        root.as_str().as_bytes(),
        parameters,
        request.source.repo_url.as_bytes(),
        account.name.as_bytes(),
        account.namespace.as_bytes(),
        account.project.as_bytes(),
        account.destination_namespace.as_bytes(),
        request.cluster.kube_version.as_bytes(),
        api_versions.as_bytes(),
    ];
    Digest::of_parts(parts)
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
