//! What holds a prune back.

use windlass_diff::SyncOptions;
use windlass_engine::{PruneCap, Step};
use windlass_model::application::OperationPhase;

use crate::play::{Play, WAVE, object, phase};

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

/// Of ten objects some are to go, under a cap.
fn losing(count: usize, percent: u8) -> Play {
    let names: Vec<String> = (0..count).map(|index| format!("old-{index}")).collect();
    names.iter().fold(Play::default(), |play, name| play.holds("ConfigMap", name, &[])).options(|options| {
        options.prune = true;
        options.prune_cap = PruneCap { percent: Some(percent), objects: 10, ..PruneCap::default() };
    })
}

#[test]
fn more_than_a_share_of_the_objects_is_not_pruned_without_a_confirmation() {
    let mut few = losing(5, 50);
    let mut run = few.run();
    assert_eq!(phase(&few.play(&mut run, 0)), Some(OperationPhase::Succeeded));

    let mut many = losing(6, 50);
    let mut run = many.run();
    let Step::Wait { message, .. } = many.play(&mut run, 0) else { panic!("does not wait") };
    assert!(message.contains("6 of 10") && message.contains("50 %"), "{message}");
    assert!(many.done.is_empty());
    run.options.confirmed = true;
    assert_eq!(phase(&many.play(&mut run, 0)), Some(OperationPhase::Succeeded));
}

#[test]
fn what_goes_with_an_object_counts_and_what_stays_does_not() {
    let mut with_contents = losing(2, 50);
    with_contents.options.prune_cap.contents.insert(object("ConfigMap", "old-0", &[]).key(), 4);
    let mut run = with_contents.run();
    let Step::Wait { message, .. } = with_contents.play(&mut run, 0) else { panic!("does not wait") };
    assert!(message.contains("6 of 10"), "{message}");

    let mut kept = losing(6, 50).options(|options| options.prune = false);
    let mut run = kept.run();
    assert_eq!(phase(&kept.play(&mut run, 0)), Some(OperationPhase::Succeeded));
    assert!(kept.done.is_empty());
}
