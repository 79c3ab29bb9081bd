//! Chaos on embedded APIs, each seed on one of its own.

use windlass_tests_suite::chaos::{Ground, Season};

#[tokio::test(flavor = "multi_thread")]
async fn after_any_commits_edits_crashes_and_faults_the_cluster_is_what_was_wanted() {
    let season = Season { seeds: 50, at_once: 12, again: "cargo test -p windlass-tests-suite chaos" };
    season.play(Ground::embedded).await;
}
