//! What is not known is not deleted: nothing is pruned after an error, an empty result, a partial list or a failed
//! discovery, and not too much at once.

use serde_json::{Value, json};
use windlass_sandbox::Verb;
use windlass_tests_suite::{
    cluster::application_path,
    journal::{Journal, version},
    manifests,
};
use windlass_tests_support::{Home, eventually};

use crate::system::{REPOSITORY, System};

const MAPS: &str = "/api/v1/namespaces/beds/configmaps";
/// More than a page of a list.
const MANY: usize = 510;

fn file(name: &str) -> String {
    format!("things/beds/{name}.yaml")
}

/// A synced application of these ConfigMaps, with everything that happens to them.
async fn planted(home: &Home, names: &[&str]) -> (System, Journal) {
    for name in names {
        home.write(&file(name), manifests::config_map(name, "1"));
    }
    let system = System::start(home, &[manifests::application("beds", REPOSITORY, "beds")]).await;
    system.until_quiet().await;
    let journal = Journal::of(&kube::Client::new(system.sandbox.client_service(), "default"), &[MAPS]).await;
    (system, journal)
}

fn remove(home: &Home, name: &str) {
    std::fs::remove_file(home.path(&file(name))).unwrap();
}

async fn live(system: &System) -> Vec<String> {
    let list = system.cluster.get(MAPS).await.unwrap();
    let names = list["items"].as_array().unwrap().iter().filter_map(|item| item["metadata"]["name"].as_str());
    names.filter(|name| *name != "kube-root-ca.crt").map(str::to_owned).collect()
}

fn deleted(journal: &Journal) -> Vec<String> {
    let gone = journal.entries().into_iter().filter(|entry| entry.what == "DELETED");
    gone.map(|entry| entry.name().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_error_everything_stays_until_the_error_is_gone() {
    let home = Home::new();
    let (system, journal) = planted(&home, &["roses", "tulips", "lilies"]).await;
    home.write(&file("broken"), "kind: ConfigMap\napiVersion: v1\nmetadata: [\n");
    remove(&home, "roses");
    system.controller.refresh_all();
    system.cluster.until_told("beds", &["ComparisonError", "broken.yaml"]).await;
    assert_eq!(live(&system).await.len(), 3);

    remove(&home, "broken");
    system.controller.refresh_all();
    system.cluster.until_gone(&format!("{MAPS}/roses")).await;
    system.until_quiet().await;
    assert_eq!(deleted(&journal), ["roses"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_result_that_nobody_declared_prunes_nothing() {
    let home = Home::new();
    let (system, journal) = planted(&home, &["roses", "tulips"]).await;
    home.write("things/beds/README.md", "nothing grows here");
    ["roses", "tulips"].iter().for_each(|name| remove(&home, name));
    system.controller.refresh_all();
    system.cluster.until_told("beds", &["SyncError", "auto-sync will wipe out all resources"]).await;
    std::fs::remove_dir_all(home.path("things/beds")).unwrap();
    system.controller.refresh_all();
    system.cluster.until_told("beds", &["ComparisonError", "app path does not exist"]).await;
    assert_eq!(live(&system).await, ["roses", "tulips"]);
    assert!(deleted(&journal).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_discovery_changes_nothing() {
    let home = Home::new();
    let (system, journal) = planted(&home, &["roses", "tulips"]).await;
    system.sandbox.set_faults(Some("unavailable=1,resource=discovery".parse().unwrap()));
    system.controller.cluster().rediscover().await.unwrap_err();
    remove(&home, "roses");
    system.controller.refresh_all();
    system.cluster.until_gone(&format!("{MAPS}/roses")).await;
    system.until_quiet().await;
    assert_eq!(deleted(&journal), ["roses"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partial_list_does_not_show_is_not_missing() {
    let home = Home::new();
    let names: Vec<String> = (0..MANY).map(|number| format!("plant-{number:03}")).collect();
    let maps: Vec<String> = names.iter().map(|name| manifests::config_map(name, "1")).collect();
    home.write(&file("many"), maps.join("\n---\n"));
    let (mut system, journal) = planted(&home, &["roses"]).await;

    let planted = version(&system.cluster.get(MAPS).await.unwrap());
    // The next controller sees one page, and then no more.
    let faults = |text: &str| system.sandbox.set_faults(Some(text.parse().unwrap()));
    faults("stop:1=1,verb=list,resource=configmaps,agent=controller");
    let before = system.sandbox.requests();
    let second_page = async |sandbox: &windlass_sandbox::Sandbox| {
        let lists = || async {
            let made = sandbox.requests().since(&before);
            let lists = made.0.iter().filter(|(key, _)| key.verb == Verb::List && key.resource == "configmaps");
            (lists.map(|(_, count)| count).sum::<u64>() > 1).then_some(())
        };
        eventually("a second page", lists).await;
        sandbox.set_faults(Some("error=1,verb=list,resource=configmaps,agent=controller".parse().unwrap()));
    };
    system.crash_while(&home, second_page).await;
    remove(&home, "roses");
    system.controller.refresh_all();
    system.cluster.until_told("beds", &["ConfigMap cannot be seen"]).await;
    assert!(deleted(&journal).is_empty());

    system.sandbox.set_faults(None);
    system.cluster.until_gone(&format!("{MAPS}/roses")).await;
    system.until_quiet().await;
    assert_eq!(deleted(&journal), ["roses"]);
    let last = journal.entries().into_iter().filter(|entry| entry.is_written()).map(|entry| entry.version()).max();
    assert!(last.unwrap() <= planted, "an object was taken for missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_cap_is_pruned_only_once_somebody_has_confirmed_it() {
    let home = Home::new();
    for name in ["roses", "tulips", "lilies", "asters"] {
        home.write(&file(name), manifests::config_map(name, "1"));
    }
    let applications = [manifests::application("beds", REPOSITORY, "beds")];
    let system = System::adjusted(&home, &applications, |settings| settings.prune_cap = Some(50)).await;
    system.until_quiet().await;

    remove(&home, "roses");
    remove(&home, "tulips");
    system.controller.refresh_all();
    system.cluster.until_gone(&format!("{MAPS}/tulips")).await;
    system.until_quiet().await;

    for name in ["asters", "roses", "tulips"] {
        home.write(&file(name), manifests::config_map(name, "1"));
    }
    system.controller.refresh_all();
    system.cluster.until(&format!("{MAPS}/tulips"), |_| true).await;
    system.until_quiet().await;
    ["roses", "tulips", "lilies"].iter().for_each(|name| remove(&home, name));
    system.controller.refresh_all();
    system.cluster.until_told("beds", &["3 of 4 objects would be pruned", "deletion-approved"]).await;
    assert_eq!(live(&system).await.len(), 4);

    let application = system.cluster.get(&application_path("beds")).await.unwrap();
    let began: &Value = &application["status"]["operationState"]["startedAt"];
    let approval = json!({"metadata": {"annotations": {"argocd.argoproj.io/deletion-approved": began}}});
    system.cluster.merge(&application_path("beds"), &approval).await;
    system.until_quiet().await;
    assert_eq!(live(&system).await, ["asters"]);
}
