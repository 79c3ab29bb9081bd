//! Repository URLs: which transport serves one, and which spellings name the same repository.
//!
//! Invariant: user name and password of a URL are kept apart from its text, which is safe to print.

use std::{fmt, path::PathBuf};

use gix::url::Scheme;

use crate::{Error, Login};

/// A parsed repository URL. Displays without its user name and password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RepoUrl {
    text: String,
    location: Location,
    login: Login,
}

/// Where a repository lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Location {
    /// An `http` or `https` URL without user name and password.
    Http(String),
    Local(PathBuf),
    /// A transport that is not served, and why. Its URL can still be mapped to a folder.
    Unserved(String),
}

impl RepoUrl {
    /// Reads any URL or path that Git understands. Only `https`, `http`, `file` and paths are served; others
    /// are refused by name when something is asked of them.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let refuse = |reason: &str| Error::UnsupportedUrl { url: redact(text), reason: reason.to_owned() };
        if text.is_empty() {
            return Err(refuse("the URL is empty"));
        }
        let mut url = gix::url::parse(text).map_err(|_| refuse("not a URL that Git understands"))?;
        let login = url.user().map_or(Login::Anonymous, |username| Login::Basic {
            username: username.to_owned(),
            password: url.password().unwrap_or_default().to_owned(),
        });
        let location = match &url.scheme {
            Scheme::File => {
                let path = gix::path::from_bstr(url.path.clone()).map_err(|_| refuse("its path is not UTF-8"))?;
                Location::Local(path.into_owned())
            }
            Scheme::Http | Scheme::Https => {
                url.set_user(None);
                url.set_password(None);
                Location::Http(url.to_bstring().to_string())
            }
            Scheme::Ssh => Location::Unserved("ssh is not supported yet; use the repository's https URL".to_owned()),
            Scheme::Git => Location::Unserved("git:// is not encrypted and not supported; use https".to_owned()),
            other => Location::Unserved(format!("{other} is not a Git transport; use https or file")),
        };
        Ok(Self { text: redact(text), location, login })
    }

    /// The URL without user name and password.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether both spellings name one repository, as Argo CD sees it.
    pub fn is_same(&self, other: &RepoUrl) -> bool {
        is_same_url(&self.text, &other.text)
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// The user name and password that stood in the URL.
    pub(crate) fn login(&self) -> &Login {
        &self.login
    }
}

impl fmt::Display for RepoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RepoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepoUrl({})", self.text)
    }
}

/// Whether two spellings name one repository: case, a trailing `.git` or slash, the user, the default port
/// and the scp form of ssh (`git@host:path`) make no difference.
pub fn is_same_url(left: &str, right: &str) -> bool {
    let left = normalise(left);
    !left.is_empty() && left == normalise(right)
}

/// The spelling under which URLs are compared. Not a URL to connect to: its case is lost.
pub fn normalise(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let url = match scp_form(&url) {
        Some((host, path)) => format!("ssh://{host}/{}", path.trim_start_matches('/')),
        None => url,
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("file", &url));
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix(".git").unwrap_or(rest).trim_end_matches('/');
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = default_port(scheme).and_then(|port| host.strip_suffix(port)).unwrap_or(host);
    if host.is_empty() && path.is_empty() { String::new() } else { format!("{scheme}://{host}{path}") }
}

/// Replaces the user name and password in a URL.
pub(crate) fn redact(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// Splits `user@host:path`, which is ssh without a scheme.
fn scp_form(url: &str) -> Option<(&str, &str)> {
    if url.contains("://") {
        return None;
    }
    let (host, path) = url.split_once(':')?;
    (!host.is_empty() && !host.contains('/')).then_some((host, path))
}

fn default_port(scheme: &str) -> Option<&'static str> {
    match scheme {
        "https" => Some(":443"),
        "http" => Some(":80"),
        "ssh" => Some(":22"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_same(left: &str, right: &str, expected: bool) {
        assert_eq!(is_same_url(left, right), expected, "{left} and {right}");
    }

    #[test]
    fn spellings_of_one_repository_are_the_same() {
        check_same("https://github.com/Org/Repo", "https://GitHub.com/org/repo.git", true);
        check_same("https://github.com/org/repo/", "https://user:pw@github.com/org/repo", true);
        check_same("https://example.com:443/a", "https://example.com/a", true);
        check_same("git@github.com:org/repo.git", "ssh://git@github.com/org/repo", true);
        check_same("git@github.com:org/repo", "https://github.com/org/repo", false);
        check_same("https://github.com/org/repo", "https://github.com/org/repo2", false);
        check_same("file:///srv/repo", "/srv/repo.git", true);
        check_same("", "", false);
    }

    #[test]
    fn a_password_is_not_printed() {
        let url = RepoUrl::parse("https://me:s3cret@example.com/a.git").unwrap();
        assert_eq!(format!("{url} {url:?}"), "https://example.com/a.git RepoUrl(https://example.com/a.git)");
        let url = RepoUrl::parse("ssh://me:s3cret@example.com/a").unwrap();
        assert_eq!(url.as_str(), "ssh://example.com/a");
    }
}
