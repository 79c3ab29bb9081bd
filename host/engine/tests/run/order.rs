//! What comes after what, and how a sync ends.

use windlass_engine::{Live, Step};
use windlass_model::{
    Health, HealthStatus,
    application::{OperationPhase, ResultCode},
};

use crate::play::{HOOK, Play, WAVE, object, phase};

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
