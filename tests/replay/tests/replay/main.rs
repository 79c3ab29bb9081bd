//! The embedded server gives the answers that a real one gave.

use windlass_tests_replay::{known, replay, scenario};

/// Enough to see what is wrong, not so much that nobody reads it.
const SHOWN: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_the_real_server_but_for_known_differences() {
    let report = replay(&[]).await.expect("the scenarios can be played");
    let known = known().expect("the list of known differences is valid");
    let unknown = known.unknown(&report.differences);
    let shown: String = unknown.iter().take(SHOWN).map(|difference| difference.to_string()).collect();
    assert!(unknown.is_empty(), "{} answers have become unequal, the first:\n{shown}", unknown.len());
    let settled = known.settled(&report.differences);
    assert!(settled.is_empty(), "equal by now, take them off known.txt with `replay known`:\n{}", settled.join("\n"));
}

#[test]
fn the_scenarios_are_many_and_each_step_is_recorded() {
    let scenarios = scenario::all().expect("valid scenarios");
    let steps: usize = scenarios.iter().map(|scenario| scenario.steps.len()).sum();
    assert!(steps >= 1_500, "{steps} requests");
    for scenario in scenarios {
        let recorded = windlass_tests_replay::answer::recorded(&scenario.name).expect("valid answers");
        let recorded: Vec<&str> = recorded.iter().map(|answer| answer.step.as_str()).collect();
        let wanted: Vec<&str> = scenario.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(recorded, wanted, "{}: record it again", scenario.name);
    }
}
