//! What may be fetched for a generator. Pure: a need and the rules in, a refusal with the way out of it, or none.

use windlass_diff::Glob;
use windlass_engine::ProjectRules;
use windlass_runtime::{Need, Origin};

/// The key of `argocd-cm` that lists the hosts.
pub const REMOTE_HOSTS: &str = "windlass.remoteHosts";

/// Hosts that remote bases and files may come from. Nothing is allowed by default.
#[derive(Clone, Debug, Default)]
pub struct HostList(Vec<Glob>);

/// By whose leave something is fetched.
#[derive(Clone, Copy, Debug)]
pub enum Permission<'a> {
    /// The project of an application and the administrator decide.
    Application { project: &'a ProjectRules, name: &'a str, hosts: &'a HostList },
    /// The person at the command line decides.
    CommandLine { remote: bool },
}

impl HostList {
    /// Reads hosts, as globs and with their port where it is not the usual one: `github.com`, `*.example.com`,
    /// `git.example.com:8443`; parted by commas or blanks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let hosts = text.split([',', ' ', '\t', '\n', '\r']).filter(|host| !host.is_empty());
        let hosts = hosts.map(|host| match host.contains(['/', '@']) {
            true => Err(format!("`{host}` is not a host such as github.com")),
            false => Ok(Glob::new(&host.to_ascii_lowercase(), false)),
        });
        hosts.collect::<Result<_, _>>().map(Self)
    }

    fn allows(&self, host: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(host))
    }
}

impl Permission<'_> {
    /// Why a need is not fetched, and who can change that; `None` where it is.
    pub fn refusal(&self, need: &Need) -> Option<String> {
        match (&need.origin, self) {
            (Origin::Oci(reference), _) => Some(format!("{reference}: OCI registries are not supported yet")),
            // Which may be asked for, the transformers that are enabled say.
            (Origin::Transformed(_), _) => None,
            (Origin::Other { scheme, reference }, _) => {
                Some(format!("{scheme} {reference}: nothing is known of such a place"))
            }
            (origin, Self::CommandLine { remote }) => {
                let is_refused = !remote && !address(origin).starts_with("file://");
                is_refused.then(|| format!("{} is not fetched without --allow-remote", address(origin)))
            }
            (Origin::HelmChart { repository, .. }, Self::Application { project, name, .. }) => {
                in_project(project, name, repository)
            }
            (origin, Self::Application { project, name, hosts }) => {
                in_project(project, name, address(origin)).or_else(|| at_host(hosts, address(origin)))
            }
        }
    }
}

/// The URL that something is fetched from.
pub(crate) fn address(origin: &Origin) -> &str {
    match origin {
        Origin::HelmChart { repository, .. } => repository,
        Origin::Git { url, .. } | Origin::Http(url) => url,
        Origin::Oci(reference) | Origin::Other { reference, .. } => reference,
        Origin::Transformed(asked) => &asked.component,
    }
}

fn in_project(project: &ProjectRules, name: &str, url: &str) -> Option<String> {
    let text = || format!("{url} is not permitted in project '{name}': spec.sourceRepos has to allow it");
    (!project.permits_source(url)).then(text)
}

fn at_host(hosts: &HostList, url: &str) -> Option<String> {
    let host = host(url);
    let text = || {
        let host = if host.is_empty() { url } else { &host };
        format!("{url}: nothing remote is fetched from {host} unless {REMOTE_HOSTS} in argocd-cm lists it")
    };
    (!hosts.allows(&host)).then(text)
}

/// The host of a Git or web URL in lower case, with its port where it is not the usual one; empty for a path.
fn host(url: &str) -> String {
    let url = url.to_ascii_lowercase();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.split(['/', '?', '#']).next().unwrap_or_default()),
        // `user@host:path`
        None => ("ssh", url.split_once(':').map_or("", |(host, _)| host)),
    };
    let authority = rest.rsplit('@').next().unwrap_or_default();
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        "ssh" => ":22",
        _ => "",
    };
    match authority.strip_suffix(usual) {
        Some(host) if !usual.is_empty() => host.to_owned(),
        _ => authority.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use windlass_model::project::ProjectSpec;

    use super::*;

    fn need(origin: Origin) -> Need {
        Need { id: "x".into(), origin, digest: None, at: None }
    }

    fn git(url: &str) -> Need {
        need(Origin::Git { url: url.into(), revision: String::new(), path: String::new() })
    }

    fn chart(repository: &str) -> Need {
        need(Origin::HelmChart { repository: repository.into(), name: "web".into(), version: "1".into() })
    }

    fn refusal(hosts: &str, need: &Need) -> String {
        let repos = ["https://*/team/**", "https://charts.example/*", "https://charts.example", "file://**"];
        let spec = ProjectSpec { source_repos: repos.map(str::to_owned).into(), ..ProjectSpec::default() };
        let project = ProjectRules::new(&spec, windlass_source::normalized_url);
        let hosts = HostList::parse(hosts).unwrap();
        Permission::Application { project: &project, name: "red", hosts: &hosts }.refusal(need).unwrap_or_default()
    }

    #[test]
    fn a_remote_base_needs_the_project_and_the_administrator() {
        let base = git("https://git.example/team/base");
        assert_eq!(refusal("git.example", &base), "");
        assert!(refusal("", &base).contains("windlass.remoteHosts in argocd-cm lists it"));
        assert!(refusal("example", &base).contains("nothing remote is fetched from git.example"));
        let other = git("https://git.example/other/base");
        assert!(refusal("git.example", &other).contains("not permitted in project 'red': spec.sourceRepos"));
    }

    #[test]
    fn a_chart_repository_needs_the_project_alone() {
        assert_eq!(refusal("", &chart("https://charts.example")), "");
        assert!(refusal("*", &chart("https://other.example")).contains("not permitted in project"));
    }

    #[test]
    fn hosts_are_compared_with_their_port_and_without_case_or_user() {
        let at = |hosts: &str, url: &str| refusal(hosts, &git(url)).is_empty();
        assert!(at("*.example", "https://me@Git.Example:443/team/base"));
        assert!(at("git.example:8443", "https://git.example:8443/team/base"));
        assert!(!at("git.example", "https://git.example:8443/team/base"));
        assert!(!at("git.example", "https://git.example.evil/team/base"));
        assert!(!at("git.example", "https://git.example@evil/team/base"));
        assert!(!at("*.example", "file:///team/base") && !at("", "file:///team/base"));
        assert_eq!(host("git@github.com:org/base"), "github.com");
        assert!(HostList::parse("https://git.example").is_err());
    }

    #[test]
    fn the_command_line_fetches_from_this_machine_and_the_rest_on_request() {
        let refusal = |remote, need: &Need| Permission::CommandLine { remote }.refusal(need).unwrap_or_default();
        assert!(refusal(false, &git("https://git.example/a")).contains("--allow-remote"));
        assert_eq!(refusal(false, &git("file:///srv/a")), "");
        assert_eq!(refusal(true, &chart("https://charts.example")), "");
        assert!(refusal(true, &need(Origin::Oci("oci://r/a".into()))).contains("not supported"));
    }
}
