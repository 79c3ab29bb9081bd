//! Local folders in place of URLs: the working tree, and the repository behind it.

use std::{fs, path::Path, sync::Arc, time::Duration};

use windlass_model::{Tree, TreeError, TreePath};
use windlass_source::{
    Change, Credentials, Error, Freshness, MapRule, RepoUrl, Request, Revision, SourceOptions, Sources, remote_urls,
    watch,
};
use windlass_tests_support::GitRepository;

const URL: &str = "git@example.com:org/repo.git";

fn mapped(folder: &Path) -> Sources {
    let rule = MapRule::parse(&format!("{URL}={}", folder.display())).unwrap();
    Sources::new(SourceOptions { maps: vec![rule], ..SourceOptions::default() })
}

fn resolve(sources: &Sources, revision: &str) -> Result<Revision, Error> {
    sources.resolve(&Request {
        url: &RepoUrl::parse("ssh://git@EXAMPLE.com/org/repo").unwrap(),
        revision,
        tag_prefix: "",
        credentials: &Credentials::default(),
        freshness: Freshness::now(),
    })
}

fn tree(sources: &Sources, revision: &Revision) -> Arc<dyn Tree> {
    sources.tree(&RepoUrl::parse(URL).unwrap(), revision, &Credentials::default()).unwrap()
}

fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

fn names(tree: &dyn Tree, folder: &str) -> Vec<String> {
    tree.read_dir(&path(folder)).unwrap().into_iter().map(|entry| entry.name).collect()
}

/// What Git itself would record for the working tree.
fn git_tree_id(repository: &GitRepository) -> String {
    repository.git(&["add", "--all"]);
    repository.git(&["write-tree"])
}

#[test]
fn uncommitted_files_are_seen_under_the_id_that_git_would_give() {
    let repository = GitRepository::new();
    repository.write("a.yaml", "1").write("app/b.yaml", "2").commit("first");
    repository.write("a.yaml", "changed").write("app.d/new.yaml", "3").write("app/run.sh", "x");
    repository.write("app-x", "sorts before app/").link("app/link", "../a.yaml");
    repository.git(&["update-index", "--add", "--chmod=+x", "app/run.sh"]);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(repository.path().join("app/run.sh"), mode).unwrap();
    fs::create_dir(repository.path().join("empty")).unwrap();
    let sources = mapped(repository.path());
    let revision = resolve(&sources, "HEAD").unwrap();
    assert!(revision.is_working_tree());
    assert_eq!(revision.id, git_tree_id(&repository));
    let tree = tree(&sources, &revision);
    assert_eq!(&*tree.read(&path("app/link")).unwrap(), b"changed");
    assert_eq!(names(&*tree, ""), ["a.yaml", "app", "app-x", "app.d"]);
}

#[test]
fn ignored_files_are_left_out_unless_they_are_tracked() {
    let repository = GitRepository::new();
    repository.write("build/kept.yaml", "1").write("log/x.log", "1").commit("first");
    repository.write(".gitignore", "build/\n*.log\n!keep.log\n/only-top\n").write("build/out", "");
    repository.write("x.log", "").write("keep.log", "").write("only-top", "").write("sub/only-top", "");
    repository.write("sub/.gitignore", "!x.log\nsecret\n").write("sub/x.log", "").write("sub/secret", "");
    repository.write(".git/info/exclude", "private\n").write("private", "");
    let sources = mapped(repository.path());
    let revision = resolve(&sources, "").unwrap();
    let tree = tree(&sources, &revision);
    assert_eq!(names(&*tree, ""), [".gitignore", "build", "keep.log", "log", "sub"]);
    assert_eq!(names(&*tree, "build"), ["kept.yaml"]);
    assert_eq!(names(&*tree, "sub"), [".gitignore", "only-top", "x.log"]);
    assert_eq!(revision.id, git_tree_id(&repository));
}

#[test]
fn a_snapshot_stays_as_it_was_and_the_next_one_sees_what_was_saved() {
    let repository = GitRepository::new();
    let large = vec![b'x'; 2 << 20];
    repository.write("a.yaml", "1").write("large", &large).commit("first");
    let sources = mapped(repository.path());
    let before = resolve(&sources, "main").unwrap();
    let snapshot = tree(&sources, &before);
    assert_eq!(resolve(&sources, "main").unwrap().id, before.id);
    assert_eq!(snapshot.read(&path("large")).unwrap().len(), large.len());

    repository.write("a.yaml", "2").write("large", vec![b'y'; 2 << 20]);
    assert_eq!(&*snapshot.read(&path("a.yaml")).unwrap(), b"1");
    assert!(matches!(snapshot.read(&path("large")), Err(TreeError::Broken { .. })), "large files are not held");
    let after = resolve(&sources, "main").unwrap();
    assert_eq!(after.id, git_tree_id(&repository));
    assert_eq!(&*tree(&sources, &after).read(&path("a.yaml")).unwrap(), b"2");
}

#[test]
fn no_link_leads_out_of_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s3cret").unwrap();
    let repository = GitRepository::new();
    repository.link("file", outside.path().join("secret").to_str().unwrap());
    repository.link("folder", outside.path().to_str().unwrap()).link("up", "../../../../etc");
    repository.link(".gitignore", outside.path().join("secret").to_str().unwrap()).write("a", "");
    let sources = mapped(repository.path());
    let revision = resolve(&sources, "HEAD").unwrap();
    let tree = tree(&sources, &revision);
    assert_eq!(names(&*tree, ""), [".gitignore", "a", "file", "folder", "up"]);
    for leads_out in ["file", "folder/secret", "up/passwd"] {
        assert!(matches!(tree.read(&path(leads_out)), Err(TreeError::LeadsOut { .. })), "{leads_out}");
    }
}

#[test]
fn only_the_checked_out_branch_sees_the_working_tree() {
    let repository = GitRepository::new();
    let first = repository.write("a", "1").commit("first");
    repository.git(&["tag", "v1.0.0"]);
    repository.git(&["branch", "other"]);
    repository.write("a", "uncommitted");
    let sources = mapped(repository.path());
    for revision in ["", "HEAD", "main", "refs/heads/main"] {
        assert!(resolve(&sources, revision).unwrap().is_working_tree(), "{revision}");
    }
    for revision in ["other", "v1.0.0", "1.x", &first] {
        let revision = resolve(&sources, revision).unwrap();
        assert_eq!(revision.id, first);
        assert_eq!(&*tree(&sources, &revision).read(&path("a")).unwrap(), b"1");
    }
    assert!(matches!(resolve(&sources, "absent"), Err(Error::RevisionNotFound { .. })));

    let current = resolve(&sources, "HEAD").unwrap();
    let by_id = Revision::of_commit(&current.id).unwrap();
    assert_eq!(&*tree(&sources, &by_id).read(&path("a")).unwrap(), b"uncommitted");
}

#[test]
fn a_folder_without_a_repository_has_a_head_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), "1").unwrap();
    fs::write(folder.path().join(".gitignore"), "b*\n").unwrap();
    fs::write(folder.path().join("b.yaml"), "1").unwrap();
    let sources = mapped(folder.path());
    let revision = resolve(&sources, "HEAD").unwrap();
    assert_eq!(names(&*tree(&sources, &revision), ""), [".gitignore", "a.yaml"]);
    let error = resolve(&sources, "main").unwrap_err();
    assert!(error.to_string().contains("not a Git repository"), "{error}");
}

#[test]
fn a_folder_inside_a_repository_keeps_the_rules_from_above() {
    let repository = GitRepository::new();
    repository.write(".gitignore", "/sub/x\n").write("sub/x", "").write("sub/y", "");
    let sources = mapped(&repository.path().join("sub"));
    let revision = resolve(&sources, "HEAD").unwrap();
    assert_eq!(names(&*tree(&sources, &revision), ""), ["y"]);
}

#[test]
fn a_folder_knows_its_remotes() {
    let repository = GitRepository::new();
    repository.git(&["remote", "add", "fork", "https://me:s3cret@example.com/fork"]);
    repository.git(&["remote", "add", "origin", URL]);
    let urls: Vec<String> = remote_urls(repository.path()).iter().map(ToString::to_string).collect();
    assert_eq!(urls, [URL, "https://example.com/fork"]);
    assert_eq!(remote_urls(tempfile::tempdir().unwrap().path()), []);
}

#[test]
fn a_map_that_is_not_one_says_what_is_wrong() {
    assert!(MapRule::parse("https://example.com/a").unwrap_err().to_string().contains("URL=PATH"));
    assert!(MapRule::parse("https://example.com/a=/nonexistent").unwrap_err().to_string().contains("/nonexistent"));
}

#[test]
fn a_watch_reports_a_write_and_not_what_git_does_inside() {
    let repository = GitRepository::new();
    repository.write("sub/a", "1");
    let watch = watch(repository.path()).unwrap();
    repository.write(".git/objects/x", "");
    assert_eq!(watch.wait(Duration::from_millis(100)), Change::Nothing);
    repository.write("sub/a", "2");
    assert_eq!(watch.wait(Duration::from_secs(10)), Change::Written);
}
