//! Read back from a backup into a fresh cluster: what lives is adopted, no operation of before goes on, and nothing is
//! deleted before somebody asks.

use serde_json::{Value, json};
use windlass_tests_suite::{
    Cluster,
    cluster::{application_path, told},
    journal::Journal,
    manifests,
    program::Program,
};
use windlass_tests_support::Home;

use crate::{
    commands::windlass,
    system::{REPOSITORY, System},
};

const APPLICATIONS: &str = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
const MAPS: &str = "/api/v1/namespaces/beds/configmaps";
const MARK: &str = "/metadata/annotations/windlass.dev~1restored";
/// When the backup was made.
const THEN: &str = "2026-01-31T06:00:00Z";

fn file(name: &str) -> String {
    format!("things/beds/{name}.yaml")
}

/// What a cluster with these ConfigMaps had when it was backed up: the application and its objects.
struct Backup {
    application: Value,
    maps: Vec<Value>,
}

impl Backup {
    async fn of(home: &Home, names: &[&str]) -> Self {
        for name in names {
            home.write(&file(name), manifests::config_map(name, "1"));
        }
        let system = System::start(home, &[manifests::application("beds", REPOSITORY, "beds")]).await;
        system.until_quiet().await;
        let application = system.cluster.get(&application_path("beds")).await.unwrap();
        let mut maps = system.cluster.get(MAPS).await.unwrap()["items"].take();
        let maps = maps.as_array_mut().unwrap().drain(..).filter(|map| names.iter().any(|name| has_name(map, name)));
        let mut backup = Self { application, maps: maps.collect() };
        backup.age();
        backup.maps.iter_mut().chain([&mut backup.application]).for_each(forget_the_server);
        backup
    }

    /// As if it had not been made a moment ago.
    fn age(&mut self) {
        let status = &mut self.application["status"];
        status["reconciledAt"] = THEN.into();
        status["history"][0]["deployedAt"] = THEN.into();
        status["operationState"]["startedAt"] = THEN.into();
        status["operationState"]["finishedAt"] = THEN.into();
    }

    /// The backup was made in the middle of a sync that would prune.
    fn interrupt(&mut self) {
        let operation = json!({"sync": {"prune": true, "revision": "gone"}, "initiatedBy": {"automated": true}});
        self.application["operation"] = operation.clone();
        let state = &mut self.application["status"]["operationState"];
        *state = json!({"operation": operation, "phase": "Running", "startedAt": THEN});
    }

    /// Into a fresh cluster, where a controller is at work already.
    async fn restore(&self, home: &Home) -> (System, Journal) {
        let system = System::start(home, &[]).await;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "beds"}});
        system.cluster.create("/api/v1/namespaces", &namespace).await;
        let journal = Journal::of(&kube::Client::new(system.sandbox.client_service(), "default"), &[MAPS]).await;
        for map in &self.maps {
            system.cluster.create(MAPS, map).await;
        }
        system.cluster.create(APPLICATIONS, &self.application).await;
        (system, journal)
    }
}

fn has_name(object: &Value, name: &str) -> bool {
    object["metadata"]["name"] == name
}

/// What a server gives an object, tools for backups take away.
fn forget_the_server(object: &mut Value) {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
        metadata.remove(field);
    }
}

fn deleted(journal: &Journal) -> Vec<String> {
    let gone = journal.entries().into_iter().filter(|entry| entry.what == "DELETED");
    gone.map(|entry| entry.name().to_owned()).collect()
}

fn is_marked(application: &Value) -> bool {
    application.pointer(MARK).is_some()
}

fn remove(home: &Home, name: &str) {
    std::fs::remove_file(home.path(&file(name))).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_application_adopts_what_lives_and_prunes_only_once_somebody_has_asked() {
    let home = Home::new();
    let mut backup = Backup::of(&home, &["roses", "tulips", "lilies"]).await;
    backup.interrupt();
    // Git has gone on since.
    remove(&home, "roses");
    let (system, journal) = backup.restore(&home).await;
    let kept = system.cluster.until_told("beds", &["RestoredWarning", "ConfigMap roses", "--prune"]).await;
    assert!(!kept.contains("SyncError"), "{kept}");
    let application = system.cluster.get(&application_path("beds")).await.unwrap();
    assert!(is_marked(&application) && application.get("operation").is_none());
    assert_eq!(application["status"]["history"].as_array().unwrap().len(), 1, "what was done is known still");
    assert_ne!(application["status"]["operationState"]["startedAt"], THEN);
    let events = |list: &Value| list["items"].to_string().contains("Its unfinished operation is dropped");
    system.cluster.until("/api/v1/namespaces/argocd/events", events).await;

    // A commit is deployed all the same.
    home.write(&file("tulips"), manifests::config_map("tulips", "2"));
    system.controller.refresh_all();
    system.cluster.until(&format!("{MAPS}/tulips"), |map| map["data"]["value"] == "2").await;
    system.cluster.until_told("beds", &["RestoredWarning"]).await;
    assert_eq!(deleted(&journal), Vec::<String>::new());

    let sync = json!({"operation": {"sync": {"prune": true}, "initiatedBy": {"username": "gardener"}}});
    system.cluster.merge(&application_path("beds"), &sync).await;
    system.cluster.until_gone(&format!("{MAPS}/roses")).await;
    system.until_quiet().await;
    remove(&home, "lilies");
    system.controller.refresh_all();
    system.cluster.until_gone(&format!("{MAPS}/lilies")).await;
    system.until_quiet().await;
    assert_eq!(deleted(&journal), ["roses", "lilies"]);
    assert!(!is_marked(&system.cluster.get(&application_path("beds")).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_backup_has_no_objects_of_is_deployed_anew_and_in_full() {
    let home = Home::new();
    home.write(&file("door"), {
        let mut hook: Value = serde_json::from_str(&manifests::config_map("door", "1")).unwrap();
        hook["metadata"]["annotations"] = json!({"argocd.argoproj.io/hook": "PreSync"});
        hook.to_string()
    });
    let mut backup = Backup::of(&home, &["roses"]).await;
    backup.maps.clear();
    let (system, _) = backup.restore(&home).await;
    system.until_quiet().await;
    // The same revision was synced before, elsewhere: here its hook has not run.
    assert!(system.cluster.has(&format!("{MAPS}/door")).await && system.cluster.has(&format!("{MAPS}/roses")).await);
    let application = system.cluster.get(&application_path("beds")).await.unwrap();
    assert_eq!(application["status"]["history"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_without_statuses_is_known_by_the_label_of_its_tool() {
    let home = Home::new();
    let mut backup = Backup::of(&home, &["roses", "tulips"]).await;
    backup.interrupt();
    backup.application.as_object_mut().unwrap().remove("status");
    backup.application["operation"]["initiatedBy"] = json!({"username": "gardener"});
    backup.application["metadata"]["labels"] = json!({"velero.io/restore-name": "monday"});
    remove(&home, "roses");
    let (system, journal) = backup.restore(&home).await;
    system.cluster.until_told("beds", &["RestoredWarning", "ConfigMap roses"]).await;
    let application = system.cluster.get(&application_path("beds")).await.unwrap();
    assert!(application.get("operation").is_none() && !told(&application).contains("gone"), "{application}");

    // Without the mark it prunes by itself again.
    let unmarked = json!({"metadata": {"annotations": {"windlass.dev/restored": null}}});
    system.cluster.merge(&application_path("beds"), &unmarked).await;
    system.cluster.until_gone(&format!("{MAPS}/roses")).await;
    system.until_quiet().await;
    assert_eq!(deleted(&journal), ["roses"]);
}

/// A ConfigMap of an application, whose owner is an object by this UID.
fn owned(name: &str, owner: &Value) -> Value {
    let mut map: Value = serde_json::from_str(&manifests::config_map(name, "1")).unwrap();
    map["metadata"]["namespace"] = "default".into();
    map["metadata"]["annotations"] =
        json!({"argocd.argoproj.io/tracking-id": format!("beds:/ConfigMap:default/{name}")});
    map["metadata"]["ownerReferences"] = json!([owner]);
    map
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_that_do_not_live_are_left_out_at_the_import_and_check_warns_of_those_that_are_there() {
    let home = Home::new();
    let owner = |kind: &str, version: &str| json!({"apiVersion": version, "kind": kind, "name": "root", "uid": "dead"});
    let mut exported = owned("roses", &owner("Secret", "v1"));
    exported["metadata"]["uid"] = "of-before".into();
    exported["metadata"]["resourceVersion"] = "17".into();
    let file = home.write("backup.json", exported.to_string());
    let mut command = home.windlass();
    let sandbox = Program::start(command.args(["sandbox", "--load"]).arg(file));
    let kubeconfig = sandbox.until_printed("export KUBECONFIG=").await;
    assert!(sandbox.printed().contains("its owner does not live here and is left out: Secret root"));
    let cluster = Cluster::connect(&std::fs::read_to_string(&kubeconfig).unwrap()).await;

    // Of a kind that is not there yet nothing is collected; once it is, everything.
    let orphan = owned("tulips", &owner("Garden", "example.com/v1"));
    cluster.create("/api/v1/namespaces/default/configmaps", &orphan).await;
    let ended = windlass(&home, &["check", "--kubeconfig", &kubeconfig]);
    assert_eq!(ended.status, 0, "{}{}", ended.out, ended.err);
    let warning = "warning  ConfigMap default/tulips: its owner does not live: Garden root with UID dead";
    assert!(ended.out.contains(warning) && !ended.out.contains("roses"), "{}", ended.out);
    let imported = cluster.get("/api/v1/namespaces/default/configmaps/roses").await.unwrap();
    assert!(imported["metadata"].get("ownerReferences").is_none(), "{imported}");
}
