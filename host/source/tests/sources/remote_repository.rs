//! Repositories behind HTTP, on a loopback server that counts what it is asked.

use std::{fs, sync::Arc, thread, time::Duration};

use windlass_model::{Tree, TreeError, TreePath};
use windlass_source::{
    Credentials, Error, Freshness, Limits, Login, RepoUrl, Request, Revision, SourceOptions, Sources,
};
use windlass_tests_support::{GitRepository, GitRequest, GitServer};

/// `me:s3cret`
const AUTHORIZATION: &str = "Basic bWU6czNjcmV0";

struct Remote {
    repository: GitRepository,
    server: GitServer,
    cache: tempfile::TempDir,
    limits: Limits,
}

impl Remote {
    fn new() -> Self {
        let repository = GitRepository::new();
        let server = GitServer::start(repository.path());
        Self { repository, server, cache: tempfile::tempdir().unwrap(), limits: Limits::default() }
    }

    fn protected() -> Self {
        let repository = GitRepository::new();
        let server = GitServer::start_protected(repository.path(), AUTHORIZATION);
        Self { repository, server, cache: tempfile::tempdir().unwrap(), limits: Limits::default() }
    }

    fn sources(&self) -> Sources {
        Sources::new(SourceOptions {
            cache_dir: Some(self.cache.path().to_owned()),
            limits: self.limits.clone(),
            ..SourceOptions::default()
        })
    }

    fn url(&self) -> RepoUrl {
        RepoUrl::parse(&self.server.url(".git")).unwrap()
    }

    fn resolve(&self, sources: &Sources, revision: &str) -> Result<Revision, Error> {
        resolve_as(sources, &self.url(), revision, &Credentials::default())
    }

    fn tree(&self, sources: &Sources, revision: &str) -> Arc<dyn Tree> {
        let revision = self.resolve(sources, revision).unwrap();
        sources.tree(&self.url(), &revision, &Credentials::default()).unwrap()
    }
}

fn resolve_as(sources: &Sources, url: &RepoUrl, revision: &str, credentials: &Credentials) -> Result<Revision, Error> {
    sources.resolve(&Request { url, revision, tag_prefix: "", credentials, freshness: Freshness::now() })
}

fn basic(password: &str) -> Credentials {
    let login = Login::Basic { username: "me".to_owned(), password: password.to_owned() };
    Credentials { login, ..Credentials::default() }
}

fn read(tree: &dyn Tree, path: &str) -> String {
    String::from_utf8(tree.read(&TreePath::parse(path).unwrap()).unwrap().to_vec()).unwrap()
}

#[test]
fn a_branch_is_fetched_at_depth_one_and_then_increment_by_increment() {
    let remote = Remote::new();
    for number in 0..5 {
        remote.repository.write("app/web.yaml", format!("{number}")).commit("more");
    }
    let sources = remote.sources();
    assert_eq!(read(&*remote.tree(&sources, "main"), "app/web.yaml"), "4");
    let mirrors = fs::read_dir(remote.cache.path().join("git")).unwrap();
    let mirror = mirrors.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    assert!(mirror.join("shallow").exists(), "the history was left behind");

    remote.repository.write("app/web.yaml", "next").commit("next");
    assert_eq!(read(&*remote.tree(&sources, ""), "app/web.yaml"), "next");
    assert_eq!(remote.server.count(GitRequest::Fetch), 2);
    assert_eq!(read(&*remote.tree(&sources, ""), "app/web.yaml"), "next");
    assert_eq!(remote.server.count(GitRequest::Fetch), 2, "a commit that is here is not fetched again");
}

#[test]
fn tags_versions_abbreviations_and_other_references_resolve() {
    let remote = Remote::new();
    let first = remote.repository.write("a", "1").commit("first");
    remote.repository.git(&["tag", "--annotate", "--message", "x", "v1.4.0"]);
    remote.repository.git(&["update-ref", "refs/pull/7/head", &first]);
    let second = remote.repository.write("a", "2").commit("second");
    let sources = remote.sources();
    let resolved = |revision: &str| remote.resolve(&sources, revision).unwrap().id;
    assert_eq!(resolved("HEAD"), second);
    assert_eq!(resolved("v1.4.0"), first);
    assert_eq!(resolved(">=1.0.0 <2"), first);
    assert_eq!(resolved("refs/pull/7/head"), first);
    assert_eq!(resolved("pull/7/head"), first);
    assert_eq!(resolved(&first[..8]), first);
    assert_eq!(read(&*remote.tree(&sources, &first), "a"), "1");
    for absent in ["absent", "refs/heads/absent", "0123456789"] {
        let error = remote.resolve(&sources, absent).unwrap_err();
        assert!(matches!(error, Error::RevisionNotFound { .. }), "{absent}: {error}");
    }
}

#[test]
fn a_commit_that_the_server_does_not_have_is_named() {
    let remote = Remote::new();
    remote.repository.write("a", "1").commit("first");
    let revision = Revision::of_commit("0123456789012345678901234567890123456789").unwrap();
    let error = remote.sources().tree(&remote.url(), &revision, &Credentials::default()).err().unwrap();
    assert!(matches!(error, Error::RevisionNotFound { .. }), "{error}");
    assert!(error.to_string().contains(&revision.id), "{error}");
}

#[test]
fn many_applications_cost_one_listing_and_one_fetch() {
    let remote = Remote::new();
    remote.repository.write("a", "1").commit("first");
    let sources = remote.sources();
    let freshness = Freshness::now();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let url = remote.url();
                let credentials = Credentials::default();
                let request =
                    Request { url: &url, revision: "main", tag_prefix: "", credentials: &credentials, freshness };
                let revision = sources.resolve(&request).unwrap();
                assert_eq!(read(&*sources.tree(&url, &revision, &credentials).unwrap(), "a"), "1");
            });
        }
    });
    assert_eq!(remote.server.count(GitRequest::ListReferences), 1);
    assert_eq!(remote.server.count(GitRequest::Fetch), 1);
    remote.resolve(&sources, "main").unwrap();
    assert_eq!(remote.server.count(GitRequest::ListReferences), 2, "a fresh answer was asked for");
}

#[test]
fn the_cache_is_shared_and_can_be_deleted_at_any_time() {
    let remote = Remote::new();
    let commit = remote.repository.write("a", "1").commit("first");
    remote.tree(&remote.sources(), "main");
    let sources = remote.sources();
    assert_eq!(read(&*remote.tree(&sources, "main"), "a"), "1");
    assert_eq!(remote.server.count(GitRequest::Fetch), 1, "the second process finds what the first fetched");

    fs::remove_dir_all(remote.cache.path().join("git")).unwrap();
    assert_eq!(read(&*remote.tree(&sources, &commit), "a"), "1");
    let mirrors = fs::read_dir(remote.cache.path().join("git")).unwrap();
    let mirror = mirrors.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    fs::remove_dir_all(mirror.join("objects/pack")).unwrap();
    assert_eq!(read(&*remote.tree(&remote.sources(), &commit), "a"), "1");
}

#[test]
fn without_a_cache_folder_a_temporary_one_serves() {
    let remote = Remote::new();
    remote.repository.write("a", "1").commit("first");
    // A file where the folder should be: like a read-only folder, and it holds for root as well.
    let blocked = remote.cache.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let sources = Sources::new(SourceOptions { cache_dir: Some(blocked), ..SourceOptions::default() });
    assert_eq!(read(&*remote.tree(&sources, "main"), "a"), "1");
}

#[test]
fn the_right_login_is_let_in_and_a_wrong_one_is_not_printed() {
    let remote = Remote::protected();
    remote.repository.write("a", "1").commit("first");
    let sources = remote.sources();
    let url = remote.url();
    let revision = resolve_as(&sources, &url, "main", &basic("s3cret")).unwrap();
    assert_eq!(read(&*sources.tree(&url, &revision, &basic("s3cret")).unwrap(), "a"), "1");

    let error = resolve_as(&sources, &url, "main", &basic("hunter2")).unwrap_err();
    assert!(matches!(error, Error::AuthenticationFailed { .. }), "{error}");
    assert!(!format!("{error} {error:?} {:?}", basic("hunter2")).contains("hunter2"));
    assert!(!error.is_transient());
    let anonymous = resolve_as(&sources, &url, "main", &Credentials::default()).unwrap_err();
    assert!(anonymous.to_string().contains("repository Secret"), "{anonymous}");

    let fetched = sources.tree(&url, &revision, &Credentials::default()).err();
    assert!(
        matches!(fetched, Some(Error::AuthenticationFailed { .. })),
        "what one login fetched is not served to another: {fetched:?}"
    );
}

#[test]
fn a_login_in_the_url_is_used_and_never_printed() {
    let remote = Remote::protected();
    remote.repository.write("a", "1").commit("first");
    let sources = remote.sources();
    let with_login = |password: &str| {
        let url = remote.server.url(".git").replace("http://", &format!("http://me:{password}@"));
        resolve_as(&sources, &RepoUrl::parse(&url).unwrap(), "main", &Credentials::default())
    };
    with_login("s3cret").unwrap();
    let error = with_login("hunter2").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[test]
fn a_bearer_token_is_sent() {
    let repository = GitRepository::new();
    repository.write("a", "1").commit("first");
    let server = GitServer::start_protected(repository.path(), "Bearer t0ken");
    let sources = Sources::new(SourceOptions::default());
    let url = RepoUrl::parse(&server.url(".git")).unwrap();
    let credentials = Credentials { login: Login::Bearer("t0ken".to_owned()), ..Credentials::default() };
    resolve_as(&sources, &url, "main", &credentials).unwrap();
}

#[test]
fn a_repository_over_the_byte_cap_is_refused_by_name() {
    let mut remote = Remote::new();
    let noise: Vec<u8> = (0..200_000_u64).flat_map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()).collect();
    remote.repository.write("noise", noise).commit("big");
    remote.limits.fetch_bytes = 64 << 10;
    let sources = remote.sources();
    let revision = remote.resolve(&sources, "main").unwrap();
    let error = sources.tree(&remote.url(), &revision, &Credentials::default()).err().unwrap();
    assert!(matches!(error, Error::TooLarge { limit: 65536, setting: "fetch_bytes", .. }), "{error}");

    remote.limits.list_bytes = 10;
    let error = remote.resolve(&remote.sources(), "main").unwrap_err();
    assert!(matches!(error, Error::TooLarge { setting: "list_bytes", .. }), "{error}");
}

#[test]
fn a_server_that_never_answers_runs_into_the_time_cap() {
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = RepoUrl::parse(&format!("http://{}/repo", silent.local_addr().unwrap())).unwrap();
    let limits = Limits { list_time: Duration::from_millis(200), ..Limits::default() };
    let sources = Sources::new(SourceOptions { limits, ..SourceOptions::default() });
    let error = resolve_as(&sources, &url, "main", &Credentials::default()).unwrap_err();
    assert!(matches!(error, Error::Timeout { setting: "list_time", .. }), "{error}");
    assert!(error.is_transient());
}

#[test]
fn unreachable_missing_and_foreign_servers_are_told_apart() {
    let remote = Remote::new();
    let sources = remote.sources();
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let url = RepoUrl::parse(&format!("http://{closed}/repo")).unwrap();
    let error = resolve_as(&sources, &url, "main", &Credentials::default()).unwrap_err();
    assert!(matches!(error, Error::RepositoryUnreachable { .. }) && error.is_transient(), "{error}");

    let url = RepoUrl::parse(&remote.server.url("none")).unwrap();
    let error = resolve_as(&sources, &url, "main", &Credentials::default()).unwrap_err();
    assert!(matches!(error, Error::NotARepository { .. }) && !error.is_transient(), "{error}");
}

#[test]
fn a_small_pack_that_unpacks_to_much_is_refused() {
    let mut remote = Remote::new();
    remote.repository.write("zeros", vec![0; 4 << 20]).commit("bomb");
    remote.limits.object_bytes = 1 << 20;
    let sources = remote.sources();
    let revision = remote.resolve(&sources, "main").unwrap();
    let error = sources.tree(&remote.url(), &revision, &Credentials::default()).err().unwrap();
    assert!(matches!(error, Error::TooLarge { setting: "object_bytes", .. }), "{error}");
}

#[test]
fn a_file_over_the_cap_is_refused_and_the_others_are_served() {
    let mut remote = Remote::new();
    remote.repository.write("large", vec![b'x'; 2000]).write("small", "s").commit("first");
    remote.limits.file_bytes = 1000;
    let tree = remote.tree(&remote.sources(), "main");
    let large = tree.read(&TreePath::parse("large").unwrap());
    assert!(matches!(large, Err(TreeError::TooLarge { size: 2000, limit: 1000, .. })), "{large:?}");
    assert_eq!(read(&*tree, "small"), "s");
}
