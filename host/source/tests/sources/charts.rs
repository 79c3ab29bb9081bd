//! Helm repositories and single files, on loopback web servers that count what they are asked.

use std::time::Duration;

use windlass_model::TreePath;
use windlass_source::{
    Chart, ChartRelease, ChartRequest, Credentials, Error, Freshness, Limits, Login, RepoUrl, SourceOptions, Sources,
};
use windlass_tests_support::{Answer, WebServer, archive};

/// `me:s3cret`
const AUTHORIZATION: &str = "Basic bWU6czNjcmV0";

fn sources(limits: Limits) -> Sources {
    Sources::new(SourceOptions { limits, ..SourceOptions::default() })
}

fn login() -> Credentials {
    let login = Login::Basic { username: "me".into(), password: "s3cret".into() };
    Credentials { login, ..Credentials::default() }
}

/// A chart whose only file is its version.
fn chart(version: &str) -> Vec<u8> {
    archive(&[("web/Chart.yaml", version.as_bytes())])
}

/// How a chart is asked for.
struct Asked<'a> {
    server: &'a WebServer,
    version: &'a str,
    credentials: Credentials,
    pass_credentials: bool,
    freshness: Freshness,
}

impl<'a> Asked<'a> {
    fn new(server: &'a WebServer, version: &'a str) -> Self {
        let credentials = Credentials::default();
        Self { server, version, credentials, pass_credentials: false, freshness: Freshness::now() }
    }

    fn of(&self, sources: &Sources) -> Result<(ChartRelease, Chart), Error> {
        let repository = RepoUrl::parse(&self.server.url("/charts")).unwrap();
        let request = ChartRequest {
            repository: &repository,
            chart: "web",
            version: self.version,
            credentials: &self.credentials,
            pass_credentials: self.pass_credentials,
            freshness: self.freshness,
        };
        let release = sources.charts().find(&request)?;
        let chart = sources.charts().fetch(&request, &release)?;
        Ok((release, chart))
    }
}

fn manifest(chart: &Chart) -> String {
    let body = chart.tree.read(&TreePath::parse("Chart.yaml").unwrap()).unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn one_index_serves_every_version_and_each_archive_is_fetched_once() {
    let server = WebServer::start();
    server.serve_charts(&[("web", "1.0.0", &chart("one")), ("web", "1.4.0", &chart("four"))]);
    let sources = sources(Limits::default());
    let since = Freshness::now();
    for (version, expected) in [("1.x", "four"), ("1.0.0", "one"), ("", "four"), ("^1.0", "four")] {
        let (_, chart) = Asked { freshness: since, ..Asked::new(&server, version) }.of(&sources).unwrap();
        assert_eq!(manifest(&chart), expected, "{version}");
    }
    assert_eq!(server.requests(), ["/charts/index.yaml", "/charts/web-1.4.0.tgz", "/charts/web-1.0.0.tgz"]);
    // A look at the repository anew asks for the index, and for no archive that its digest pins.
    Asked::new(&server, "1.x").of(&sources).unwrap();
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_version_that_is_not_there_is_named_with_those_that_are() {
    let server = WebServer::start();
    server.serve_charts(&[("web", "1.0.0", &chart("one"))]);
    let error = Asked::new(&server, "2.x").of(&sources(Limits::default())).err().unwrap();
    assert!(matches!(error, Error::ChartNotFound { .. }));
    assert!(error.to_string().contains("web \"2.x\" not found: the repository has 1.0.0"), "{error}");
}

#[test]
fn an_archive_that_is_not_what_the_index_says_is_refused() {
    let server = WebServer::start();
    server.serve_charts(&[("web", "1.0.0", &chart("one"))]).serve_file("/charts/web-1.0.0.tgz", chart("other"));
    let error = Asked::new(&server, "1.0.0").of(&sources(Limits::default())).err().unwrap();
    assert!(matches!(error, Error::DigestMismatch { .. }) && !error.is_transient(), "{error}");
}

#[test]
fn hostile_archives_and_indexes_end_at_their_limits() {
    let server = WebServer::start();
    let limits = Limits { index_bytes: 1 << 20, archive_bytes: 1 << 20, ..Limits::default() };
    let refusal = || Asked::new(&server, "1.0.0").of(&sources(limits.clone())).err().unwrap().to_string();
    let zeros = vec![0; 8 << 20];
    server.serve_charts(&[("web", "1.0.0", &archive(&[("web/bomb", &zeros)]))]);
    assert!(refusal().contains("archive_ratio"), "{}", refusal());
    server.serve_charts(&[("web", "1.0.0", &archive(&[("web/../../etc/passwd", b"x")]))]);
    assert!(refusal().contains("leads out"), "{}", refusal());
    server.serve("/charts/web-1.0.0.tgz", Answer::Endless(64 << 20));
    assert!(refusal().contains("archive_bytes"), "{}", refusal());
    server.serve("/charts/index.yaml", Answer::Endless(64 << 20));
    assert!(refusal().contains("index_bytes"), "{}", refusal());
    server.serve_file("/charts/index.yaml", "<html>");
    assert!(refusal().contains("the index cannot be read"), "{}", refusal());
}

#[test]
fn credentials_go_to_their_own_server_unless_the_application_passes_them() {
    let (repository, store) = (WebServer::start_protected(AUTHORIZATION), WebServer::start());
    let body = chart("one");
    let archive = store.url("/web-1.0.0.tgz");
    let index = format!("entries:\n  web:\n  - {{version: 1.0.0, urls: ['{archive}']}}\n");
    repository.serve_file("/charts/index.yaml", index);
    store.serve_file("/web-1.0.0.tgz", body);
    let asked = || Asked { credentials: login(), ..Asked::new(&repository, "1.0.0") };
    asked().of(&sources(Limits::default())).unwrap();
    assert_eq!(repository.authorizations(), [Some(AUTHORIZATION.to_owned())]);
    assert_eq!(store.authorizations(), [None]);
    Asked { pass_credentials: true, ..asked() }.of(&sources(Limits::default())).unwrap();
    assert_eq!(store.authorizations(), [None, Some(AUTHORIZATION.to_owned())]);
}

#[test]
fn credentials_are_left_behind_when_a_server_redirects_to_another() {
    let (server, other) = (WebServer::start_protected(AUTHORIZATION), WebServer::start());
    other.serve_file("/b", "b");
    server.serve("/a", Answer::Redirect("/moved".into())).serve("/moved", Answer::Redirect(other.url("/b")));
    let sources = sources(Limits::default());
    let file = sources.web_files().get(&server.url("/a"), &login(), Freshness::now()).unwrap();
    assert_eq!((&*file, other.authorizations()), (&b"b"[..], vec![None]));
    assert!(server.authorizations().iter().all(Option::is_some));
    let refused = sources.web_files().get(&server.url("/a"), &Credentials::default(), Freshness::now()).unwrap_err();
    assert!(matches!(refused, Error::AuthenticationFailed { .. }) && !refused.to_string().contains("s3cret"));
}

#[test]
fn files_end_at_their_limits_and_are_fetched_once() {
    let server = WebServer::start();
    let get = |limits: Limits, path: &str| {
        sources(limits).web_files().get(&server.url(path), &Credentials::default(), Freshness::now())
    };
    server.serve("/endless", Answer::Endless(64 << 20)).serve("/loop", Answer::Redirect("/loop".into()));
    server.serve("/to-file", Answer::Redirect("file:///etc/passwd".into())).serve_file("/a", "a");
    let small = Limits { web_file_bytes: 1 << 20, ..Limits::default() };
    assert!(matches!(get(small, "/endless"), Err(Error::TooLarge { .. })));
    assert!(get(Limits::default(), "/loop").unwrap_err().to_string().contains("10 redirects"));
    assert!(get(Limits::default(), "/to-file").unwrap_err().to_string().contains("redirects to file"));
    assert!(matches!(get(Limits::default(), "/none"), Err(Error::FileNotFound { .. })));
    assert!(matches!(get(Limits { web_time: Duration::ZERO, ..Limits::default() }, "/a"), Err(Error::Timeout { .. })));
    let sources = sources(Limits::default());
    let before = server.requests().len();
    for _ in 0..3 {
        let recent = Freshness::within(Duration::from_secs(60));
        sources.web_files().get(&server.url("/a"), &Credentials::default(), recent).unwrap();
    }
    assert_eq!(server.requests().len(), before + 1);
}

#[test]
fn while_the_server_is_down_known_versions_are_served_and_ranges_are_not() {
    let server = WebServer::start();
    server.serve_charts(&[("web", "1.0.0", &chart("one"))]);
    let sources = sources(Limits::default());
    Asked::new(&server, "1.x").of(&sources).unwrap();
    server.set_down(true);
    assert_eq!(Asked::new(&server, "1.0.0").of(&sources).unwrap().0.version, "1.0.0");
    assert!(Asked::new(&server, "1.x").of(&sources).err().unwrap().is_transient());
}
