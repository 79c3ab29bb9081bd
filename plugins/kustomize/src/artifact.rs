//! Remote files and repositories: every spelling kustomize takes for one.

use std::fmt;

/// Something a kustomization refers to that is not in the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Artifact {
    /// One file by `http://` or `https://`.
    File { url: String },
    /// A git repository, whole.
    Repository(Repository),
    /// A Helm chart, as the caller's renderer may ask for it.
    Chart { repo: String, name: String, version: String },
    /// The ResourceList that a component gave back, by the digest of the one that it got.
    Answer { component: String, digest: String, resources: String },
}

/// A git repository as a kustomization names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    /// What `git clone` takes: `https://host/org/repo`, `git@host:org/repo.git`, `file:///path`.
    pub url: String,
    /// Branch, tag or commit of `?ref=` (or `?version=`); empty for the default branch.
    pub reference: String,
    /// Whether submodules are wanted; they are unless `?submodules=false`.
    pub submodules: bool,
}

impl fmt::Display for Artifact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { url } => out.write_str(url),
            Self::Repository(Repository { url, reference, .. }) if reference.is_empty() => out.write_str(url),
            Self::Repository(Repository { url, reference, .. }) => write!(out, "{url} at {reference}"),
            Self::Chart { repo, name, version } => write!(out, "chart {name} {version} of {repo}"),
            Self::Answer { component, .. } => write!(out, "an answer of {component}"),
        }
    }
}

/// A base in a repository: the repository and the folder in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteBase {
    pub(crate) repository: Repository,
    pub(crate) path: String,
}

/// Whether a path is read over HTTP when it stands where a file is expected.
pub(crate) fn is_remote_file(path: &str) -> bool {
    let scheme = path.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    scheme == "http" || scheme == "https"
}

/// kustomize downloads an HTTP resource and, when that is no YAML, clones it. Without a network to try, the name of a
/// YAML or JSON file at the end of the path decides.
pub(crate) fn names_a_file(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    is_remote_file(url) && [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
}

/// Reads a base's spelling as a git repository; `None` when it is a path in the tree.
pub(crate) fn remote_base(spelling: &str) -> Option<RemoteBase> {
    if spelling.starts_with('/') {
        return None;
    }
    let (location, query) = spelling.split_once('?').unwrap_or((spelling, ""));
    let (host, rest) = split_host(location)?;
    let (repository, path) = split_repository(rest, host.to_ascii_lowercase().starts_with("file://"))?;
    if repository.is_empty() || leaves_repository(path) {
        return None;
    }
    let url = format!("{host}{repository}");
    let repository = Repository { url, reference: reference(query), submodules: wants_submodules(query) };
    Some(RemoteBase { repository, path: path.trim_start_matches('/').to_owned() })
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn split_host(location: &str) -> Option<(String, &str)> {
    let location = strip_prefix_ignoring_case(location, "git::").unwrap_or(location);
    let (scheme, rest) = ["ssh://", "https://", "http://", "file://"]
        .into_iter()
        .find_map(|scheme| Some((scheme, strip_prefix_ignoring_case(location, scheme)?)))
        .unwrap_or(("", location));
    let (user, rest) = split_user(rest);
    let github = ["github.com/", "github.com:"].iter().any(|host| strip_prefix_ignoring_case(rest, host).is_some());
    let scp_style = scheme.is_empty() && (!user.is_empty() || github);
    if scheme.is_empty() && !scp_style {
        return None;
    }
    if scheme == "file://" {
        return Some((scheme.to_owned(), &location[location.len() - rest.len() - user.len()..]));
    }
    let (host, rest) = match host_end(rest, scp_style) {
        Some(end) => rest.split_at(end + 1),
        None => (rest, ""),
    };
    let host = match (github, scheme == "ssh://" || !user.is_empty()) {
        (true, true) => format!("{user}github.com:"),
        (true, false) => "https://github.com/".to_owned(),
        (false, _) => format!("{scheme}{user}{host}"),
    };
    (!host.is_empty()).then_some((host, rest))
}

/// `name@` in front of the host.
fn split_user(text: &str) -> (&str, &str) {
    let Some(at) = text.find('@') else { return ("", text) };
    let name = &text[..at];
    let well_formed = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if well_formed { text.split_at(at + 1) } else { ("", text) }
}

fn host_end(text: &str, scp_style: bool) -> Option<usize> {
    let slash = text.find('/');
    let colon = text.find(':').filter(|_| scp_style);
    match (slash, colon) {
        (Some(slash), Some(colon)) if colon > 0 && colon < slash => Some(colon),
        (None, colon) => colon,
        (slash, _) => slash,
    }
}

/// Splits what follows the host into repository and folder: at `_git/NAME`, at `//`, after `.git`, or else after two
/// names.
fn split_repository(rest: &str, is_local: bool) -> Option<(&str, &str)> {
    if let Some(at) = rest.find("_git/") {
        let name_start = at + "_git/".len();
        let end = rest[name_start..].find('/').map_or(rest.len(), |slash| name_start + slash);
        return Some((&rest[..end], rest[end..].trim_start_matches('/')));
    }
    if let Some(at) = rest.find("//") {
        return Some((&rest[..at], &rest[at + 2..]));
    }
    if let Some(at) = rest.find(".git") {
        return Some(rest.split_at(at + ".git".len()));
    }
    if is_local {
        return Some((rest, ""));
    }
    let first = rest.find('/')?;
    let end = rest[first + 1..].find('/').map_or(rest.len(), |slash| first + 1 + slash);
    Some((&rest[..end], rest[end..].trim_start_matches('/')))
}

fn leaves_repository(path: &str) -> bool {
    crate::files::join("", path).is_none()
}

fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
}

fn reference(query: &str) -> String {
    query_value(query, "ref").or_else(|| query_value(query, "version")).unwrap_or_default().to_owned()
}

fn wants_submodules(query: &str) -> bool {
    !matches!(query_value(query, "submodules"), Some("0" | "f" | "F" | "false" | "False" | "FALSE"))
}
