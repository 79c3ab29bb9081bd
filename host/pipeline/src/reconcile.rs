//! What an application's state is: desired from its sources, live from the cache, the verdict from the engine.

use std::sync::Arc;

use windlass_cluster::{Cluster, Part};
use windlass_diff::{SyncOptions, Target};
use windlass_engine::{Assessment, Pair, Surroundings, assess};
use windlass_model::{
    Object, ObjectKey,
    application::{Condition, ConditionType, Source, SyncStatus},
};
use windlass_runtime::{Application as Account, Plugin, Runtime, Target as ClusterFacts};
use windlass_source::{Freshness, Sources};

use crate::{
    Influences, Permission, Problem,
    compare::Settled,
    desired::{FromSource, Resolved, SourceRequest, Workshop},
    generators::Generators,
    grounds::Grounds,
    live_objects::LiveObjects,
    orphans,
    results::Results,
    scope::Scope,
    strip::Filter,
    supply::{Supply, passes_credentials},
    targets::{DesiredState, Owner, prepare},
    transformers::Transformers,
    verdicts::Verdicts,
};

/// What a pipeline is made of.
pub struct PipelineOptions {
    pub sources: Arc<Sources>,
    pub runtime: Arc<Runtime>,
    pub generators: Generators,
    /// Health checks, in the order in which they are asked; the first that handles a kind judges it.
    pub health: Vec<Arc<Plugin>>,
    /// Carries out the jq expressions of `ignoreDifferences`.
    pub filter: Option<Arc<Plugin>>,
    /// What generators may have run for functions of a source.
    pub transformers: Transformers,
}

/// The pipeline. Share one behind an `Arc`.
pub struct Pipeline {
    pub(crate) options: PipelineOptions,
    results: Results,
    pub(crate) settled: Settled,
    pub(crate) verdicts: Verdicts,
    pub(crate) filter: Filter,
}

/// The state of an application.
#[derive(Clone, Debug, Default)]
pub struct Reconciled {
    pub revision: String,
    pub revisions: Vec<String>,
    pub source_types: Vec<String>,
    pub pairs: Vec<Pair>,
    pub hooks: Vec<Target>,
    pub assessment: Assessment,
    pub conditions: Vec<Condition>,
    /// What decides over the desired state beside the sources and the settings.
    pub influences: Influences,
    /// Set when the desired state could not be had: nothing may be synced or pruned then.
    pub problem: Option<Problem>,
    /// What all of this rests on, where that can be told.
    pub grounds: Option<Arc<Grounds>>,
}

impl Pipeline {
    pub fn new(options: PipelineOptions) -> Self {
        let filter = Filter { runtime: options.runtime.clone(), plugin: options.filter.clone() };
        Self {
            options,
            results: Results::default(),
            settled: Settled::default(),
            verdicts: Verdicts::default(),
            filter,
        }
    }

    /// How often manifests were generated, since no earlier result could be used again.
    pub fn generations(&self) -> u64 {
        self.results.missed()
    }

    /// Whether an application would be found as it was when it was compared on these grounds. Asks nobody.
    pub fn holds(&self, grounds: &Grounds, cluster: &Cluster, freshness: Freshness) -> bool {
        grounds.hold(&self.options.sources, cluster, freshness)
    }

    fn workshop(&self) -> Workshop<'_> {
        Workshop { runtime: &self.options.runtime, generators: &self.options.generators, results: &self.results }
    }

    fn supply<'a>(&'a self, scope: &'a Scope, source: &Source) -> Supply<'a> {
        let project = scope.app.spec.project.as_str();
        Supply {
            sources: &self.options.sources,
            permission: Permission::Application {
                project: &scope.project,
                name: project,
                hosts: &scope.settings.remote_hosts,
            },
            transformers: &self.options.transformers,
            secrets: &scope.repositories,
            project,
            freshness: scope.freshness,
            pass_credentials: passes_credentials(source),
        }
    }

    /// Generates what the sources ask for. Touches no cluster.
    pub async fn desired(self: &Arc<Self>, scope: &Scope) -> Result<(Vec<Resolved>, DesiredState), Problem> {
        let (pipeline, scope) = (self.clone(), scope.clone());
        let work = tokio::task::spawn_blocking(move || pipeline.desired_blocking(&scope));
        work.await.unwrap_or_else(|error| Err(Problem::comparison(format!("generation was cut off: {error}"))))
    }

    fn desired_blocking(&self, scope: &Scope) -> Result<(Vec<Resolved>, DesiredState), Problem> {
        let sources = scope.all_sources();
        let kinds = scope.cluster.kinds();
        let cluster =
            ClusterFacts { kube_version: scope.kube_version.clone(), api_versions: kinds.api_versions().clone() };
        let instance = scope.instance();
        let made = self.made(scope, &sources, &cluster, &instance)?;
        let owner = Owner {
            instance: &instance,
            namespace: &scope.app.spec.destination.namespace,
            settings: &scope.settings,
            kinds: &kinds,
        };
        let state = prepare(made.iter().map(|made| &*made.generation), &owner)?;
        if let Some(problem) = unmanaged(scope.cluster.part(), &state) {
            return Err(problem);
        }
        Ok((made.into_iter().map(|made| made.resolved).collect(), state))
    }

    /// What each source makes: all are resolved before the first runs, so that any may read what another lends.
    fn made(
        &self,
        scope: &Scope,
        sources: &[&Source],
        cluster: &ClusterFacts,
        instance: &str,
    ) -> Result<Vec<FromSource>, Problem> {
        let workshop = self.workshop();
        let services = Arc::new(LiveObjects {
            cluster: scope.cluster.clone(),
            project: scope.project.clone(),
            destination: scope.destination.clone(),
            control_namespace: scope.settings.control_namespace.clone(),
        });
        let wanted = |index: usize| scope.revisions.as_ref()?.get(index).map(String::as_str);
        let request = |(index, source)| SourceRequest {
            source,
            revision: wanted(index).filter(|revision| !revision.is_empty()),
            supply: self.supply(scope, source),
            account: account(scope, source),
            instance,
            cluster,
            settings: &scope.settings,
            now: scope.now,
            services: services.clone(),
        };
        let requests: Vec<SourceRequest<'_>> = sources.iter().copied().enumerate().map(request).collect();
        let resolved = requests.iter().map(|request| workshop.resolve(request)).collect::<Result<Vec<_>, _>>()?;
        let lent = workshop.lend(&requests, &resolved)?;
        requests.iter().zip(resolved).map(|(request, resolved)| workshop.generate(request, resolved, &lent)).collect()
    }

    /// Finds out how an application stands.
    pub async fn reconcile(self: &Arc<Self>, scope: &Scope) -> Reconciled {
        let (resolved, state) = match self.desired(scope).await {
            Ok(desired) => desired,
            Err(problem) => return self.without_desired(scope, problem).await,
        };
        let wanted = state.resources.iter().chain(&state.hooks).map(|target| &target.key.kind);
        match scope.blindness(wanted) {
            Some(problem) => self.without_desired(scope, problem).await,
            None => self.compare(scope, resolved, state).await,
        }
    }

    async fn compare(self: &Arc<Self>, scope: &Scope, resolved: Vec<Resolved>, state: DesiredState) -> Reconciled {
        // Taken before anything is compared: what changes meanwhile is seen to have changed.
        let grounds = Grounds::of(scope, &resolved, &state).map(Arc::new);
        let pairs = self.pairs(scope, state.resources).await;
        let mut conditions = state.warnings;
        conditions.extend(shared(scope, &pairs));
        conditions.extend(orphans::warning(scope, &pairs));
        let revisions: Vec<String> = resolved.iter().map(|resolved| resolved.revision.clone()).collect();
        let mut source_types: Vec<String> = resolved.into_iter().map(|resolved| resolved.source_type).collect();
        for kind in &mut source_types {
            if kind.is_empty() {
                *kind = "Directory".into();
            }
        }
        Reconciled {
            assessment: verdict(scope, &pairs),
            revision: revisions.first().cloned().unwrap_or_default(),
            revisions,
            source_types,
            pairs,
            hooks: state.hooks,
            conditions,
            influences: state.influences,
            problem: None,
            grounds,
        }
    }

    /// The live side alone, when nobody knows what is desired.
    async fn without_desired(self: &Arc<Self>, scope: &Scope, problem: Problem) -> Reconciled {
        let pairs = self.pairs(scope, Vec::new()).await;
        let mut assessment = verdict(scope, &pairs);
        assessment.status = SyncStatus::Unknown;
        for row in &mut assessment.resources {
            row.status = Some(SyncStatus::Unknown);
        }
        let revisions: Vec<String> = scope.all_sources().iter().map(|source| source.target_revision.clone()).collect();
        Reconciled {
            assessment,
            revision: revisions.first().cloned().unwrap_or_default(),
            revisions,
            pairs,
            conditions: vec![problem.condition()],
            problem: Some(problem),
            ..Reconciled::default()
        }
    }
}

/// The first object outside the part of the cluster that is managed.
fn unmanaged(part: &Part, state: &DesiredState) -> Option<Problem> {
    let outside = state.resources.iter().chain(&state.hooks).find(|target| !part.holds(&target.key.namespace))?;
    let ObjectKey { kind, namespace, name } = &outside.key;
    Some(Problem::comparison(match &**namespace {
        "" => format!("Cluster level {} \"{name}\" can not be managed when in namespaced mode", kind.kind),
        namespace => format!("Namespace \"{namespace}\" for {} \"{name}\" is not managed", kind.kind),
    }))
}

fn verdict(scope: &Scope, pairs: &[Pair]) -> Assessment {
    let (own_key, pods) = (scope.own_key(), owned_pods(scope, pairs));
    let options = SyncOptions::parse(scope.app.spec.sync_options().iter().map(String::as_str));
    assess(pairs, Surroundings { own_key: &own_key, pods: &pods, options: &options })
}

/// The pods that the application's live objects own.
fn owned_pods(scope: &Scope, pairs: &[Pair]) -> Vec<Object> {
    let live = pairs.iter().filter_map(|pair| pair.live.as_ref());
    let owned = live.flat_map(|live| scope.cluster.owned_by(live.object.uid()));
    owned.map(|cached| cached.object()).filter(|object| object.kind() == "Pod").collect()
}

fn account(scope: &Scope, source: &Source) -> Account {
    let app = &scope.app;
    Account {
        name: app.metadata.name.clone(),
        namespace: app.metadata.namespace.clone(),
        project: app.spec.project.clone(),
        destination_namespace: app.spec.destination.namespace.clone(),
        repository: source.repo_url.clone(),
        target_revision: source.target_revision.clone(),
        revision: String::new(),
    }
}

/// Objects that are marked as another application's.
fn shared(scope: &Scope, pairs: &[Pair]) -> Vec<Condition> {
    let instance = scope.instance();
    let other = |pair: &Pair| {
        let live = pair.target.as_ref().and(pair.live.as_ref())?;
        let owner = scope.settings.tracker.application_of(&live.object)?;
        (owner != instance && pair.is_ours).then(|| owner.to_owned())
    };
    pairs
        .iter()
        .filter_map(|pair| {
            let owner = other(pair)?;
            let kind = &pair.key.kind.kind;
            let message =
                format!("{kind}/{} is part of applications {} and {owner}", pair.key.name, scope.app.full_name());
            Some(Condition::new(ConditionType::SharedResourceWarning, message))
        })
        .collect()
}
