//! `file://` URLs and paths: opened where they are.

use windlass_model::{EntryKind, Tree, TreeError, TreePath};
use windlass_source::{Credentials, Error, Freshness, RepoUrl, Request, Revision, SourceOptions, Sources};
use windlass_tests_support::GitRepository;

struct Local {
    repository: GitRepository,
    sources: Sources,
}

impl Local {
    fn new() -> Self {
        let options = SourceOptions { allow_local: true, ..SourceOptions::default() };
        Self { repository: GitRepository::new(), sources: Sources::new(options) }
    }

    fn url(&self) -> RepoUrl {
        RepoUrl::parse(&format!("file://{}", self.repository.path().display())).unwrap()
    }

    fn resolve(&self, revision: &str) -> Result<Revision, Error> {
        self.sources.resolve(&Request {
            url: &self.url(),
            revision,
            tag_prefix: "",
            credentials: &Credentials::default(),
            freshness: Freshness::now(),
        })
    }

    fn tree(&self) -> std::sync::Arc<dyn Tree> {
        let revision = self.resolve("HEAD").unwrap();
        self.sources.tree(&self.url(), &revision, &Credentials::default()).unwrap()
    }
}

fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

fn names(tree: &dyn Tree, folder: &str) -> Vec<String> {
    tree.read_dir(&path(folder)).unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn branches_tags_commits_and_abbreviations_resolve() {
    let local = Local::new();
    local.repository.write("a", "1");
    let first = local.repository.commit("first");
    local.repository.git(&["tag", "--annotate", "--message", "x", "v1.0.0"]);
    local.repository.write("a", "2");
    let second = local.repository.commit("second");
    local.repository.git(&["branch", "other", &first]);
    let resolved = |revision: &str| local.resolve(revision).unwrap().id;
    assert_eq!(resolved(""), second);
    assert_eq!(resolved("HEAD"), second);
    assert_eq!(resolved("main"), second);
    assert_eq!(resolved("refs/heads/other"), first);
    assert_eq!(resolved("v1.0.0"), first);
    assert_eq!(resolved("^1"), first);
    assert_eq!(resolved(&first), first);
    assert_eq!(resolved(&first[..9]), first);
    let error = local.resolve("absent").unwrap_err();
    assert!(matches!(&error, Error::RevisionNotFound { revision, .. } if revision == "absent"), "{error}");
    assert!(!error.is_transient());
}

#[test]
fn a_bare_repository_is_served_as_well() {
    let local = Local::new();
    local.repository.write("a.yaml", "body");
    let commit = local.repository.commit("first");
    local.repository.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    let url = RepoUrl::parse(local.repository.path().join("bare.git").to_str().unwrap()).unwrap();
    let tree = local.sources.tree(&url, &Revision::of_commit(&commit).unwrap(), &Credentials::default()).unwrap();
    assert_eq!(&*tree.read(&path("a.yaml")).unwrap(), b"body");
}

#[test]
fn files_and_folders_are_read_at_the_commit_that_was_resolved() {
    let local = Local::new();
    local.repository.write("app/web.yaml", "old").write("app/sub/x.yaml", "x").write("top", "t");
    local.repository.commit("first");
    let tree = local.tree();
    local.repository.write("app/web.yaml", "new");
    local.repository.commit("second");
    assert_eq!(&*tree.read(&path("app/web.yaml")).unwrap(), b"old");
    assert_eq!(names(&*tree, ""), ["app", "top"]);
    let app = tree.read_dir(&path("app")).unwrap();
    let kinds: Vec<_> = app.iter().map(|entry| (entry.name.as_str(), entry.kind, entry.size)).collect();
    assert_eq!(kinds, [("sub", EntryKind::Directory, 0), ("web.yaml", EntryKind::File, 3)]);
    assert!(matches!(tree.read(&path("app")), Err(TreeError::NotAFile { .. })));
    assert!(matches!(tree.read(&path("app/none")), Err(TreeError::NotFound { .. })));
    assert!(matches!(tree.read(&path("top/below")), Err(TreeError::NotFound { .. })));
    assert!(matches!(tree.read_dir(&path("top")), Err(TreeError::NotADirectory { .. })));
    let newer = local.tree();
    assert_eq!(tree.digest(&path("app/sub")), newer.digest(&path("app/sub")));
    assert_ne!(tree.digest(&path("app")), newer.digest(&path("app")));
    assert_eq!(tree.digest(&path("none")), Ok(None));
}

#[test]
fn links_are_followed_inside_the_tree_and_refused_outside() {
    let local = Local::new();
    local.repository.write("base/c.yaml", "c");
    for (link, target) in [
        ("app/base", "../base"),
        ("app/file", "base/c.yaml"),
        ("app/out", "../../etc/passwd"),
        ("app/absolute", "/etc/passwd"),
        ("app/dangling", "nowhere"),
        ("app/round", "round"),
        ("app/self", "."),
    ] {
        local.repository.link(link, target);
    }
    local.repository.commit("links");
    let tree = local.tree();
    assert_eq!(&*tree.read(&path("app/base/c.yaml")).unwrap(), b"c");
    assert_eq!(&*tree.read(&path("app/file")).unwrap(), b"c");
    assert_eq!(&*tree.read(&path("app/self/self/file")).unwrap(), b"c");
    assert!(matches!(tree.read(&path("app/out")), Err(TreeError::LeadsOut { .. })));
    assert!(matches!(tree.read(&path("app/absolute")), Err(TreeError::LeadsOut { .. })));
    assert!(matches!(tree.read(&path("app/dangling")), Err(TreeError::NotFound { .. })));
    assert!(matches!(tree.read(&path("app/round")), Err(TreeError::LinkLoop { .. })));
    assert_eq!(names(&*tree, "app"), ["absolute", "base", "file", "out", "self"]);
    assert_eq!(names(&*tree, "app/base"), ["c.yaml"]);
}

#[test]
fn a_folders_digest_changes_with_what_its_links_lead_to() {
    let local = Local::new();
    local.repository.write("base/c.yaml", "c").write("plain/p.yaml", "p").link("app/base", "../base");
    local.repository.commit("first");
    let before = local.tree();
    local.repository.write("base/c.yaml", "changed");
    local.repository.commit("second");
    let after = local.tree();
    assert_ne!(before.digest(&path("app")), after.digest(&path("app")));
    assert_eq!(before.digest(&path("plain")), after.digest(&path("plain")));
}

#[test]
fn what_is_not_a_repository_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::new();
    for missing in [folder.path().to_owned(), folder.path().join("none")] {
        let url = RepoUrl::parse(missing.to_str().unwrap()).unwrap();
        let request = Request {
            url: &url,
            revision: "",
            tag_prefix: "",
            credentials: &Credentials::default(),
            freshness: Freshness::now(),
        };
        let error = local.sources.resolve(&request).unwrap_err();
        assert!(matches!(error, Error::NotARepository { .. }), "{error}");
    }
    let empty = local.resolve("").unwrap_err();
    assert!(empty.to_string().contains("no default branch"), "{empty}");
}

#[test]
fn local_repositories_are_served_only_where_they_are_allowed() {
    let local = Local { repository: GitRepository::new(), sources: Sources::new(SourceOptions::default()) };
    assert!(matches!(local.resolve("HEAD"), Err(Error::UnsupportedUrl { .. })));
}

#[test]
fn transports_that_are_not_served_are_refused_by_name() {
    let sources = Sources::new(SourceOptions { allow_local: true, ..SourceOptions::default() });
    for (url, name) in [
        ("git@example.com:org/repo", "ssh"),
        ("ssh://me:s3cret@example.com/org/repo", "ssh"),
        ("git://example.com/a", "git://"),
        ("oci://example.com/chart", "oci"),
        ("ext::sh -c id", "ext"),
    ] {
        let request = Request {
            url: &RepoUrl::parse(url).unwrap(),
            revision: "",
            tag_prefix: "",
            credentials: &Credentials::default(),
            freshness: Freshness::now(),
        };
        let error = sources.resolve(&request).unwrap_err();
        assert!(matches!(error, Error::UnsupportedUrl { .. } | Error::NotARepository { .. }), "{url}: {error}");
        assert!(error.to_string().contains(name) && !error.to_string().contains("s3cret"), "{url}: {error}");
    }
}

#[test]
fn a_commit_is_described() {
    let local = Local::new();
    local.repository.write("a", "1").commit("Say why\n\nAt length.");
    local.repository.git(&["tag", "v1"]);
    local.repository.git(&["tag", "--annotate", "--message", "x", "stable"]);
    let revision = local.resolve("main").unwrap();
    let info = local.sources.describe(&local.url(), &revision, &Credentials::default()).unwrap().unwrap();
    assert_eq!(info.author, "Ada <ada@example.com>");
    assert_eq!(info.authored_at, 1_714_979_289);
    assert_eq!(info.message, "Say why\n\nAt length.");
    assert_eq!(info.tags, ["stable", "v1"]);
}
