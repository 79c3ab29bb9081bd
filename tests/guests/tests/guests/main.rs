//! Every hostile guest ends as designed, the host stays up, and the error names the plugin and the limit.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod packed;
mod refusals;
mod transformers;
mod wit;

use std::{sync::Arc, time::Duration};

use windlass_model::{ClockReading, Digest, Lookup, MemoryTree, TreePath};
use windlass_runtime::{
    Artifact, CallError, Capability, Clock, Decision, Disposition, Entropy, GenerateRequest, Generated, Grants, Kind,
    Limit, Limits, Plugin, Refused, Runtime, RuntimeOptions, Seed, Services, Stop,
};
use windlass_tests_guests::HOSTILE;

fn runtime() -> &'static Runtime {
    static RUNTIME: std::sync::OnceLock<Runtime> = std::sync::OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new(RuntimeOptions::default()).unwrap())
}

fn hostile() -> Arc<Plugin> {
    runtime().load(HOSTILE).unwrap()
}

/// The defaults, smaller where a test would wait for them.
fn limits() -> Limits {
    Limits { deadline: Duration::from_secs(30), fuel: 10_000_000_000, ..Limits::of(Kind::Generator) }
}

fn request(deed: &str) -> GenerateRequest {
    let tree = MemoryTree::default().with("app/a.yaml", "a");
    GenerateRequest::new(Arc::new(tree), TreePath::parse("app").unwrap(), format!(r#"{{"do":"{deed}"}}"#))
}

fn run(request: &GenerateRequest, grants: &Grants, limits: &Limits) -> Result<Generated, CallError> {
    runtime().generate(&hostile(), grants, request, limits)
}

/// What the guest said it did.
fn said(deed: &str) -> String {
    text(&run(&request(deed), &Grants::denied(), &limits()).unwrap())
}

fn text(generated: &Generated) -> String {
    let object: serde_json::Value = serde_json::from_slice(&generated.manifests[0].body).unwrap();
    object["data"]["said"].as_str().unwrap().to_owned()
}

/// How the host stopped it; the message names the plugin.
fn stopped(deed: &str, limits: &Limits) -> (Stop, String, Disposition) {
    let error = run(&request(deed), &Grants::denied(), limits).unwrap_err();
    let (message, disposition) = (error.to_string(), error.disposition());
    assert!(message.starts_with("plugin hostile@"), "{message}");
    let CallError::Stopped { stop, .. } = error else { panic!("{message}") };
    (stop, message, disposition)
}

fn overruns(deed: &str, limits: &Limits, expected: Limit, words: &str) {
    let (stop, message, _) = stopped(deed, limits);
    assert!(matches!(stop, Stop::Over { limit, .. } if limit == expected), "{message}");
    assert!(message.ends_with(words), "{message}");
    assert_eq!(said("behave"), "behaved", "the host stays up");
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let limits = Limits { fuel: 10_000_000, ..limits() };
    overruns("loop", &limits, Limit::Fuel, "overran its fuel limit of 10000000 units");
}

#[test]
fn an_endless_loop_with_much_fuel_meets_the_deadline_and_is_tried_again() {
    let limits = Limits { deadline: Duration::from_millis(50), fuel: u64::MAX, ..limits() };
    overruns("loop", &limits, Limit::Deadline, "overran its deadline limit of 50 ms");
    assert_eq!(stopped("loop", &limits).2, Disposition::BackOff);
}

#[test]
fn sleeping_does_not_sleep_and_a_clock_that_stands_still_costs_host_calls() {
    assert_eq!(said("sleep"), "slept");
    let limits = Limits { host_calls: 1_000, ..limits() };
    overruns("await-clock", &limits, Limit::HostCalls, "overran its host-call limit of 1000");
}

#[test]
fn a_memory_hog_meets_the_memory_limit() {
    overruns("memory", &limits(), Limit::Memory, "overran its memory limit of 256 MiB");
}

#[test]
fn deep_recursion_is_a_trap_and_is_not_tried_again() {
    let (stop, message, disposition) = stopped("recursion", &limits());
    assert!(matches!(stop, Stop::Trapped { .. }), "{message}");
    assert_eq!(disposition, Disposition::UntilInputChanges);
}

#[test]
fn too_much_output_is_not_copied_out() {
    overruns("output", &limits(), Limit::Output, "overran its output limit of 32 MiB");
}

#[test]
fn floods_of_log_lines_error_output_and_host_calls_end() {
    overruns("log", &limits(), Limit::Log, "overran its log limit of 256 KiB");
    overruns("error-output", &limits(), Limit::Log, "overran its log limit of 256 KiB");
    let limits = Limits { host_calls: 500, ..limits() };
    overruns("host-calls", &limits, Limit::HostCalls, "overran its host-call limit of 500");
}

#[test]
fn a_panic_is_a_trap_that_carries_its_last_words() {
    let (stop, message, _) = stopped("trap", &limits());
    assert!(matches!(stop, Stop::Trapped { .. }) && message.contains("the deck is awash"), "{message}");
}

#[test]
fn exit_text_that_is_none_and_json_that_is_none_each_have_a_name() {
    assert_eq!(stopped("exit", &limits()).0, Stop::Exited { status: 1 });
    assert!(matches!(stopped("invalid-utf8", &limits()).0, Stop::InvalidOutput { .. }));
    let (stop, message, _) = stopped("invalid-json", &limits());
    assert!(matches!(stop, Stop::InvalidOutput { .. }) && message.contains("manifest 1"), "{message}");
}

#[test]
fn an_empty_output_is_not_taken_for_an_intended_one() {
    let generated = run(&request("empty"), &Grants::denied(), &limits()).unwrap();
    assert!(generated.manifests.is_empty() && !generated.intentionally_empty);
}

#[test]
fn the_surroundings_give_nothing_away_and_are_the_same_each_time() {
    let first = said("ambient");
    assert!(first.starts_with("0 0 Err("), "{first}");
    assert!(first.contains("Ok(0)"), "{first}");
    assert_eq!(first, said("ambient"));
    assert!(said("lead-out").contains("LeadsOut"));
}

#[test]
fn what_a_plugin_says_itself_is_told_apart_from_what_happens_to_it() {
    let error = run(&request("unavailable"), &Grants::denied(), &limits()).unwrap_err();
    assert!(matches!(error, CallError::Failed { .. }));
    assert_eq!(error.disposition(), Disposition::BackOff);
    assert!(error.to_string().ends_with("unavailable: the registry is down"), "{error}");
    let generated = run(&request("warn"), &Grants::denied(), &limits()).unwrap();
    assert_eq!(generated.diagnostics[0].to_string(), "a.yaml:3: is old");
}

#[test]
fn a_need_comes_back_as_an_artifact_that_the_source_serves() {
    let generated = run(&request("needs"), &Grants::denied(), &limits()).unwrap();
    assert_eq!((generated.needs[0].id.as_str(), generated.manifests.len()), ("web", 0));
    let chart = Arc::new(MemoryTree::default().with("Chart.yaml", "name: web"));
    let artifact = Artifact { id: "web".into(), digest: Digest::of(b"chart"), tree: chart };
    let again = GenerateRequest { artifacts: vec![artifact], ..request("artifact") };
    assert_eq!(text(&run(&again, &Grants::denied(), &limits()).unwrap()), "Ok(9)");
}

#[test]
fn the_same_work_costs_the_same_fuel() {
    let fuel = || run(&request("behave"), &Grants::denied(), &limits()).unwrap().usage.fuel;
    assert_eq!(fuel(), fuel());
}

struct Cluster;

impl Services for Cluster {
    fn lookup(&self, query: &Lookup) -> Result<Vec<Vec<u8>>, Refused> {
        if query.kind == "Secret" { Err(Refused::Denied("secrets are not shown".into())) } else { Ok(Vec::new()) }
    }

    fn secret(&self, _: &str) -> Result<Vec<u8>, Refused> {
        Ok(b"hunter2".to_vec())
    }
}

/// Takes longer for each answer than `DEADLINE` gives to all of them.
struct Slow;

const DEADLINE: Duration = Duration::from_millis(50);

impl Services for Slow {
    fn lookup(&self, _: &Lookup) -> Result<Vec<Vec<u8>>, Refused> {
        std::thread::sleep(2 * DEADLINE);
        Ok(Vec::new())
    }

    fn secret(&self, _: &str) -> Result<Vec<u8>, Refused> {
        Err(Refused::NotFound)
    }
}

#[test]
fn time_that_the_host_takes_counts_towards_the_deadline() {
    let request = GenerateRequest { services: Some(Arc::new(Slow)), ..request("capabilities") };
    let grants = Grants::denied().with(Capability::Cluster, Decision::Granted);
    let error = run(&request, &grants, &Limits { deadline: DEADLINE, ..limits() }).unwrap_err();
    assert!(error.to_string().ends_with("overran its deadline limit of 50 ms"), "{error}");
    assert_eq!(error.disposition(), Disposition::BackOff);
}

#[test]
fn capabilities_are_granted_denied_or_keep_the_plugin_from_running() {
    let asked = request("capabilities");
    let undecided = run(&asked, &Grants::default(), &limits()).unwrap_err().to_string();
    assert!(
        undecided.contains("asks for cluster, entropy, clock, secrets, on which nobody has decided"),
        "{undecided}"
    );

    let denied = run(&asked, &Grants::denied(), &limits()).unwrap();
    assert_eq!(text(&denied).matches("Denied(").count(), 4, "{}", text(&denied));

    let granted = Capability::ALL.iter().fold(Grants::denied(), |grants, one| grants.with(*one, Decision::Granted));
    let asked = GenerateRequest { services: Some(Arc::new(Cluster)), ..asked };
    let generated = run(&asked, &granted, &limits()).unwrap();
    assert!(text(&generated).contains("Ok(16)") && text(&generated).contains("Ok(7)"), "{}", text(&generated));
    assert!(text(&generated).contains("secrets are not shown"), "{}", text(&generated));
    assert!(!generated.cacheable, "secrets are in no read set");
    assert_eq!(generated.reads.lookups().count(), 1, "a refusal is an answer as well");
}

fn only(capability: Capability) -> Grants {
    Grants::denied().with(capability, Decision::Granted)
}

#[test]
fn a_seed_gives_each_site_and_application_its_own_bytes_and_the_same_ones_each_time() {
    let drawn = |seed: &[u8], name: &str| {
        let mut asked = request("draw");
        asked.entropy = Entropy::Seeded(Seed::new(seed));
        asked.application.name = name.into();
        run(&asked, &only(Capability::Entropy), &limits()).unwrap()
    };
    let first = drawn(b"one", "web");
    assert!(text(&first).starts_with("true false Ok(119) true true Ok(["), "{}", text(&first));
    assert!(first.is_random && first.cacheable);
    assert_eq!(text(&first), text(&drawn(b"one", "web")));
    assert_ne!(text(&first), text(&drawn(b"one", "api")), "another application");
    assert_ne!(text(&first), text(&drawn(b"two", "web")), "another installation");
}

#[test]
fn without_a_seed_each_run_draws_anew_and_is_not_reused() {
    let drawn = || run(&request("draw"), &only(Capability::Entropy), &limits()).unwrap();
    let first = drawn();
    assert!(first.is_random && !first.cacheable);
    assert_ne!(text(&first), text(&drawn()));
}

#[test]
fn signatures_need_no_grant_and_what_cannot_sign_is_refused_in_words_that_do_not_show_it() {
    let generated = run(&request("sign"), &Grants::denied(), &limits()).unwrap();
    let expected = [
        "Ok(64) true",
        "no PEM data in input",
        "decoding PEM as PKCS#8: asn1: syntax error",
        "no private key data in PEM block of type PUBLIC KEY",
        "a key of 119000 bytes, the limit is 16384",
        "a message of 2097152 bytes, the limit is 1048576",
    ];
    assert_eq!(text(&generated).lines().collect::<Vec<_>>(), expected);
    assert!(generated.cacheable && !generated.is_random, "the same question gets the same answer");
}

#[test]
fn a_signature_weighs_by_the_length_of_its_key() {
    let limits = Limits { host_calls: 1_000, ..limits() };
    assert!(run(&request("sign"), &Grants::denied(), &limits).is_ok());
    overruns("sign-long", &limits, Limit::HostCalls, "overran its host-call limit of 1000");
    assert_eq!(said("sign-long"), "Err(\"no PEM data in input\")");
}

#[test]
fn the_clock_is_as_coarse_as_the_plugin_asks_and_the_host_allows_and_what_was_read_is_recorded() {
    let read = |granularity| {
        let clock = Clock { now: 1_000_000_000, granularity };
        run(&GenerateRequest { clock, ..request("clock") }, &only(Capability::Clock), &limits()).unwrap()
    };
    for (granularity, answer) in [(Some(3_600), 999_993_600), (Some(864_000), 999_648_000), (None, 1_000_000_000)] {
        let generated = read(granularity);
        assert_eq!(text(&generated), format!("Ok({answer})"));
        assert_eq!(generated.reads.clock().map(|reading| reading.answer).collect::<Vec<_>>(), [answer]);
        assert!(generated.cacheable && !generated.is_random);
    }
    let recorded: Vec<_> = read(Some(3_600)).reads.clock().copied().collect();
    assert_eq!(recorded, [ClockReading::at(1_000_000_000, 86_400, 0)]);
}
