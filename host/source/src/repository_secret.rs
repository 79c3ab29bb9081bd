//! Argo CD's repository Secrets: which credentials belong to which URL. Pure; the caller reads the cluster.
//!
//! A Secret of type `repository` belongs to one URL. One of type `repo-creds` is a template for every URL
//! that begins with its own; the longest such prefix wins.

use std::collections::BTreeMap;

use crate::{Credentials, Login, TlsOptions, url::normalise};

/// The label that marks such a Secret.
pub const SECRET_TYPE_LABEL: &str = "argocd.argoproj.io/secret-type";

/// One Secret, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositorySecret {
    /// The URL, or the prefix of a template.
    pub url: String,
    pub role: SecretRole,
    /// `git` where nothing is said; `helm` and `oci` repositories are not served from here.
    pub kind: String,
    /// The only project that may use it; empty for all.
    pub project: String,
    pub credentials: Credentials,
}

/// What the Secret's label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretRole {
    Repository,
    Template,
}

/// Fields of a login that Argo CD knows and this version does not.
const UNSUPPORTED: [&str; 6] = [
    "sshPrivateKey",
    "githubAppPrivateKey",
    "gcpServiceAccountKey",
    "useAzureWorkloadIdentity",
    "azureServicePrincipalClientSecret",
    "azureServicePrincipalClientId",
];

impl RepositorySecret {
    /// Reads a Secret's decoded data. `label` is the value of [`SECRET_TYPE_LABEL`]; `None` for other Secrets
    /// and for one without a URL.
    pub fn parse(label: &str, data: &BTreeMap<String, Vec<u8>>) -> Option<Self> {
        let role = match label {
            "repository" => SecretRole::Repository,
            "repo-creds" => SecretRole::Template,
            _ => return None,
        };
        let field = |name: &str| text(data, name);
        let url = Some(field("url")).filter(|url| !url.is_empty())?;
        let kind = Some(field("type")).filter(|kind| !kind.is_empty()).unwrap_or_else(|| "git".to_owned());
        let credentials = Credentials {
            login: login(data),
            tls: TlsOptions {
                client_certificate: field("tlsClientCertData"),
                client_key: field("tlsClientCertKey"),
                authorities: String::new(),
                insecure: field("insecure") == "true",
            },
            proxy: field("proxy"),
            no_proxy: field("noProxy"),
        };
        Some(Self { url, role, kind, project: field("project"), credentials })
    }

    fn is_for_project(&self, project: &str) -> bool {
        self.project.is_empty() || self.project == project
    }
}

/// The credentials for `url` in `project`. A repository without a login of its own takes the template's.
pub fn credentials_for(secrets: &[RepositorySecret], url: &str, project: &str) -> Credentials {
    let url = normalise(url);
    let own = secrets
        .iter()
        .filter(|secret| secret.role == SecretRole::Repository && normalise(&secret.url) == url)
        .filter(|secret| secret.is_for_project(project))
        // One that names the project goes before one that is for all.
        .max_by_key(|secret| !secret.project.is_empty());
    let template = secrets
        .iter()
        .filter(|secret| secret.role == SecretRole::Template && begins_with(&url, &normalise(&secret.url)))
        .max_by_key(|secret| normalise(&secret.url).len());
    match (own, template) {
        (Some(own), Some(template)) if !own.credentials.has_identity() => {
            let mut credentials = own.credentials.clone();
            credentials.login = template.credentials.login.clone();
            credentials.tls.client_certificate = template.credentials.tls.client_certificate.clone();
            credentials.tls.client_key = template.credentials.tls.client_key.clone();
            credentials
        }
        (Some(own), _) => own.credentials.clone(),
        (None, Some(template)) => template.credentials.clone(),
        (None, None) => Credentials::default(),
    }
}

impl Credentials {
    fn has_identity(&self) -> bool {
        self.login != Login::Anonymous || !self.tls.client_certificate.is_empty()
    }
}

/// Prefixes end anywhere in a path, as in Argo CD, but never inside a host: `https://git.example` is not
/// for `https://git.example.org`.
fn begins_with(url: &str, prefix: &str) -> bool {
    let Some(rest) = url.strip_prefix(prefix).filter(|_| !prefix.is_empty()) else { return false };
    let names_path = prefix.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    names_path || rest.is_empty() || rest.starts_with('/')
}

fn login(data: &BTreeMap<String, Vec<u8>>) -> Login {
    let (username, password, token) = (text(data, "username"), text(data, "password"), text(data, "bearerToken"));
    if !password.is_empty() || !username.is_empty() {
        return Login::Basic { username, password };
    }
    if !token.is_empty() {
        return Login::Bearer(token);
    }
    let unsupported = UNSUPPORTED.iter().find(|field| !matches!(text(data, field).as_str(), "" | "false"));
    unsupported.map_or(Login::Anonymous, |field| Login::Unsupported((*field).to_owned()))
}

/// A field as text, without the line break that files end in. What is not UTF-8 counts as empty.
fn text(data: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    let value = data.get(name).and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default();
    value.trim_end_matches(['\r', '\n']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(label: &str, fields: &[(&str, &str)]) -> RepositorySecret {
        let data = fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        RepositorySecret::parse(label, &data).unwrap()
    }

    fn password(credentials: &Credentials) -> &str {
        match &credentials.login {
            Login::Basic { password, .. } => password,
            other => panic!("no password but {other:?}"),
        }
    }

    #[test]
    fn a_repository_secret_is_found_in_every_spelling_of_its_url() {
        let secrets = [secret(
            "repository",
            &[("url", "https://github.com/Org/repo"), ("username", "me"), ("password", "p\n"), ("insecure", "true")],
        )];
        for url in ["https://github.com/org/repo.git", "https://x@GITHUB.com/Org/Repo"] {
            let credentials = credentials_for(&secrets, url, "default");
            assert_eq!((password(&credentials), credentials.tls.insecure), ("p", true), "{url}");
        }
        assert_eq!(credentials_for(&secrets, "https://github.com/org/other", "default"), Credentials::default());
    }

    #[test]
    fn the_longest_template_wins_and_fills_in_what_a_repository_lacks() {
        let secrets = [
            secret("repo-creds", &[("url", "https://git.example/team"), ("password", "team")]),
            secret("repo-creds", &[("url", "https://git.example"), ("password", "host")]),
            secret("repository", &[("url", "https://git.example/team/bare"), ("proxy", "http://proxy:1")]),
            secret("repository", &[("url", "https://git.example/team/own"), ("password", "own")]),
        ];
        let used = |url: &str| password(&credentials_for(&secrets, url, "default")).to_owned();
        assert_eq!(used("https://git.example/team/a"), "team");
        assert_eq!(used("https://git.example/other"), "host");
        assert_eq!(used("https://git.example/team/own"), "own");
        assert_eq!(used("https://git.example/team/bare"), "team");
        assert_eq!(credentials_for(&secrets, "https://git.example/team/bare", "").proxy, "http://proxy:1");
    }

    #[test]
    fn a_template_for_a_host_is_not_for_hosts_that_begin_alike() {
        let secrets = [secret("repo-creds", &[("url", "https://git.example"), ("password", "host")])];
        for url in ["https://git.example.org/a", "https://git.example-evil/a", "http://git.example/a"] {
            assert_eq!(credentials_for(&secrets, url, "default"), Credentials::default(), "{url}");
        }
    }

    #[test]
    fn a_secret_of_a_project_serves_that_project_only() {
        let secrets = [
            secret("repository", &[("url", "https://git.example/a"), ("password", "all")]),
            secret("repository", &[("url", "https://git.example/a"), ("password", "red"), ("project", "red")]),
        ];
        assert_eq!(password(&credentials_for(&secrets, "https://git.example/a", "red")), "red");
        assert_eq!(password(&credentials_for(&secrets, "https://git.example/a", "blue")), "all");
    }

    #[test]
    fn nothing_secret_is_printed_and_unknown_logins_are_named() {
        let fields = [
            ("url", "https://git.example/a"),
            ("bearerToken", "s3cret"),
            ("tlsClientCertKey", "s3cret"),
            ("type", "git"),
        ];
        assert!(!format!("{:?}", secret("repository", &fields)).contains("s3cret"));
        let ssh = secret("repository", &[("url", "git@git.example:a"), ("sshPrivateKey", "s3cret")]);
        assert_eq!(ssh.credentials.login, Login::Unsupported("sshPrivateKey".into()));
        assert_eq!(RepositorySecret::parse("cluster", &BTreeMap::new()), None);
    }
}
