//! A generator that misbehaves in the way its parameter `do` names.

use std::{collections::HashMap, env, fs, hint::black_box, process, thread, time};

use serde_json::json;
use windlass_sdk::{
    Diagnostic, Failure,
    generator::{
        Generator, Manifest, Need, Origin, Outcome, Output, Request, clock, cluster, entropy, secrets, signing, source,
    },
    log,
};

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Deed {
    Behave,
    Loop,
    Sleep,
    AwaitClock,
    Memory,
    Recursion,
    Output,
    Log,
    ErrorOutput,
    HostCalls,
    Trap,
    Exit,
    InvalidUtf8,
    InvalidJson,
    Empty,
    Warn,
    Needs,
    Artifact,
    Ambient,
    LeadOut,
    Capabilities,
    Draw,
    Sign,
    SignLong,
    Clock,
    Unavailable,
}

#[derive(serde::Deserialize)]
struct Parameters {
    r#do: Deed,
}

struct Hostile;

windlass_sdk::export_generator!(Hostile);

impl Generator for Hostile {
    fn generate(request: &Request) -> Result<Output, Failure> {
        let Parameters { r#do } = request.parameters()?;
        match r#do {
            Deed::Behave | Deed::Needs => Ok(said("behaved")),
            Deed::Loop => loop {
                black_box(());
            },
            Deed::Sleep => {
                thread::sleep(time::Duration::from_secs(3600));
                Ok(said("slept"))
            }
            Deed::AwaitClock => {
                let start = time::Instant::now();
                while start.elapsed() < time::Duration::from_secs(1) {}
                Ok(said("waited"))
            }
            Deed::Memory => Ok(said(&hoard().to_string())),
            Deed::Recursion => Ok(said(&dig(1).to_string())),
            Deed::Output => Ok(Output::from(vec![Manifest { body: vec![b' '; 128 << 20], origin: None }])),
            Deed::Log => loop {
                log::info(&"flood ".repeat(100));
            },
            Deed::ErrorOutput => loop {
                #[expect(clippy::print_stderr, reason = "floods it")]
                {
                    eprintln!("{}", "flood ".repeat(100));
                }
            },
            Deed::HostCalls => loop {
                black_box(source::read("none")).unwrap_or_default();
            },
            Deed::Trap => panic!("the deck is awash"),
            Deed::Exit => process::exit(3),
            Deed::InvalidUtf8 => Err(Diagnostic::error("x", not_text()).into()),
            Deed::InvalidJson => Ok(Output::from(vec![Manifest { body: b"{\"kind\":".to_vec(), origin: None }])),
            Deed::Empty => Ok(Output::from(Vec::new())),
            Deed::Warn => {
                let warning = Diagnostic::warning("old", "is old").at_line("a.yaml", 3);
                Ok(Output { diagnostics: vec![warning], ..said("warned") })
            }
            Deed::Artifact => Ok(said(&artifact(request))),
            Deed::Ambient => Ok(said(&ambient())),
            Deed::LeadOut => Ok(said(&format!("{:?}", source::read("../../../etc/passwd")))),
            Deed::Draw => Ok(said(&drawn())),
            Deed::Sign => Ok(said(&signed())),
            Deed::SignLong => Ok(said(&format!("{:?}", signing::sign(&"-----BEGIN ".repeat(1_000), b"message")))),
            Deed::Clock => Ok(said(&format!("{:?}", clock::now(86_400, 0)))),
            Deed::Capabilities => Ok(said(&capabilities())),
            Deed::Unavailable => Err(Failure::Unavailable("the registry is down".into())),
        }
    }

    fn run(request: &Request) -> Result<Outcome, Failure> {
        let Parameters { r#do } = request.parameters()?;
        if matches!(r#do, Deed::Needs) && request.artifacts.is_empty() {
            let origin = Origin::HelmChart(("https://charts.example.com".into(), "web".into(), "^1".into()));
            return Ok(Outcome::Needs(vec![Need { id: "web".into(), origin, digest: None, at: None }]));
        }
        Self::generate(request).map(Outcome::Done)
    }
}

fn said(what: &str) -> Output {
    Output::of(
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "said" }, "data": { "said": what } }),
    )
}

fn hoard() -> usize {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(vec![hoard.len() as u8; 1 << 20]);
        black_box(&hoard);
    }
}

#[expect(unconditional_recursion, reason = "that is the deed")]
fn dig(depth: u64) -> u64 {
    black_box([depth; 64]);
    dig(black_box(depth + 1)) + 1
}

fn not_text() -> String {
    // SAFETY: none; the host must not trust it.
    unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe]) }
}

fn artifact(request: &Request) -> String {
    let artifact = &request.artifacts[0];
    format!("{:?}", source::read(&format!("{}/Chart.yaml", artifact.mount)).map(|body| body.len()))
}

/// What the surroundings give away: nothing, and the same each time.
fn ambient() -> String {
    let file = fs::read("/etc/passwd").map(|body| body.len()).map_err(|error| error.kind());
    let clock = time::SystemTime::now().duration_since(time::UNIX_EPOCH).map(|since| since.as_secs());
    let order: HashMap<u32, ()> = (0..32).map(|key| (key, ())).collect();
    let order: Vec<_> = order.into_keys().collect();
    format!("{:?} {:?} {file:?} {clock:?} {order:?}", env::vars().count(), env::args().count())
}

fn capabilities() -> String {
    let query = cluster::Query {
        api_version: "v1".into(),
        kind: "Secret".into(),
        namespace: None,
        name: None,
        selector: String::new(),
    };
    let lookup = cluster::lookup(&query).map(|found| found.len());
    let drawn = entropy::draw("a", 16).map(|bytes| bytes.len());
    let now = clock::now(0, 0);
    let secret = secrets::get("token").map(|value| value.len());
    format!("{lookup:?} {drawn:?} {now:?} {secret:?}")
}

/// The key of RFC 8410, twice; then what is no key, what is another kind of thing, and what is too long.
fn signed() -> String {
    let key = block("PRIVATE KEY", "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC");
    let [once, again] = [(); 2].map(|()| signing::sign(&key, b"message").map(|signature| signature.len()));
    let refused = [
        ("hunter2".to_owned(), 7),
        (block("PRIVATE KEY", "aHVudGVyMg=="), 7),
        (block("PUBLIC KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="), 7),
        (key.repeat(1_000), 7),
        (key.clone(), 2 << 20),
    ];
    let refused = refused.map(|(key, length)| signing::sign(&key, &vec![7; length]).err().unwrap_or_default());
    format!("{once:?} {}\n{}", once == again, refused.join("\n"))
}

fn block(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// Two sites, the first of them twice, and a key; then more than is given at a time.
fn drawn() -> String {
    let [first, second, again] = ["a", "b", "a"].map(|site| entropy::draw(site, 8));
    let key = entropy::private_key("k", entropy::KeyKind::Ed25519).map(|pem| pem.len());
    let same =
        entropy::private_key("k", entropy::KeyKind::Ed25519) == entropy::private_key("k", entropy::KeyKind::Ed25519);
    let flood = entropy::draw("a", 100_000).is_err();
    format!("{} {} {key:?} {same} {flood} {first:?}", first == again, first == second)
}
