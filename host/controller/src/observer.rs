//! Looks at applications as the controller does, and writes nothing: for commands that explain and compare.

use std::sync::Arc;

use windlass_engine::{
    AutoSync, Idle, Obstacle,
    obstacle::{View, obstacles},
    windows,
};
use windlass_model::{
    Application, GroupKind, ObjectKey,
    application::{Condition, Status, SyncStatus},
    project::SyncWindow,
};
use windlass_pipeline::{Pipeline, Problem, Reconciled, Scope};
use windlass_source::Freshness;

use crate::{
    clock,
    controller::{Controller, Options},
    gates, status, turn,
};

/// Somebody who looks and does not touch: a controller that never runs.
pub struct Observer(Arc<Controller>);

/// What a look has found.
pub struct Observation {
    pub app: Arc<Application>,
    /// `None` where the spec cannot be worked with.
    pub scope: Option<Scope>,
    pub state: Reconciled,
    /// What keeps the application from being in sync by itself.
    pub obstacles: Vec<Obstacle>,
    /// The status that the controller would write now.
    pub status: Status,
}

impl Observer {
    /// Connects to a cluster and reads the configuration there.
    pub async fn connect(
        client: kube::Client,
        pipeline: Arc<Pipeline>,
        control_namespace: &str,
    ) -> Result<Self, windlass_cluster::Error> {
        let options = Options { control_namespace: control_namespace.to_owned(), ..Options::default() };
        Ok(Self(Controller::start(client, pipeline, options).await?))
    }

    /// Waits for the next change in a cluster.
    pub async fn changed(&self) {
        self.0.next().await;
    }

    pub fn pipeline(&self) -> &Arc<Pipeline> {
        self.0.pipeline()
    }

    /// The applications of the control plane's namespace, by name.
    pub fn applications(&self) -> Vec<Arc<Application>> {
        self.0.own_applications().into_iter().map(Arc::new).collect()
    }

    pub fn application(&self, name: &str) -> Option<Arc<Application>> {
        self.applications().into_iter().find(|app| app.metadata.name == name)
    }

    /// Looks at an application; `revisions` stand in for those that it asks for.
    pub async fn observe(
        &self,
        app: &Arc<Application>,
        revisions: Option<Vec<String>>,
        freshness: Freshness,
    ) -> Observation {
        let scope = match self.0.scope_of(app, freshness).await {
            Ok(scope) => Scope { revisions, ..scope },
            Err(problem) => return refused(app, &problem),
        };
        let state = self.pipeline().reconcile(&scope).await;
        let policy = turn::policy(&scope, &state);
        let extra: Vec<Condition> = match &policy {
            AutoSync::Refused(condition) => vec![condition.clone()],
            _ => Vec::new(),
        };
        let windows = closed(&scope);
        let status = status::after(app, &state, None, extra);
        let obstacles = obstacles(&View {
            app,
            assessment: &state.assessment,
            pairs: &state.pairs,
            automation: &policy,
            windows,
            forbidden: forbidden(&scope, &state),
            fault: state.problem.as_ref().map(|problem| (problem.kind, problem.message.clone())),
            since_last_ms: turn::since_last_ms(app),
        });
        Observation { app: app.clone(), obstacles, status, state, scope: Some(scope) }
    }
}

fn refused(app: &Arc<Application>, problem: &Problem) -> Observation {
    let state =
        Reconciled { problem: Some(problem.clone()), conditions: vec![problem.condition()], ..Reconciled::default() };
    let obstacles = obstacles(&View {
        app,
        assessment: &state.assessment,
        pairs: &[],
        automation: &AutoSync::Idle(Idle::Blind),
        windows: Vec::new(),
        forbidden: Vec::new(),
        fault: Some((problem.kind, problem.message.clone())),
        since_last_ms: turn::since_last_ms(app),
    });
    Observation { app: app.clone(), scope: None, status: status::invalid(app, problem), state, obstacles }
}

/// The windows that keep an automatic sync from running now.
fn closed(scope: &Scope) -> Vec<&SyncWindow> {
    windows::in_the_way(scope.project.sync_windows(), gates::asking(scope, false, None), clock::now_ms() / 1000)
}

/// What the project forbids of what would be applied or deleted.
fn forbidden(scope: &Scope, state: &Reconciled) -> Vec<(ObjectKey, String)> {
    let kinds = scope.cluster.kinds();
    let is_due = |status: Option<SyncStatus>| status != Some(SyncStatus::Synced);
    let refusal = |key: &ObjectKey| scope.project.refuses(key, kinds.is_namespaced(&key.kind)?, &scope.destination);
    let rows = state.assessment.resources.iter().filter(|row| is_due(row.status));
    rows.map(|row| ObjectKey::new(GroupKind::new(&row.group, &row.kind), &row.namespace, &row.name))
        .filter_map(|key| refusal(&key).map(|reason| (key, reason)))
        .collect()
}
