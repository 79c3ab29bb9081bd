//! Rows of reconciles that find nothing to do, and of a commit that concerns one application of all.

use serde_json::{Value, json};
use windlass_sandbox::Requests;
use windlass_tests_suite::manifests;
use windlass_tests_support::GitRequest;

use crate::{
    Failure,
    options::Scale,
    repository::Folder,
    stage::{SELDOM, Stage, listed},
    table::{self, Report},
};

/// What reconciles without a change have taken.
pub struct AtRest {
    reconciles: f64,
    cpu: f64,
    requests: Requests,
}

impl AtRest {
    fn cpu_each_us(&self) -> f64 {
        self.cpu / self.reconciles * 1e6
    }

    fn details(&self) -> Value {
        json!({"reconciles": self.reconciles, "cpu_s": self.cpu, "us_each": self.cpu_each_us()})
    }
}

/// Has every application looked at again and again, while nothing changes.
pub async fn without_change(stage: &mut Stage, scale: &Scale) -> Result<AtRest, Failure> {
    stage.set_period(scale.period).await;
    // The change itself has everything looked at; one more round, and each runs in its period.
    tokio::time::sleep(scale.period * 2).await;
    let reconciled = || stage.controller.metric("argocd_app_reconcile_count");
    let reconciles = reconciled()?;
    let (cpu, requests) = (stage.controller.cpu()?, stage.requests());
    tokio::time::sleep(scale.period * scale.periods).await;
    let (cpu, requests) = (stage.controller.cpu()? - cpu, stage.requests().since(&requests));
    let found = AtRest { reconciles: reconciled()? - reconciles, cpu, requests };
    stage.set_period(SELDOM).await;
    stage.controller.until_quiet().await?;
    Ok(found)
}

pub fn report(small: AtRest, large: AtRest, report: &mut Report) {
    let requests = (small.requests.total() + large.requests.total()) as f64 / (small.reconciles + large.reconciles);
    let by_kind = json!([listed(&small.requests), listed(&large.requests)]);
    report.add(&table::REQUESTS_AT_REST, requests, by_kind);
    let details = json!({"small_cluster": small.details(), "large_cluster": large.details()});
    report.add(&table::CPU_AT_REST, large.cpu_each_us(), details);
}

/// Changes one folder's file, and waits until every application knows of the commit.
pub async fn after_a_commit(stage: &mut Stage, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let folder = Folder::One(0);
    stage.repository.write(&format!("{folder}/map.yaml"), manifests::config_map(&folder.to_string(), "2"));
    let commit = stage.repository.commit("one folder");
    let generations = || stage.controller.metric("windlass_generations_total");
    let (runs, look_ups) = (generations()?, stage.git.count(GitRequest::ListReferences));
    let (cpu, requests) = (stage.controller.cpu()?, stage.requests());
    // Settings that change have everything looked at; answers about branches are older than this period by now.
    stage.set_period(scale.period).await;
    for folder in (0..scale.applications).map(Folder::One) {
        let is_there = |told: &crate::statuses::Told| told.is_settled() && told.revision == commit;
        stage.statuses.until(&folder.to_string(), is_there).await?;
    }
    stage.set_period(SELDOM).await;
    stage.controller.until_quiet().await?;
    let cpu = stage.controller.cpu()? - cpu;
    let requests = stage.requests().since(&requests);
    let look_ups = stage.git.count(GitRequest::ListReferences) - look_ups;
    report.add(&table::GENERATIONS, generations()? - runs, json!({"applications": scale.applications}));
    let details = json!({"applications": scale.applications, "requests": listed(&requests)});
    report.add(&table::CPU_OF_COMMIT, cpu, details);
    report.add(&table::LOOK_UPS, look_ups as f64, Value::Null);
    Ok(())
}
