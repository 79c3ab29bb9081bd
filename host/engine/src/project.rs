//! What a project permits.
//!
//! Entries that begin with `!` deny and always win; at least one other entry must allow.

use windlass_diff::Glob;
use windlass_model::{
    GroupKind, ObjectKey,
    application::Destination,
    project::{KindRule, ProjectSpec, SyncWindow},
};

use crate::impersonation::{self, AccountRule};

/// A project's rules, compiled once.
#[derive(Clone, Debug)]
pub struct ProjectRules {
    source_repos: Vec<Pattern>,
    normalize: fn(&str) -> String,
    destinations: Vec<DestinationRule>,
    cluster_allowed: Vec<KindMatcher>,
    cluster_denied: Vec<KindMatcher>,
    namespace_allowed: Option<Vec<KindMatcher>>,
    namespace_denied: Vec<KindMatcher>,
    source_namespaces: Vec<Pattern>,
    sync_windows: Vec<SyncWindow>,
    accounts: Vec<AccountRule>,
    orphans: Option<OrphanRules>,
}

/// What a project says about objects in its applications' namespaces that belong to none of them.
#[derive(Clone, Debug)]
struct OrphanRules {
    warns: bool,
    ignored: Vec<KindMatcher>,
}

/// A glob; behind `!` it matches what the glob does not, and a value that it does not match is refused.
#[derive(Clone, Debug)]
struct Pattern {
    denies: bool,
    glob: Glob,
}

#[derive(Clone, Debug)]
struct DestinationRule {
    server: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Pattern,
}

#[derive(Clone, Debug)]
struct KindMatcher {
    group: Glob,
    kind: Glob,
    name: Option<Glob>,
}

impl ProjectRules {
    /// `normalize` brings a repository URL and a pattern for one into the form in which they are compared.
    pub fn new(spec: &ProjectSpec, normalize: fn(&str) -> String) -> Self {
        let kinds = |rules: &[KindRule]| rules.iter().map(KindMatcher::new).collect::<Vec<_>>();
        let repository = |text: &String| match text.strip_prefix('!') {
            Some(rest) => Pattern::new(&format!("!{}", normalize(rest)), true),
            None => Pattern::new(&normalize(text), true),
        };
        Self {
            source_repos: spec.source_repos.iter().map(repository).collect(),
            normalize,
            destinations: spec.destinations.iter().map(DestinationRule::new).collect(),
            cluster_allowed: kinds(&spec.cluster_resource_whitelist),
            cluster_denied: kinds(&spec.cluster_resource_blacklist),
            namespace_allowed: spec.namespace_resource_whitelist.as_deref().map(kinds),
            namespace_denied: kinds(&spec.namespace_resource_blacklist),
            sync_windows: spec.sync_windows.clone(),
            accounts: spec.destination_service_accounts.iter().map(AccountRule::new).collect(),
            source_namespaces: spec.source_namespaces.iter().map(|text| Pattern::new(text, false)).collect(),
            orphans: spec
                .orphaned_resources
                .as_ref()
                .map(|orphaned| OrphanRules { warns: orphaned.warn != Some(false), ignored: kinds(&orphaned.ignore) }),
        }
    }

    pub fn sync_windows(&self) -> &[SyncWindow] {
        &self.sync_windows
    }

    /// The user in whose name a sync to a destination writes, where syncs are impersonated.
    pub fn impersonated_user(&self, destination: &Destination, application_namespace: &str) -> Result<String, String> {
        impersonation::user(&self.accounts, destination, application_namespace)
    }

    /// Whether applications may read from a repository.
    pub fn permits_source(&self, repo_url: &str) -> bool {
        let repo_url = (self.normalize)(repo_url);
        !self.source_repos.iter().any(|pattern| pattern.refuses(&repo_url))
            && self.source_repos.iter().any(|pattern| pattern.is_match(&repo_url))
    }

    /// Whether applications may write to a namespace of a cluster.
    pub fn permits_destination(&self, destination: &Destination) -> bool {
        !self.destinations.iter().any(|rule| rule.refuses(destination))
            && self.destinations.iter().any(|rule| rule.is_match(destination))
    }

    /// Whether applications in `namespace` may use the project. The control plane's own always may.
    pub fn permits_namespace_of_application(&self, namespace: &str, control_namespace: &str) -> bool {
        namespace == control_namespace || self.source_namespaces.iter().any(|pattern| pattern.is_match(namespace))
    }

    /// Whether an object of this kind and name may be managed.
    pub fn permits_kind(&self, kind: &GroupKind, name: &str, namespaced: bool) -> bool {
        let any = |rules: &[KindMatcher]| rules.iter().any(|rule| rule.is_match(kind, name));
        if namespaced {
            !any(&self.namespace_denied) && self.namespace_allowed.as_deref().is_none_or(any)
        } else {
            !any(&self.cluster_denied) && any(&self.cluster_allowed)
        }
    }

    /// Whether applications are to be told of objects that belong to none.
    pub fn warns_of_orphans(&self) -> bool {
        self.orphans.as_ref().is_some_and(|orphans| orphans.warns)
    }

    /// Whether an object of nobody's is worth a word: what every namespace has of itself is not, nor what the
    /// project does not let its applications manage, nor what it says to ignore.
    pub fn is_orphan(&self, key: &ObjectKey) -> bool {
        let own = is_part_of_a_namespace(key) || !self.permits_kind(&key.kind, &key.name, true);
        !own && self
            .orphans
            .as_ref()
            .is_some_and(|orphans| !orphans.ignored.iter().any(|rule| rule.is_match(&key.kind, &key.name)))
    }

    /// Why an object may not be managed at a destination; `None` when it may.
    pub fn refuses(&self, key: &ObjectKey, namespaced: bool, destination: &Destination) -> Option<String> {
        if !self.permits_kind(&key.kind, &key.name, namespaced) {
            let GroupKind { group, kind } = &key.kind;
            return Some(format!("resource {group}:{kind} is not permitted in project"));
        }
        let at = Destination { namespace: key.namespace.to_string(), ..destination.clone() };
        (namespaced && !self.permits_destination(&at))
            .then(|| format!("namespace {} is not permitted in project", key.namespace))
    }
}

/// Kubernetes itself puts these there.
fn is_part_of_a_namespace(key: &ObjectKey) -> bool {
    key.kind.is("", "ServiceAccount") && &*key.name == "default"
        || key.kind.is("", "ConfigMap") && &*key.name == "kube-root-ca.crt"
        || key.kind.is("", "Service") && &*key.namespace == "default" && &*key.name == "kubernetes"
}

impl Pattern {
    fn new(text: &str, separated: bool) -> Self {
        let (denies, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        // `*` alone stands for everything; in any other glob it stops at a separator.
        Self { denies, glob: Glob::new(text, separated && text != "*") }
    }

    fn is_match(&self, value: &str) -> bool {
        self.glob.is_match(value) != self.denies
    }

    fn refuses(&self, value: &str) -> bool {
        self.denies && !self.is_match(value)
    }
}

impl DestinationRule {
    fn new(destination: &Destination) -> Self {
        let pattern = |text: &String| (!text.is_empty()).then(|| Pattern::new(text, false));
        Self {
            server: pattern(&destination.server),
            name: pattern(&destination.name),
            namespace: Pattern::new(&destination.namespace, false),
        }
    }

    fn matches_server(&self, destination: &Destination) -> bool {
        !destination.server.is_empty()
            && self.server.as_ref().is_some_and(|server| server.is_match(&destination.server))
    }

    fn matches_name(&self, destination: &Destination) -> bool {
        !destination.name.is_empty() && self.name.as_ref().is_some_and(|name| name.is_match(&destination.name))
    }

    fn is_match(&self, destination: &Destination) -> bool {
        (self.matches_server(destination) || self.matches_name(destination))
            && self.namespace.is_match(&destination.namespace)
    }

    fn refuses(&self, destination: &Destination) -> bool {
        let namespace = self.namespace.is_match(&destination.namespace);
        let denied =
            |pattern: &Option<Pattern>, value: &str| pattern.as_ref().is_some_and(|pattern| pattern.refuses(value));
        denied(&self.name, &destination.name)
            || namespace && denied(&self.server, &destination.server)
            || self.namespace.refuses(&destination.namespace) && self.matches_server(destination)
    }
}

impl KindMatcher {
    fn new(rule: &KindRule) -> Self {
        Self {
            group: Glob::new(&rule.group, false),
            kind: Glob::new(&rule.kind, false),
            name: (!rule.name.is_empty()).then(|| Glob::new(&rule.name, false)),
        }
    }

    fn is_match(&self, kind: &GroupKind, name: &str) -> bool {
        self.group.is_match(&*kind.group)
            && self.kind.is_match(&*kind.kind)
            && self.name.as_ref().is_none_or(|glob| glob.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_model::project::OrphanedResources;

    fn rules(spec: ProjectSpec) -> ProjectRules {
        ProjectRules::new(&spec, str::to_owned)
    }

    fn at(server: &str, namespace: &str) -> Destination {
        Destination { server: server.into(), namespace: namespace.into(), ..Destination::default() }
    }

    #[test]
    fn a_denied_destination_wins_over_every_allowed_one() {
        let project = rules(ProjectSpec {
            destinations: vec![at("*", "*"), at("*", "!kube-*"), at("!https://prod", "*")],
            ..ProjectSpec::default()
        });
        assert!(project.permits_destination(&at("https://dev", "web")));
        assert!(!project.permits_destination(&at("https://dev", "kube-system")));
        assert!(!project.permits_destination(&at("https://prod", "web")));
        assert!(!rules(ProjectSpec::default()).permits_destination(&at("https://dev", "web")));
    }

    #[test]
    fn repositories_match_by_glob_and_denial() {
        let repos = |list: &[&str]| {
            rules(ProjectSpec {
                source_repos: list.iter().map(|text| (*text).to_owned()).collect(),
                ..ProjectSpec::default()
            })
        };
        assert!(repos(&["*"]).permits_source("https://git.example/a/b.git"));
        assert!(repos(&["https://git.example/a/*"]).permits_source("https://git.example/a/b"));
        assert!(!repos(&["https://git.example/*"]).permits_source("https://git.example/a/b"));
        assert!(!repos(&["*", "!https://git.example/a/*"]).permits_source("https://git.example/a/b"));
    }

    #[test]
    fn an_object_of_nobody_s_is_an_orphan_unless_the_project_or_kubernetes_says_otherwise() {
        let ignore = vec![KindRule { group: String::new(), kind: "Secret".into(), name: "sh-*".into() }];
        let watching = rules(ProjectSpec {
            orphaned_resources: Some(OrphanedResources { warn: None, ignore }),
            namespace_resource_blacklist: vec![KindRule {
                group: "apps".into(),
                kind: "*".into(),
                name: String::new(),
            }],
            ..ProjectSpec::default()
        });
        let key = |group: &str, kind: &str, name: &str| ObjectKey::new(GroupKind::new(group, kind), "web", name);
        assert!(watching.warns_of_orphans() && watching.is_orphan(&key("", "Secret", "other")));
        for known in [
            key("", "Secret", "sh-1"),
            key("", "ServiceAccount", "default"),
            key("", "ConfigMap", "kube-root-ca.crt"),
            key("apps", "Deployment", "forbidden"),
        ] {
            assert!(!watching.is_orphan(&known), "{known}");
        }
        let silent = OrphanedResources { warn: Some(false), ignore: Vec::new() };
        let silent = rules(ProjectSpec { orphaned_resources: Some(silent), ..ProjectSpec::default() });
        assert!(!silent.warns_of_orphans() && !rules(ProjectSpec::default()).warns_of_orphans());
    }

    #[test]
    fn cluster_kinds_need_an_entry_and_namespaced_kinds_only_when_there_is_a_list() {
        let role = GroupKind::new("rbac.authorization.k8s.io", "ClusterRole");
        let secret = GroupKind::new("", "Secret");
        let open = rules(ProjectSpec::default());
        assert!(!open.permits_kind(&role, "a", false) && open.permits_kind(&secret, "a", true));
        let all = KindRule { group: "*".into(), kind: "*".into(), name: "team-*".into() };
        let closed = rules(ProjectSpec {
            cluster_resource_whitelist: vec![all],
            namespace_resource_whitelist: Some(Vec::new()),
            ..ProjectSpec::default()
        });
        assert!(closed.permits_kind(&role, "team-a", false) && !closed.permits_kind(&role, "other", false));
        assert!(!closed.permits_kind(&secret, "a", true));
    }
}
