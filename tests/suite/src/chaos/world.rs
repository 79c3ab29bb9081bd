//! A folder, a cluster, a controller between them, and somebody who disturbs all three.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use http::{Method, Request};
use serde_json::{Value, json};
use windlass_pipeline::Settings;
use windlass_tests_support::{Home, eventually, try_eventually};

use super::{
    Ground,
    plot::{Plant, Plot, hook},
};
use crate::{
    Cluster,
    dice::Dice,
    in_process::{AGENT, REPOSITORY, Running},
    journal::{Journal, version},
    manifests,
};

pub struct World {
    seed: u64,
    home: Home,
    plot: Plot,
    ground: Ground,
    cluster: Cluster,
    running: Running,
    journal: Journal,
    dice: Dice,
    /// What the folder says.
    wanted: BTreeMap<Plant, usize>,
    /// How often there was a reason to write an object.
    reasons: HashMap<String, usize>,
    /// Versions that came about by our own hand.
    own: BTreeSet<u64>,
    /// Objects of nobody's, by path, with their UIDs.
    foreign: BTreeMap<String, Value>,
    /// Every value is another one.
    values: usize,
}

fn impatient(settings: &mut Settings) {
    settings.heal.base = Duration::from_millis(10);
    settings.heal.cap = Duration::from_millis(10);
}

fn application(plot: &Plot) -> Value {
    let mut application = manifests::application(&plot.name, REPOSITORY, &plot.name);
    application["metadata"]["namespace"] = plot.control_namespace.as_str().into();
    application["spec"]["syncPolicy"]["retry"] =
        json!({"limit": -1, "backoff": {"duration": "20ms", "factor": 1, "maxDuration": "20ms"}});
    application
}

impl World {
    pub async fn start(ground: Ground, seed: u64) -> Self {
        let (home, plot) = (Home::new(), Plot::of(seed));
        let mut wanted = BTreeMap::new();
        let mut reasons = HashMap::new();
        for plant in (0..5).map(Plant) {
            home.write(&plot.file(&plant.name()), plant.manifest(0).to_string());
            wanted.insert(plant, 0);
            reasons.insert(plant.name(), 1);
        }
        for (phase, policy) in [("PreSync", "BeforeHookCreation"), ("PostSync", "HookSucceeded")] {
            home.write(&plot.file(phase), hook(phase, policy).to_string());
        }
        let cluster = Cluster::of(ground.own.clone());
        for name in [&plot.name, &plot.control_namespace] {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            cluster.create("/api/v1/namespaces", &namespace).await;
        }
        let journal = Journal::of(&ground.own, &plot.collections()).await;
        let running = control(&ground, &plot, &home).await.expect("nothing is broken yet");
        let dice = Dice::new(seed);
        let (own, foreign) = (BTreeSet::new(), BTreeMap::new());
        let world = Self {
            seed,
            home,
            plot,
            ground,
            cluster,
            running,
            journal,
            dice,
            wanted,
            reasons,
            own,
            foreign,
            values: 0,
        };
        world.ground.set_faults(Some(world.faults().parse().expect("rules")));
        world.cluster.create(&world.plot.applications(), &application(&world.plot)).await;
        world
    }

    fn faults(&self) -> String {
        let rules = [
            "latency:15=0.05",
            "conflict=0.03,verb=patch",
            "throttle=0.03",
            "error=0.03",
            "unavailable=0.02",
            "timeout=0.04,verb=write",
            "expired=0.05,verb=list",
            "expired=0.05,verb=watch",
            "unavailable=0.1,resource=discovery",
            "drop:2=0.1",
            "silent=0.1",
            "duplicate=0.1",
            "reorder=0.1",
        ];
        let rules = rules.map(|rule| format!("{rule},agent={AGENT}"));
        format!("seed={};{}", self.seed, rules.join(";"))
    }

    /// Something happens, and now and then some time passes.
    pub async fn step(&mut self) {
        match self.dice.below(10) {
            0..4 => self.commit(),
            4..6 => self.edit().await,
            6 => self.uproot().await,
            7 => self.add_foreign().await,
            8 => self.label().await,
            _ => self.crash().await,
        }
        if self.dice.strikes(60) {
            let pause = self.dice.below(40) as u64;
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// The controller ends wherever it is, and another one starts.
    async fn crash(&mut self) {
        self.running.end().await;
        let again = || async { control(&self.ground, &self.plot, &self.home).await.ok() };
        self.running = eventually("a controller that starts", again).await;
    }

    fn value(&mut self) -> usize {
        self.values += 1;
        self.values
    }

    fn some_plant(&mut self) -> Plant {
        Plant(self.dice.below(Plant::ALL))
    }

    fn has_reason(&mut self, plant: Plant) {
        *self.reasons.entry(plant.name()).or_default() += 1;
    }

    /// Adds a file, changes it, or takes it away.
    fn commit(&mut self) {
        let plant = self.some_plant();
        self.has_reason(plant);
        if self.dice.strikes(30) && self.wanted.len() > 2 && self.wanted.remove(&plant).is_some() {
            std::fs::remove_file(self.home.path(&self.plot.file(&plant.name()))).expect("a file of ours");
        } else {
            let value = self.value();
            self.wanted.insert(plant, value);
            // Nobody sees half of a file.
            let written = self.home.write("next.json", plant.manifest(value).to_string());
            std::fs::rename(written, self.home.path(&self.plot.file(&plant.name()))).expect("a file of ours");
        }
        if self.dice.strikes(70) {
            self.running.controller.refresh_all();
        }
    }

    /// Somebody changes an object by hand.
    async fn edit(&mut self) {
        let (plant, value) = (self.some_plant(), self.value());
        self.has_reason(plant);
        self.patch(&self.plot.path(plant), &plant.edit(value)).await;
    }

    /// A label that nobody speaks of is nobody's business.
    async fn label(&mut self) {
        let (plant, value) = (self.some_plant(), self.value());
        self.patch(&self.plot.path(plant), &json!({"metadata": {"labels": {"seen": value.to_string()}}})).await;
    }

    /// Somebody deletes an object by hand.
    async fn uproot(&mut self) {
        let plant = self.some_plant();
        self.has_reason(plant);
        self.send(Method::DELETE, &self.plot.path(plant), "", &Value::Null).await;
    }

    /// An object of somebody else's; every second one carries the mark of one of ours, as copies do.
    async fn add_foreign(&mut self) {
        let (plant, value) = (self.some_plant(), self.value());
        let mut object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("foreign-{value}"), "namespace": self.plot.name},
        });
        if value.is_multiple_of(2) {
            let mark = format!("{0}:/ConfigMap:{0}/{1}", self.plot.name, plant.name());
            object["metadata"]["annotations"] = json!({"argocd.argoproj.io/tracking-id": mark});
        }
        let made = self
            .send(Method::POST, &self.plot.collections()[0], "application/json", &object)
            .await
            .expect("a collection");
        let path = format!("{}/foreign-{value}", &self.plot.collections()[0]);
        self.foreign.insert(path, made["metadata"]["uid"].clone());
    }

    async fn patch(&mut self, path: &str, patch: &Value) {
        if let Some(object) = self.send(Method::PATCH, path, "application/merge-patch+json", patch).await {
            self.own.insert(version(&object));
        }
    }

    /// The answer; `None` where there is no such object.
    async fn send(&self, method: Method, path: &str, media: &str, body: &Value) -> Option<Value> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", media)
            .body(body)
            .expect("a path is a URI");
        match self.ground.own.request::<Value>(request).await {
            Ok(object) => Some(object),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// No more faults; waits until the cluster is what the folder says and the controller rests.
    pub async fn calm_down(&mut self) {
        self.ground.set_faults(None);
        self.running.controller.refresh_all();
        if try_eventually(|| async { self.differences().await.is_empty().then_some(()) }).await.is_none() {
            let status = self.application().await["status"].take();
            panic!("seed {}: {:#?} for good, and the application: {status}", self.seed, self.differences().await);
        }
        self.running.until_quiet().await;
    }

    /// Leaves nothing behind on a ground that goes on.
    pub async fn end(mut self) {
        self.running.end().await;
        self.cluster.delete(&format!("{}/{}", self.plot.applications(), self.plot.name)).await;
        for name in [&self.plot.name, &self.plot.control_namespace] {
            self.cluster.delete(&format!("/api/v1/namespaces/{name}")).await;
        }
    }

    async fn application(&self) -> Value {
        self.cluster.get(&format!("{}/{}", self.plot.applications(), self.plot.name)).await.expect("nobody deletes it")
    }

    /// Plants that are not as the folder wants them.
    async fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for plant in (0..Plant::ALL).map(Plant) {
            let live = self.cluster.get(&self.plot.path(plant)).await;
            let (live, wanted) = (live.and_then(|object| plant.value_in(&object)), self.wanted.get(&plant));
            if live != wanted.map(ToString::to_string) {
                found.push(format!("{}: {live:?} instead of {wanted:?}", plant.name()));
            }
        }
        found
    }

    /// What has to hold in the end.
    pub async fn check(&self) {
        let seed = self.seed;
        assert_eq!(self.differences().await, Vec::<String>::new(), "seed {seed}");
        for (path, uid) in &self.foreign {
            let live = self.cluster.get(path).await;
            assert_eq!(live.map(|object| object["metadata"]["uid"].clone()).as_ref(), Some(uid), "seed {seed}: {path}");
        }
        let application = self.application().await;
        assert_eq!(application["status"]["operationState"]["phase"], "Succeeded", "seed {seed}: {application}");
        self.check_writes().await;
    }

    /// No object was written more often than there was a reason to.
    async fn check_writes(&self) {
        for plant in self.wanted.keys() {
            self.journal.until(&self.cluster.get(&self.plot.path(*plant)).await.expect("it is wanted")).await;
        }
        let mut writes = HashMap::<String, Vec<Value>>::new();
        for entry in self.journal.entries() {
            if entry.is_written() && !self.own.contains(&entry.version()) && entry.name().starts_with("plant-") {
                writes.entry(entry.name().to_owned()).or_default().push(entry.object);
            }
        }
        for (name, states) in writes {
            let reasons = self.reasons.get(&name).copied().unwrap_or_default();
            assert!(
                states.len() <= reasons,
                "seed {}: {name} was written {} times for {reasons} reasons: {states:#?}",
                self.seed,
                states.len()
            );
        }
    }
}

async fn control(ground: &Ground, plot: &Plot, home: &Home) -> Result<Running, windlass_cluster::Error> {
    Running::start(ground.broken.clone(), &plot.control_namespace, home, impatient).await
}
