//! A run that ends at any point is taken up by the next process where it was.

use serde_json::json;
use windlass_engine::{Live, Past, Step};
use windlass_model::{
    Health, HealthStatus, Object,
    application::{OperationPhase, ResourceResult},
};

use crate::play::{HOOK, Play, WAVE, phase};

fn with_a_hook() -> Play {
    Play::default()
        .wants("Job", "before", &[(HOOK, "PreSync")])
        .wants("ConfigMap", "main", &[])
        .health("before", HealthStatus::Progressing)
        .options(|options| options.attempt = "web/1700000000/0".into())
}

fn heal(play: &mut Play) {
    play.live.values_mut().for_each(|live| live.health = Some(Health::new(HealthStatus::Healthy, "")));
}

#[test]
fn a_run_is_taken_up_from_its_recorded_results() {
    let mut play = with_a_hook();
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 0), Step::Wait { .. }));
    let recorded = run.results();
    heal(&mut play);
    let mut resumed = play.run_after(Past { written: Some(&recorded), next_wave_at: None });
    assert_eq!(phase(&play.play(&mut resumed, 0)), Some(OperationPhase::Succeeded));
    assert_eq!(play.done, ["apply before", "apply main"]);
}

#[test]
fn a_hook_that_nobody_has_recorded_is_known_by_its_mark_and_not_made_again() {
    let mut play = with_a_hook();
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 0), Step::Wait { .. }));
    heal(&mut play);
    let mut resumed = play.run_after(Past { written: Some(&[]), next_wave_at: None });
    assert_eq!(phase(&play.play(&mut resumed, 0)), Some(OperationPhase::Succeeded));
    assert_eq!(play.done, ["apply before", "apply main"]);
}

#[test]
fn a_hook_of_an_earlier_attempt_goes_before_it_is_made_anew() {
    let mut play = with_a_hook();
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 0), Step::Wait { .. }));
    play.options.attempt = "web/1700000000/1".into();
    let mut again = play.run();
    assert!(matches!(play.play(&mut again, 0), Step::Wait { .. }));
    assert_eq!(play.done, ["apply before", "delete before", "apply before"]);
}

#[test]
fn the_status_says_how_far_a_run_is_before_it_goes_on() {
    let phases = |results: &[ResourceResult]| results.iter().map(|row| row.hook_phase.unwrap()).collect::<Vec<_>>();
    let mut play = with_a_hook();
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 0), Step::Wait { .. }));
    assert_eq!(play.written.len(), 1);
    assert!(play.written[0].is_empty(), "the operation alone stands there before its first hook");
    heal(&mut play);
    assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Succeeded));
    // That the hook is over is said before its finalizer goes.
    assert_eq!(phases(&play.written[1]), [OperationPhase::Succeeded]);
}

#[test]
fn waves_are_written_down_one_by_one_and_a_single_one_not_at_all() {
    let mut waves = Play::default().wants("ConfigMap", "first", &[(WAVE, "-1")]).wants("ConfigMap", "second", &[]);
    let mut run = waves.run();
    assert_eq!(phase(&waves.play(&mut run, 0)), Some(OperationPhase::Succeeded));
    assert_eq!(waves.written.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1]);

    let mut single = Play::default().wants("ConfigMap", "a", &[]).wants("Secret", "b", &[]);
    let mut run = single.run();
    assert_eq!(phase(&single.play(&mut run, 0)), Some(OperationPhase::Succeeded));
    assert!(single.written.is_empty());
}

#[test]
fn a_pause_between_waves_outlasts_the_process() {
    let play = Play::default().wants("ConfigMap", "first", &[(WAVE, "-1")]).wants("ConfigMap", "second", &[]);
    let mut play = play.options(|options| options.wave_delay_ms = 2_000);
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 1_000), Step::Wait { until: Some(3_000), .. }));
    let recorded = run.results();
    let mut resumed = play.run_after(Past { written: Some(&recorded), next_wave_at: run.next_wave_at() });
    assert!(matches!(play.play(&mut resumed, 2_999), Step::Wait { until: Some(3_000), .. }));
    assert_eq!(phase(&play.play(&mut resumed, 3_000)), Some(OperationPhase::Succeeded));
}

#[test]
fn what_goes_before_it_has_come_to_its_end_fails_the_sync() {
    let mut play = with_a_hook();
    let mut run = play.run();
    assert!(matches!(play.play(&mut run, 0), Step::Wait { .. }));
    play.live.clear();
    assert_eq!(phase(&play.play(&mut run, 0)), Some(OperationPhase::Failed));
    assert!(run.results()[0].message.contains("is gone"), "{:?}", run.results());
}

#[test]
fn no_verdict_counts_that_is_about_an_earlier_generation() {
    let live = |observed: i64, status| Live {
        object: Object::new(json!({"metadata": {"generation": 2}, "status": {"observedGeneration": observed}}))
            .unwrap()
            .into(),
        health: Some(Health::new(status, "")),
    };
    let counted = |observed, status| live(observed, status).resource_health().unwrap().status;
    for verdict in [HealthStatus::Healthy, HealthStatus::Degraded] {
        assert_eq!(counted(1, verdict), HealthStatus::Progressing);
        assert_eq!(counted(2, verdict), verdict);
    }
    assert_eq!(counted(1, HealthStatus::Suspended), HealthStatus::Suspended);
}
