//! Rows of memory: with nothing, with applications, with a large cluster, and at the start in one.

use serde_json::json;
use windlass_tests_suite::Cluster;

use crate::{
    Failure,
    options::Scale,
    repository::Folder,
    stage::Stage,
    table::{self, Report},
};

const MB: f64 = 1e6;
/// What an object holds besides its metadata.
const TEXT: usize = 2_000;
const BULK: &str = "/api/v1/namespaces/bulk/configmaps";

pub async fn of_nothing(stage: &mut Stage, report: &mut Report) -> Result<(), Failure> {
    stage.controller.until_quiet().await?;
    let (memory, peak) = (stage.controller.memory()?, stage.controller.peak()?);
    report.add(&table::MEMORY_OF_NOTHING, memory / MB, json!({"peak": peak / MB}));
    Ok(())
}

/// Syncs the applications that are not there yet, all at once.
pub async fn of_applications(stage: &mut Stage, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let folders: Vec<Folder> = (scale.first_syncs..scale.applications).map(Folder::One).collect();
    for folder in &folders {
        stage.create(*folder).await;
    }
    stage.until_settled(&folders).await?;
    stage.controller.until_quiet().await?;
    let (memory, peak) = (stage.controller.memory()?, stage.controller.peak()?);
    report.add(&table::MEMORY_OF_APPLICATIONS, memory / MB, json!({"peak": peak / MB}));
    Ok(())
}

/// Fills the cluster, and looks at a controller that starts in it.
pub async fn of_objects(stage: Stage, scale: &Scale, report: &mut Report) -> Result<Stage, Failure> {
    let stage = stage.restarted().await?;
    let before = stage.controller.memory()?;
    let size = fill(&stage.cluster, scale.objects).await;
    stage.controller.until_quiet().await?;
    let live = (stage.controller.memory()? - before) / scale.objects as f64 - size;
    let stage = stage.restarted().await?;
    let (memory, peak) = (stage.controller.memory()?, stage.controller.peak()?);
    let listed = (memory - before) / scale.objects as f64 - size;
    let over = json!({"listed": listed, "watched": live, "body": size});
    report.add(&table::MEMORY_OF_OBJECT, listed.max(live), over);
    report.add(&table::PEAK, peak / memory, json!({"peak_mb": peak / MB, "steady_mb": memory / MB}));
    Ok(stage)
}

/// Creates objects of nobody; gives the size of one as it is worth keeping, without the fields of foreign managers.
async fn fill(cluster: &Cluster, objects: usize) -> f64 {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bulk"}});
    cluster.create("/api/v1/namespaces", &namespace).await;
    let text = "x".repeat(TEXT);
    let name = |index: usize| format!("map-{index:06}");
    for index in 0..objects {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name(index)}, "data": {"text": text},
        });
        cluster.create(BULK, &map).await;
    }
    let mut last = cluster.get(&format!("{BULK}/{}", name(objects - 1))).await.unwrap_or_default();
    if let Some(metadata) = last["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    last.to_string().len() as f64
}
