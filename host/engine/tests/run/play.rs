//! A cluster that is played: it takes every object, and gives it the health that the test says.

use std::collections::HashMap;

use serde_json::json;
use windlass_diff::Target;
use windlass_engine::{
    Live, Observed, Pair, Past, Run, RunOptions, Step,
    plan::{Checks, plan},
    task::Outcome,
};
use windlass_model::{
    Health, HealthStatus, Object, ObjectKey,
    application::{OperationPhase, ResourceResult, SyncOperation},
};

pub const WAVE: &str = "argocd.argoproj.io/sync-wave";
pub const HOOK: &str = "argocd.argoproj.io/hook";

/// A cluster that takes every object, with the health that the test gives it.
#[derive(Default)]
pub struct Play {
    pairs: Vec<Pair>,
    hooks: Vec<Target>,
    pub options: RunOptions,
    pub live: HashMap<ObjectKey, Live>,
    health: HashMap<String, HealthStatus>,
    refused: Vec<String>,
    /// What was done, in order.
    pub done: Vec<String>,
    /// What the status was made to say, in order.
    pub written: Vec<Vec<ResourceResult>>,
}

pub fn object(kind: &str, name: &str, annotations: &[(&str, &str)]) -> Object {
    let annotations: serde_json::Map<_, _> =
        annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    let metadata = json!({"name": name, "namespace": "web", "uid": name, "annotations": annotations});
    Object::new(json!({"apiVersion": "v1", "kind": kind, "metadata": metadata})).unwrap()
}

impl Play {
    pub fn wants(mut self, kind: &str, name: &str, annotations: &[(&str, &str)]) -> Self {
        let object = object(kind, name, annotations);
        let target = Target::new(object.key(), object, None);
        if target.hooks.is_hook {
            self.hooks.push(target);
        } else {
            self.pairs.push(pair(target.key.clone(), Some(target), None));
        }
        self
    }

    pub fn holds(mut self, kind: &str, name: &str, annotations: &[(&str, &str)]) -> Self {
        let object = object(kind, name, annotations);
        let live = Live { object: object.clone().into(), health: None };
        self.pairs.push(pair(object.key(), None, Some(live.clone())));
        self.live.insert(object.key(), live);
        self
    }

    pub fn health(mut self, name: &str, status: HealthStatus) -> Self {
        self.health.insert(name.into(), status);
        self
    }

    pub fn refuses(mut self, name: &str) -> Self {
        self.refused.push(name.into());
        self
    }

    pub fn options(mut self, change: impl FnOnce(&mut RunOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// A run of which nothing is known.
    pub fn run(&self) -> Run {
        self.run_after(Past::default())
    }

    /// A run that is taken up again.
    pub fn run_after(&self, past: Past<'_>) -> Run {
        let refuse = |key: &ObjectKey, _: Option<&Object>| {
            self.refused.contains(&key.name.to_string()).then(|| "not permitted".to_owned())
        };
        let checks = Checks { refuse: &refuse };
        let observed = Observed(self.live.clone());
        let tasks = plan(&self.pairs, &self.hooks, &SyncOperation::default(), &self.options, &observed, &checks);
        Run::new(tasks, self.options.clone(), past)
    }

    fn act(&mut self, run: &mut Run, indices: impl IntoIterator<Item = usize>, verb: &str) {
        for index in indices {
            let key = run.tasks[index].key.clone();
            self.done.push(format!("{verb} {}", key.name));
            if verb == "apply" {
                let target = run.tasks[index].target.clone().unwrap();
                let health = self.health.get(&*key.name).map(|status| Health::new(*status, "by test"));
                self.live.insert(key, Live { object: target.object, health });
                run.record(index, Outcome::Applied { message: "created".into() });
            } else {
                self.live.remove(&key);
                let outcome = match verb {
                    "prune" => Outcome::Pruned { message: "pruned".into() },
                    _ => Outcome::DeletionRequested,
                };
                run.record(index, outcome);
            }
        }
    }

    /// Plays until the run waits or ends.
    pub fn play(&mut self, run: &mut Run, now: i64) -> Step {
        for _ in 0..50 {
            let observed = Observed(self.live.clone());
            match run.step(&observed, now) {
                Step::Act(batch) => {
                    self.write_down(run);
                    for index in &batch.release {
                        self.release(&run.tasks[*index].key.clone());
                    }
                    let (prunes, skipped): (Vec<_>, Vec<_>) =
                        batch.prunes.iter().partition(|index| run.prune_skipped(**index).is_none());
                    for index in skipped {
                        let outcome = run.prune_skipped(index).unwrap();
                        run.record(index, outcome);
                    }
                    self.act(run, prunes, "prune");
                    self.act(run, batch.delete_first, "delete");
                    self.act(run, batch.applies.into_iter().flatten(), "apply");
                    if let Some(done) = run.finish_batch(now) {
                        return done;
                    }
                }
                other => return other,
            }
        }
        panic!("the run does not come to rest");
    }

    fn write_down(&mut self, run: &mut Run) {
        if run.is_unwritten() {
            run.wrote_down();
            self.written.push(run.results());
        }
    }

    fn release(&mut self, key: &ObjectKey) {
        let live = self.live.get_mut(key).unwrap();
        let mut object = (*live.object).clone();
        object.metadata_mut().remove("finalizers");
        live.object = object.into();
    }
}

fn pair(key: ObjectKey, target: Option<Target>, live: Option<Live>) -> Pair {
    Pair { key, target, live, differences: Vec::new(), is_ours: true, is_permitted: true }
}

pub fn phase(step: &Step) -> Option<OperationPhase> {
    match step {
        Step::Done { phase, .. } => Some(*phase),
        _ => None,
    }
}
