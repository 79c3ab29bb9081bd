//! From a source to manifests: resolve, serve the tree, run the generator, or find its last result.

use std::sync::Arc;

use windlass_model::{Digest, ReadSet, Tree, TreePath, application::Source};
use windlass_runtime::{Application as Account, GenerateRequest, Lent, Runtime, Services, Target};
use windlass_source::{ChartRelease, RepoUrl, Revision};

use crate::{
    Problem, Settings,
    allowance::Means,
    generators::{Generator, Generators},
    lent,
    overrides::overridden,
    record::Record,
    results::Results,
    run::{Generation, run},
    supply::Supply,
};

/// One source, with everything that its generation depends on.
pub(crate) struct SourceRequest<'a> {
    pub(crate) source: &'a Source,
    /// Overrides `targetRevision`: the revision of an operation.
    pub(crate) revision: Option<&'a str>,
    pub(crate) supply: Supply<'a>,
    pub(crate) account: Account,
    /// The application's name as files name it, qualified where it lives outside the control plane's namespace.
    pub(crate) instance: &'a str,
    pub(crate) cluster: &'a Target,
    pub(crate) settings: &'a Settings,
    pub(crate) now: u64,
    pub(crate) services: Arc<dyn Services>,
}

impl SourceRequest<'_> {
    fn means(&self, generator: &Generator) -> Means {
        let allowances = &self.settings.allowances;
        Means::new(allowances, &generator.name, generator.grants, self.now, self.services.clone())
    }
}

/// What a source was resolved to.
pub(crate) struct SourceRevision {
    /// A commit, or the version of a chart.
    pub(crate) id: String,
    url: RepoUrl,
    place: Place,
}

enum Place {
    Commit(Revision),
    Chart(ChartRelease),
}

/// What became of a source, as is told.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub revision: String,
    pub source_type: String,
    /// Whether the revision is a commit, and nothing besides its files decides over what was generated.
    pub rests_on_commit: bool,
}

type Known = (Arc<Generation>, Option<Arc<Record>>);

impl SourceRevision {
    /// `of_files`: whether nothing but the files decides over what was made of it.
    fn made_by(self, source_type: String, of_files: bool) -> Resolved {
        let is_commit = matches!(&self.place, Place::Commit(revision) if !revision.is_working_tree());
        Resolved { revision: self.id, source_type, rests_on_commit: is_commit && of_files }
    }

    /// The files of the whole repository, or of the chart.
    pub(crate) fn tree(&self, request: &SourceRequest<'_>) -> Result<Arc<dyn Tree>, Problem> {
        match &self.place {
            Place::Commit(revision) => request.supply.commit_tree(&self.url, revision),
            Place::Chart(release) => request.supply.chart_tree(&self.url, &request.source.chart, release),
        }
    }
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
    means: Means,
}

/// A generation, and the revision and generator that it came from.
pub(crate) struct FromSource {
    pub(crate) resolved: Resolved,
    pub(crate) generation: Arc<Generation>,
}

/// What generation works with. Every method blocks.
pub(crate) struct Workshop<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) generators: &'a Generators,
    pub(crate) results: &'a Results,
}

impl Workshop<'_> {
    /// The trees of all sources that others name.
    pub(crate) fn lend(
        &self,
        requests: &[SourceRequest<'_>],
        revisions: &[SourceRevision],
    ) -> Result<Vec<Lent>, Problem> {
        let sources: Vec<&Source> = requests.iter().map(|request| request.source).collect();
        let lend = |(index, id): (usize, String)| {
            let (request, revision): (&SourceRequest<'_>, _) = (&requests[index], &revisions[index]);
            if !request.source.chart.is_empty() {
                return Err(Problem::comparison(format!(
                    "source {} has a chart, and only the files of repositories are lent as {id}",
                    index + 1
                )));
            }
            Ok(Lent { id, tree: revision.tree(request)? })
        };
        lent::lenders(&sources)?.into_iter().map(lend).collect()
    }

    pub(crate) fn resolve(&self, request: &SourceRequest<'_>) -> Result<SourceRevision, Problem> {
        let source = request.source;
        let url = RepoUrl::parse(&source.repo_url)?;
        let wanted = request.revision.unwrap_or(&source.target_revision);
        let (id, place) = if source.chart.is_empty() {
            let revision = request.supply.resolve(&url, wanted, &source.tag_prefix)?;
            (revision.id.clone(), Place::Commit(revision))
        } else {
            let release = request.supply.find_chart(&url, &source.chart, wanted)?;
            (release.version.clone(), Place::Chart(release))
        };
        Ok(SourceRevision { id, url, place })
    }

    /// Generates a resolved source. `lent` are the trees of other sources that it may read.
    pub(crate) fn generate(
        &self,
        request: &SourceRequest<'_>,
        resolved: SourceRevision,
        lent: &[Lent],
    ) -> Result<FromSource, Problem> {
        if request.source.is_reference_only() {
            let resolved = resolved.made_by(String::new(), true);
            return Ok(FromSource { resolved, generation: Arc::default() });
        }
        let tree = resolved.tree(request)?;
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
            means: request.means(generator),
        };
        let (generation, record) = self.reuse_or_run(job, &resolved.id)?;
        let of_files = record.is_some_and(|record| record.supplied.is_empty()) && generation.influences.is_empty();
        Ok(FromSource { resolved: resolved.made_by(generator.source_type.clone(), of_files), generation })
    }

    /// A generation, with what it depends on where that is known.
    fn reuse_or_run(&self, job: Job<'_>, revision: &str) -> Result<Known, Problem> {
        let asked = job.asked(revision);
        let trees: Vec<Arc<dyn Tree>> = job.lent.iter().map(|lent| lent.tree.clone()).collect();
        let holds = |reads: &ReadSet, tree: &dyn Tree| job.means.holds(reads, tree);
        if let Some((record, generation)) = self.results.find(asked, &holds, &*job.tree, &trees, &job.request.supply)? {
            return Ok((generation, Some(record)));
        }
        let mut call = GenerateRequest::new(job.tree, job.root, job.parameters);
        call.application = Account { revision: revision.to_owned(), ..job.request.account.clone() };
        call.target = job.request.cluster.clone();
        call.lent = job.lent;
        call.settings = job.settings;
        job.means.equip(&mut call);
        let (generation, record) = run(self.runtime, job.generator, &job.means.grants, call, &job.request.supply)?;
        let record = record.map(Arc::new);
        if let Some(record) = &record {
            self.results.keep(asked, record.clone(), generation.clone());
        }
        Ok((generation, record))
    }
}

impl Job<'_> {
    /// Everything but the trees that a result depends on. The revision is left out unless the parameters name it:
    /// a commit that touches nothing that was read changes nothing.
    fn asked(&self, revision: &str) -> Digest {
        let (account, cluster) = (&self.request.account, self.request.cluster);
        let api_versions = Digest::of_parts(cluster.api_versions.iter().map(String::as_bytes));
        let settings = self.settings.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]);
        let settings = Digest::of_parts(settings);
        let lent = Digest::of_parts(self.lent.iter().map(|lent| lent.id.as_bytes()));
        let named = contains(&self.parameters, b"ARGOCD_APP_REVISION").then_some(revision);
        Digest::of_parts([
            self.generator.plugin.name().digest.as_bytes().as_slice(),
            self.root.as_str().as_bytes(),
            &self.parameters,
            self.request.source.repo_url.as_bytes(),
            self.request.source.chart.as_bytes(),
            account.name.as_bytes(),
            account.namespace.as_bytes(),
            account.project.as_bytes(),
            account.destination_namespace.as_bytes(),
            account.target_revision.as_bytes(),
            cluster.kube_version.as_bytes(),
            api_versions.as_bytes(),
            settings.as_bytes(),
            self.means.digest().as_bytes(),
            lent.as_bytes(),
            named.unwrap_or_default().as_bytes(),
        ])
    }
}

fn contains(text: &[u8], name: &[u8]) -> bool {
    text.windows(name.len()).any(|window| window == name)
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
