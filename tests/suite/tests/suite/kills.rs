//! The controller is killed at every point of a sync with waves and hooks, and the next one takes the sync up: the
//! same operation, no hook twice, and nothing told that did not happen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use windlass_sandbox::{Requests, Sandbox, Verb};
use windlass_tests_suite::{
    Cluster,
    cluster::{application_path, is_settled},
    dice::{Dice, number},
    journal::{Entry, Journal},
    manifests,
    program::Program,
    site::{self, file_url},
};
use windlass_tests_support::{GitRepository, Home, eventually};

/// Kills of an ordinary run; `WINDLASS_KILLS` says otherwise, and `WINDLASS_KILL` names the seed of a single one.
const KILLS: u64 = 20;
/// A sync like this one takes about so many writes.
const WRITES: u64 = 20;
const AGENT: &str = "windlass/";
const NAMESPACE: &str = "orchard";
const COLLECTIONS: [&str; 3] = [
    "/api/v1/namespaces/orchard/configmaps",
    "/apis/batch/v1/namespaces/orchard/jobs",
    "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications",
];
/// What comes to be, in this order.
const ORDER: [&str; 5] = ["before", "first", "second", "third", "after"];

fn in_wave(name: &str, wave: &str) -> String {
    let mut object: Value = serde_json::from_str(&manifests::config_map(name, "1")).unwrap();
    object["metadata"]["annotations"] = json!({"argocd.argoproj.io/sync-wave": wave});
    object.to_string()
}

fn job(name: &str, phase: &str, policy: &str) -> String {
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "annotations": {
            "argocd.argoproj.io/hook": phase,
            "argocd.argoproj.io/hook-delete-policy": policy,
        }},
        "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "main", "image": "example.com/main:1"}],
        }}},
    })
    .to_string()
}

fn orchard() -> GitRepository {
    let repository = GitRepository::new();
    for (name, wave) in [("first", "-1"), ("second", "0"), ("third", "1")] {
        repository.write(&format!("orchard/{name}.json"), in_wave(name, wave));
    }
    repository.write("orchard/before.json", job("before", "PreSync", "BeforeHookCreation"));
    repository.write("orchard/after.json", job("after", "PostSync", "HookSucceeded"));
    repository.commit("an orchard");
    repository
}

/// A cluster with an application that nobody has looked at yet.
struct Stage {
    sandbox: Sandbox,
    cluster: Cluster,
    journal: Journal,
    kubeconfig: String,
    kubelet: JoinHandle<()>,
}

impl Stage {
    async fn set(home: &Home, seed: u64, repository: &GitRepository) -> Self {
        let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
        let client = kube::Client::new(sandbox.client_service(), "default");
        let cluster = Cluster::of(client.clone());
        site::install(&cluster).await;
        let pause = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cmd-params-cm"},
            "data": {"controller.sync.wave.delay.seconds": "0"},
        });
        cluster.create("/api/v1/namespaces/argocd/configmaps", &pause).await;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        cluster.create("/api/v1/namespaces", &namespace).await;
        let kubelet = tokio::spawn(windlass_simulator::run(client.clone(), windlass_simulator::Options::default()));
        let journal = Journal::of(&client, &COLLECTIONS).await;
        let application = manifests::application(NAMESPACE, &file_url(repository.path()), "orchard");
        cluster.create(COLLECTIONS[2], &application).await;
        let kubeconfig = home.write(&format!("kubeconfig-{seed}"), sandbox.kubeconfig());
        Self { sandbox, cluster, journal, kubeconfig: kubeconfig.display().to_string(), kubelet }
    }

    fn controller(&self, home: &Home) -> Program {
        let mut command = home.windlass();
        command.args(["controller", "--no-leader-election", "--allow-local-repositories", "--kubeconfig"]);
        Program::start(command.arg(&self.kubeconfig))
    }

    /// Lets a controller make so many writes, and kills it over the next one: before that is carried out, or before
    /// the controller has heard of it.
    async fn kill_over(&self, home: &Home, writes: u64, fault: &str) {
        let before = self.sandbox.requests();
        self.sandbox.set_faults(Some(format!("{fault}:{writes}=1,verb=write,agent={AGENT}").parse().unwrap()));
        let controller = self.controller(home);
        let comes = || async {
            let is_over = written(&self.sandbox.requests().since(&before)) > writes;
            let is_done = self.cluster.get(&application_path(NAMESPACE)).await.is_some_and(|app| is_settled(&app));
            (is_over || is_done).then_some(())
        };
        eventually("a write to kill the controller over", comes).await;
        // Dropping it kills it, with signal 9.
        drop(controller);
        self.sandbox.set_faults(None);
    }

    async fn until_settled(&self) -> Value {
        let application = self.cluster.until_settled(NAMESPACE).await;
        self.journal.until(&application).await;
        application
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.kubelet.abort();
    }
}

fn written(requests: &Requests) -> u64 {
    let is_write = |verb: Verb| !matches!(verb, Verb::Get | Verb::List | Verb::Watch);
    let writes = requests.0.iter().filter(|(key, _)| key.agent.starts_with(AGENT) && is_write(key.verb));
    writes.map(|(_, count)| count).sum()
}

/// The states of each object, by name.
fn by_name(entries: &[Entry]) -> BTreeMap<&str, Vec<&Entry>> {
    let mut states = BTreeMap::<&str, Vec<&Entry>>::new();
    for entry in entries {
        states.entry(entry.name()).or_default().push(entry);
    }
    states
}

fn is_complete(job: &Value) -> bool {
    let conditions = job["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|found| found["type"] == "Complete" && found["status"] == "True")
}

/// What has to hold, whenever the controller was killed.
fn check(entries: &[Entry], application: &Value) {
    let states = by_name(entries);
    for name in ORDER {
        let lives: BTreeSet<&str> = states[name].iter().map(|entry| entry.uid()).collect();
        assert_eq!(lives.len(), 1, "{name} was made {} times", lives.len());
    }
    for name in ["first", "second", "third"] {
        let writes = states[name].iter().filter(|entry| entry.is_written()).count();
        assert_eq!(writes, 1, "{name} was written {writes} times");
    }
    let made: Vec<u64> = ORDER.map(|name| states[name][0].version()).to_vec();
    assert!(made.is_sorted(), "made in another order: {made:?}");
    let done = |name: &str| states[name].iter().find(|entry| is_complete(&entry.object)).unwrap().version();
    assert!(done("before") < made[1], "the first wave began before the hook was over");

    let told: Vec<(u64, &Value)> = states[NAMESPACE]
        .iter()
        .map(|entry| (entry.version(), &entry.object["status"]["operationState"]))
        .filter(|(_, state)| !state.is_null())
        .collect();
    let begun: BTreeSet<&str> = told.iter().filter_map(|(_, state)| state["startedAt"].as_str()).collect();
    assert_eq!(begun.len(), 1, "one operation, and not {begun:?}");
    assert!(told[0].0 < made[0], "the first hook was made before anybody was told of the operation");
    for (version, state) in &told {
        match state["phase"].as_str() {
            Some("Running") => {}
            Some("Succeeded") => assert!(done("after") < *version, "success was told before the last hook was over"),
            _ => panic!("{state}"),
        }
    }
    assert_eq!(application["status"]["operationState"]["phase"], "Succeeded");
    assert_eq!(application["status"]["history"].as_array().map(Vec::len), Some(1));
    let results = application["status"]["operationState"]["syncResult"]["resources"].as_array().unwrap();
    let listed: BTreeSet<&str> = results.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(listed, BTreeSet::from(ORDER));
}

/// The first kills go through a sync write by write; later ones strike anywhere, and more than once.
fn kills(seed: u64) -> Vec<(u64, &'static str)> {
    let mut dice = Dice::new(seed);
    let faults = ["stop", "mute"];
    if seed < 2 * WRITES {
        return vec![(seed % WRITES, faults[((seed + seed / WRITES) % 2) as usize])];
    }
    let count = 1 + dice.below(3);
    (0..count).map(|_| (dice.below(WRITES as usize) as u64, faults[dice.below(2)])).collect()
}

async fn play(home: &Home, seed: u64, repository: &GitRepository) {
    println!("seed {seed}: WINDLASS_KILL={seed} cargo test -p windlass-tests-suite kill");
    let stage = Stage::set(home, seed, repository).await;
    for (writes, fault) in kills(seed) {
        stage.kill_over(home, writes, fault).await;
    }
    let _controller = stage.controller(home);
    let application = stage.until_settled().await;
    check(&stage.journal.entries(), &application);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_survives_the_kill_of_its_controller_at_any_point() {
    let seeds = match number("WINDLASS_KILL") {
        Some(seed) => seed..seed + 1,
        None => 0..number("WINDLASS_KILLS").unwrap_or(KILLS),
    };
    // One home, so that components are compiled once.
    let (home, repository) = (Home::new(), orchard());
    for seed in seeds {
        play(&home, seed, &repository).await;
    }
}
