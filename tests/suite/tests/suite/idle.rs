//! A reconcile that has nothing to do asks the API for nothing; the embedded API itself counts.

use windlass_tests_suite::manifests;
use windlass_tests_support::Home;

use crate::system::{REPOSITORY, System};

#[tokio::test(flavor = "multi_thread")]
async fn a_reconcile_without_a_change_makes_no_request() {
    let home = Home::new();
    for name in ["roses", "tulips", "lilies"] {
        home.write(&format!("things/{name}/value.yaml"), manifests::config_map("value", "1"));
        home.write(&format!("things/{name}/secret.yaml"), SECRET);
        home.write(&format!("things/{name}/web.yaml"), manifests::deployment("web"));
    }
    let applications = ["roses", "tulips", "lilies"].map(|name| manifests::application(name, REPOSITORY, name));
    let system = System::start(&home, &applications).await;
    system.until_quiet().await;

    for _ in 0..3 {
        let (before, looked) = (system.sandbox.requests(), looks(&system));
        system.controller.refresh_all();
        system.until_quiet().await;
        let made = system.sandbox.requests().since(&before);
        assert_eq!(made.total(), 0, "{made:?}");
        assert!(looks(&system) >= looked + 3, "not every application was looked at");
    }

    // The counter counts: a change is not free.
    let before = system.sandbox.requests();
    home.write("things/roses/value.yaml", manifests::config_map("value", "2"));
    system.controller.refresh_all();
    system.until_quiet().await;
    assert!(system.sandbox.requests().since(&before).total() > 0);
}

/// How often applications were looked at.
fn looks(system: &System) -> u64 {
    let metrics = system.controller.metrics();
    let counts = metrics.lines().filter(|line| line.starts_with("argocd_app_reconcile_count{"));
    counts.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}

const SECRET: &str =
    r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"a": "b"}}"#;
