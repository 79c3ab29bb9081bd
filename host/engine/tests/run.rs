//! Syncs played through the state machine: what is live comes from a small model of a cluster.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashMap;

use serde_json::json;
use windlass_diff::{SyncOptions, Target};
use windlass_engine::{
    Live, Observed, Pair, Run, RunOptions, Step,
    plan::{Checks, plan},
    task::Outcome,
};
use windlass_model::{
    Health, HealthStatus, Object, ObjectKey,
    application::{OperationPhase, ResultCode, SyncOperation},
};

/// A cluster that takes every object, with the health that the test gives it.
#[derive(Default)]
struct Play {
    pairs: Vec<Pair>,
    hooks: Vec<Target>,
    options: RunOptions,
    live: HashMap<ObjectKey, Live>,
    health: HashMap<String, HealthStatus>,
    refused: Vec<String>,
    /// What was done, in order.
    done: Vec<String>,
}

fn object(kind: &str, name: &str, annotations: &[(&str, &str)]) -> Object {
    let annotations: serde_json::Map<_, _> =
        annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    let metadata = json!({"name": name, "namespace": "web", "uid": name, "annotations": annotations});
    Object::new(json!({"apiVersion": "v1", "kind": kind, "metadata": metadata})).unwrap()
}

impl Play {
    fn wants(mut self, kind: &str, name: &str, annotations: &[(&str, &str)]) -> Self {
        let object = object(kind, name, annotations);
        let target = Target::new(object.key(), object, None);
        if target.hooks.is_hook {
            self.hooks.push(target);
        } else {
            self.pairs.push(pair(target.key.clone(), Some(target), None));
        }
        self
    }

    fn holds(mut self, kind: &str, name: &str, annotations: &[(&str, &str)]) -> Self {
        let object = object(kind, name, annotations);
        let live = Live { object: object.clone().into(), health: None };
        self.pairs.push(pair(object.key(), None, Some(live.clone())));
        self.live.insert(object.key(), live);
        self
    }

    fn health(mut self, name: &str, status: HealthStatus) -> Self {
        self.health.insert(name.into(), status);
        self
    }

    fn refuses(mut self, name: &str) -> Self {
        self.refused.push(name.into());
        self
    }

    fn options(mut self, change: impl FnOnce(&mut RunOptions)) -> Self {
        change(&mut self.options);
        self
    }

    fn run(&self) -> Run {
        let refuse = |key: &ObjectKey, _: Option<&Object>| {
            self.refused.contains(&key.name.to_string()).then(|| "not permitted".to_owned())
        };
        let checks = Checks { refuse: &refuse };
        let observed = Observed(self.live.clone());
        let tasks = plan(&self.pairs, &self.hooks, &SyncOperation::default(), &self.options, &observed, &checks);
        Run::new(tasks, self.options.clone(), &[])
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
    fn play(&mut self, run: &mut Run, now: i64) -> Step {
        for _ in 0..50 {
            let observed = Observed(self.live.clone());
            match run.step(&observed, now) {
                Step::Act(batch) => {
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

fn phase(step: &Step) -> Option<OperationPhase> {
    match step {
        Step::Done { phase, .. } => Some(*phase),
        _ => None,
    }
}

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const HOOK: &str = "argocd.argoproj.io/hook";

#[test]
fn one_wave_without_hooks_succeeds_once_it_is_applied_whatever_its_health() {
    let mut play =
        Play::default().wants("ConfigMap", "a", &[]).wants("Pod", "b", &[]).health("b", HealthStatus::Degraded);
    let mut run = play.run();
    assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Succeeded));
    assert_eq!(play.done, ["apply a", "apply b"]);
    assert!(run.results().iter().all(|row| row.hook_phase == Some(OperationPhase::Running)));
}

#[test]
fn a_wave_waits_until_the_one_before_is_healthy() {
    let mut play = Play::default()
        .wants("Pod", "first", &[(WAVE, "-1")])
        .wants("ConfigMap", "second", &[])
        .health("first", HealthStatus::Progressing);
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 0), Step::Wait { .. }));
    assert_eq!(play.done, ["apply first"]);
    play.live.values_mut().for_each(|live| live.health = Some(Health::new(HealthStatus::Healthy, "")));
    assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Succeeded));
    assert_eq!(play.done, ["apply first", "apply second"]);
}

#[test]
fn waves_keep_their_distance() {
    let mut play = Play::default()
        .wants("ConfigMap", "first", &[(WAVE, "-1")])
        .wants("ConfigMap", "second", &[])
        .options(|options| options.wave_delay_ms = 2_000);
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 1_000), Step::Wait { until: Some(3_000), .. }));
    assert_eq!(phase(&play.play(&mut run, 3_000)), Some(OperationPhase::Succeeded));
}

#[test]
fn a_degraded_object_of_an_early_wave_fails_the_sync_and_runs_its_handlers() {
    let mut play = Play::default()
        .wants("Pod", "first", &[(WAVE, "-1")])
        .wants("ConfigMap", "second", &[])
        .wants("ConfigMap", "handler", &[(HOOK, "SyncFail")])
        .health("first", HealthStatus::Degraded);
    let mut run = play.run();
    assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Failed));
    assert_eq!(play.done, ["apply first", "apply handler"]);
}

#[test]
fn hooks_run_in_their_phases_and_hold_the_sync_up() {
    let mut play = Play::default()
        .wants("Job", "before", &[(HOOK, "PreSync")])
        .wants("ConfigMap", "main", &[])
        .wants("Job", "after", &[(HOOK, "PostSync"), ("argocd.argoproj.io/hook-delete-policy", "HookSucceeded")])
        .health("before", HealthStatus::Healthy)
        .health("after", HealthStatus::Healthy);
    let mut run = play.run();
    let Step::Done { phase, delete_hooks, .. } = play.play(&mut run, 0) else { panic!("not done") };
    assert_eq!(phase, OperationPhase::Succeeded);
    assert_eq!(play.done, ["apply before", "apply main", "apply after"]);
    let deleted: Vec<_> = delete_hooks.iter().map(|index| run.tasks[*index].key.name.to_string()).collect();
    assert_eq!(deleted, ["after"]);
}

#[test]
fn a_refused_object_stops_everything_before_anything_is_changed() {
    let mut play = Play::default().wants("ConfigMap", "a", &[]).wants("ConfigMap", "b", &[]).refuses("b");
    let mut run = play.run();
    assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Failed));
    assert!(play.done.is_empty());
    let rows = run.results();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].name.as_str(), rows[0].status), ("b", Some(ResultCode::SyncFailed)));
}

#[test]
fn nothing_is_pruned_unless_the_operation_says_so_and_the_object_allows_it() {
    let keep = [("argocd.argoproj.io/sync-options", "Prune=false")];
    let prune = |prune: bool| {
        let mut play = Play::default()
            .holds("ConfigMap", "old", &[])
            .holds("ConfigMap", "kept", &keep)
            .options(|options| options.prune = prune);
        let mut run = play.run();
        assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Succeeded));
        play.done
    };
    assert!(prune(false).is_empty());
    assert_eq!(prune(true), ["prune old"]);
}

#[test]
fn pruning_mirrors_the_waves_and_waits_for_a_confirmation() {
    let mut play = Play::default()
        .holds("ConfigMap", "low", &[(WAVE, "1")])
        .holds("ConfigMap", "high", &[(WAVE, "2")])
        .options(|options| {
            options.prune = true;
            options.sync = SyncOptions::parse(["Prune=confirm"]);
        });
    let mut run = play.run();
    let Step::Wait { message, .. } = play.play(&mut run, 0) else { panic!("does not wait") };
    assert!(message.contains("confirmation") && message.contains("high"), "{message}");
    run.options.confirmed = true;
    assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Succeeded));
    assert_eq!(play.done, ["prune high", "prune low"]);
}

#[test]
fn a_run_is_taken_up_from_its_recorded_results() {
    let mut play = Play::default()
        .wants("Job", "before", &[(HOOK, "PreSync")])
        .wants("ConfigMap", "main", &[])
        .health("before", HealthStatus::Progressing);
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 0), Step::Wait { .. }));
    let recorded = run.results();
    play.live.values_mut().for_each(|live| live.health = Some(Health::new(HealthStatus::Healthy, "")));
    let fresh = play.run();
    let mut resumed = Run::new(fresh.tasks, fresh.options, &recorded);
    assert_eq!(phase(&play.play(&mut resumed, 0)), Some(OperationPhase::Succeeded));
    assert_eq!(play.done, ["apply before", "apply main"]);
}

#[test]
fn a_dry_run_leaves_hooks_of_earlier_syncs_alone() {
    let mut play = Play::default()
        .wants("Job", "before", &[(HOOK, "PreSync"), ("argocd.argoproj.io/hook-delete-policy", "HookSucceeded")])
        .wants("Job", "again", &[(HOOK, "PreSync")])
        .options(|options| options.dry_run = true);
    for hook in ["before", "again"] {
        let earlier = object("Job", hook, &[(HOOK, "PreSync")]);
        play.live.insert(earlier.key(), Live { object: earlier.into(), health: None });
    }
    let mut run = play.run();
    let Step::Done { phase, delete_hooks, .. } = play.play(&mut run, 0) else { panic!("not done") };
    assert_eq!(phase, OperationPhase::Succeeded);
    assert_eq!(
        (play.done.as_slice(), delete_hooks.as_slice()),
        (["apply again", "apply before"].map(String::from).as_slice(), [].as_slice())
    );
}
