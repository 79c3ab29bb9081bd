//! What is counted, under the names and labels that Argo CD's dashboards and alerts use.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use windlass_cluster::Cluster;
use windlass_model::{
    Application, GroupKind, HealthStatus,
    application::{OperationState, Status},
};
use windlass_pipeline::Scope;

use crate::{
    clock,
    config::Config,
    exposition::{Exposition, Kind, label_name},
};

/// Upper bounds of the reconcile histogram, in seconds, as Argo CD has them.
const BUCKETS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// Counters of this process.
#[derive(Default)]
pub(crate) struct Metrics {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// By namespace, name, project, server, phase, dry run.
    syncs: BTreeMap<[String; 6], u64>,
    /// By namespace, name, project, server.
    sync_seconds: BTreeMap<[String; 4], f64>,
    /// By namespace and server.
    reconciles: BTreeMap<[String; 2], Histogram>,
    /// By server, group, kind.
    events: BTreeMap<[String; 3], u64>,
    /// By namespace and name.
    left_behind: BTreeMap<[String; 2], u64>,
}

#[derive(Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: f64,
}

/// A cluster at the moment of the scrape.
pub(crate) struct ClusterFacts {
    server: String,
    name: String,
    version: String,
    objects: usize,
    kinds: usize,
    is_connected: bool,
}

impl ClusterFacts {
    pub(crate) fn of(server: &str, name: &str, cluster: Option<&Cluster>) -> Self {
        Self {
            server: server.to_owned(),
            name: name.to_owned(),
            version: cluster.map(|cluster| cluster.version().to_owned()).unwrap_or_default(),
            objects: cluster.map_or(0, Cluster::object_count),
            kinds: cluster.map_or(0, |cluster| cluster.kinds().all_preferred().count()),
            is_connected: cluster.is_some_and(|cluster| cluster.outage().is_none()),
        }
    }
}

impl Metrics {
    pub(crate) fn event(&self, server: &str, kind: &GroupKind) {
        *self.lock().events.entry([server.into(), kind.group.to_string(), kind.kind.to_string()]).or_default() += 1;
    }

    pub(crate) fn reconciled(&self, namespace: &str, server: &str, took: Duration) {
        self.lock().reconciles.entry([namespace.into(), server.into()]).or_default().add(took.as_secs_f64());
    }

    pub(crate) fn left_behind(&self, namespace: &str, name: &str, objects: usize) {
        *self.lock().left_behind.entry([namespace.into(), name.into()]).or_default() += objects as u64;
    }

    /// A turn of a sync; counted when it has ended one.
    pub(crate) fn took_turn(&self, scope: &Scope, status: &Status) {
        let Some(state) = status.operation_state.as_ref().filter(|state| state.phase.is_completed()) else { return };
        let app = &scope.app;
        let place = [&app.metadata.namespace, &app.metadata.name, &app.spec.project, &scope.destination.server];
        let [namespace, name, project, server] = place.map(Clone::clone);
        let dry_run = state.operation.sync.as_ref().is_some_and(|sync| sync.dry_run);
        let phase = format!("{:?}", state.phase);
        let mut counts = self.lock();
        *counts.sync_seconds.entry([namespace.clone(), name.clone(), project.clone(), server.clone()]).or_default() +=
            seconds(state);
        *counts.syncs.entry([namespace, name, project, server, phase, dry_run.to_string()]).or_default() += 1;
    }

    /// Everything, as it stands now.
    pub(crate) fn text(
        &self,
        apps: &[Application],
        clusters: &[ClusterFacts],
        config: &Config,
        generations: u64,
    ) -> String {
        let mut out = Exposition::default();
        out.family("argocd_info", Kind::Gauge, "The controller's version.");
        out.sample("argocd_info", &[("version", concat!("windlass-", env!("CARGO_PKG_VERSION")))], 1.0);
        applications(&mut out, apps, config);
        extras(&mut out, apps, config);
        of_clusters(&mut out, clusters);
        let name = "windlass_generations_total";
        out.family(name, Kind::Counter, "Times that manifests were generated, and not taken from an earlier result.");
        out.sample(name, &[], generations as f64);
        self.lock().write(&mut out);
        out.into_text()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seconds(state: &OperationState) -> f64 {
    let moment = |text: &str| clock::parse(text);
    let span = state.finished_at.as_deref().and_then(moment).zip(moment(&state.started_at));
    span.map_or(0.0, |(finished, started)| (finished - started).max(0) as f64 / 1000.0)
}

impl Histogram {
    fn add(&mut self, seconds: f64) {
        for (bucket, bound) in self.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum += seconds;
    }
}

fn applications(out: &mut Exposition, apps: &[Application], config: &Config) {
    out.family("argocd_app_info", Kind::Gauge, "Information about an application.");
    for app in apps {
        let destination = config.clusters.find(&app.spec.destination).map(|found| found.server.clone());
        let server = destination.unwrap_or_else(|_| app.spec.destination.server.clone());
        let repository = app.spec.all_sources().first().map(|source| source.repo_url.clone()).unwrap_or_default();
        let operation = match (app.is_deleting(), app.operation.is_some()) {
            (true, _) => "delete",
            (false, true) => "sync",
            (false, false) => "",
        };
        let [namespace, name, project] = identity(app);
        let labels = [
            namespace,
            name,
            project,
            ("autosync_enabled", if app.spec.automated().is_some() { "true" } else { "false" }),
            ("repo", repository.as_str()),
            ("dest_server", server.as_str()),
            ("dest_namespace", app.spec.destination.namespace.as_str()),
            ("sync_status", app.status.sync.as_ref().map(|sync| sync.status).unwrap_or_default().as_str()),
            ("health_status", health(app).as_str()),
            ("operation", operation),
        ];
        out.sample("argocd_app_info", &labels, 1.0);
    }
    out.family("argocd_app_health_status", Kind::Gauge, "1 for the present health of an application.");
    for app in apps {
        let [namespace, name, project] = identity(app);
        let labels = [namespace, name, project, ("health_status", health(app).as_str())];
        out.sample("argocd_app_health_status", &labels, 1.0);
    }
}

/// What is shown only where the settings ask for it.
fn extras(out: &mut Exposition, apps: &[Application], config: &Config) {
    let selection = &config.params.metrics;
    if !selection.application_labels.is_empty() {
        out.family("argocd_app_labels", Kind::Gauge, "Labels of an application.");
        for app in apps {
            let named = selection.application_labels.iter();
            let chosen: Vec<(String, &str)> = named
                .map(|name| (label_name(name), app.metadata.labels.get(name).map_or("", String::as_str)))
                .collect();
            let mut labels = identity(app).to_vec();
            labels.extend(chosen.iter().map(|(name, value)| (name.as_str(), *value)));
            out.sample("argocd_app_labels", &labels, 1.0);
        }
    }
    if !selection.application_conditions.is_empty() {
        out.family("argocd_app_condition", Kind::Gauge, "Conditions of an application.");
        for app in apps {
            for wanted in &selection.application_conditions {
                let conditions = app.status.conditions.iter();
                let count = conditions.filter(|condition| format!("{:?}", condition.kind) == *wanted).count();
                let [namespace, name, project] = identity(app);
                let labels = [namespace, name, project, ("condition", wanted.as_str())];
                out.sample("argocd_app_condition", &labels, count as f64);
            }
        }
    }
}

fn of_clusters(out: &mut Exposition, clusters: &[ClusterFacts]) {
    out.family("argocd_cluster_info", Kind::Gauge, "Information about a cluster.");
    for facts in clusters {
        let labels = [("server", &*facts.server), ("k8s_version", &*facts.version), ("name", &*facts.name)];
        out.sample("argocd_cluster_info", &labels, 1.0);
    }
    out.family("argocd_cluster_connection_status", Kind::Gauge, "Whether a cluster can be reached.");
    for facts in clusters {
        let labels = [("server", &*facts.server), ("k8s_version", &*facts.version)];
        out.sample("argocd_cluster_connection_status", &labels, f64::from(u8::from(facts.is_connected)));
    }
    out.family("argocd_cluster_api_resource_objects", Kind::Gauge, "Objects in the cache.");
    for facts in clusters {
        out.sample("argocd_cluster_api_resource_objects", &[("server", &facts.server)], facts.objects as f64);
    }
    out.family("argocd_cluster_api_resources", Kind::Gauge, "Kinds that are served.");
    for facts in clusters {
        out.sample("argocd_cluster_api_resources", &[("server", &facts.server)], facts.kinds as f64);
    }
}

impl Counts {
    fn write(&self, out: &mut Exposition) {
        out.family("argocd_app_sync_total", Kind::Counter, "Syncs that have ended.");
        for ([namespace, name, project, server, phase, dry_run], count) in &self.syncs {
            let labels = [
                ("namespace", &**namespace),
                ("name", name),
                ("project", project),
                ("dest_server", server),
                ("phase", phase),
                ("dry_run", dry_run),
            ];
            out.sample("argocd_app_sync_total", &labels, *count as f64);
        }
        out.family("argocd_app_sync_duration_seconds_total", Kind::Counter, "Time that syncs have taken.");
        for ([namespace, name, project, server], seconds) in &self.sync_seconds {
            let labels = [("namespace", &**namespace), ("name", name), ("project", project), ("dest_server", server)];
            out.sample("argocd_app_sync_duration_seconds_total", &labels, *seconds);
        }
        self.write_reconciles(out);
        out.family("argocd_cluster_events_total", Kind::Counter, "Changes that watches have told of.");
        for ([server, group, kind], count) in &self.events {
            let labels = [("server", &**server), ("group", group), ("kind", kind)];
            out.sample("argocd_cluster_events_total", &labels, *count as f64);
        }
        let name = "windlass_app_left_behind_objects_total";
        out.family(name, Kind::Counter, "Objects of deleted applications that could not be reached any more.");
        for ([namespace, application], count) in &self.left_behind {
            out.sample(name, &[("namespace", namespace), ("name", application)], *count as f64);
        }
    }

    fn write_reconciles(&self, out: &mut Exposition) {
        out.family("argocd_app_reconcile", Kind::Histogram, "Time that comparing an application takes, in seconds.");
        for ([namespace, server], histogram) in &self.reconciles {
            let labels = [("namespace", &**namespace), ("dest_server", &**server)];
            let within = |bound: &str, count: u64, out: &mut Exposition| {
                let labels = [labels[0], labels[1], ("le", bound)];
                out.sample("argocd_app_reconcile_bucket", &labels, count as f64);
            };
            for (bound, count) in BUCKETS.iter().zip(histogram.buckets) {
                within(&bound.to_string(), count, out);
            }
            within("+Inf", histogram.count, out);
            out.sample("argocd_app_reconcile_sum", &labels, histogram.sum);
            out.sample("argocd_app_reconcile_count", &labels, histogram.count as f64);
        }
    }
}

fn identity(app: &Application) -> [(&str, &str); 3] {
    let project = if app.spec.project.is_empty() { "default" } else { &app.spec.project };
    [("namespace", &app.metadata.namespace), ("name", &app.metadata.name), ("project", project)]
}

fn health(app: &Application) -> HealthStatus {
    app.status.health.as_ref().map_or(HealthStatus::Unknown, |health| health.status)
}
