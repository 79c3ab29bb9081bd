//! What `argocd-cm` says about comparing, tracking and reconciling.

use std::{collections::BTreeMap, num::NonZeroU64, time::Duration};

use serde::Deserialize;
use windlass_diff::{
    Glob, Tracker, TrackingMethod,
    normalize::{CompareOptions, IgnoreStatus},
};
use windlass_engine::automation::HealBackoff;
use windlass_model::{
    GroupKind,
    application::{IgnoreDifference, duration_from_text},
};

use crate::{Allowances, HostList, REMOTE_HOSTS};

/// Seconds between two looks at a repository, as in Argo CD: 120, and up to 60 more.
const RECONCILIATION: Duration = Duration::from_secs(120);
const JITTER: Duration = Duration::from_secs(60);
const GRANTS: &str = "windlass.grants.";
const CUSTOMIZATION: &str = "resource.customizations.ignoreDifferences.";

/// Settings of the whole installation.
#[derive(Clone, Debug)]
pub struct Settings {
    pub control_namespace: String,
    pub tracker: Tracker,
    pub compare: CompareOptions,
    pub ignore_differences: Vec<IgnoreDifference>,
    pub exclusions: Vec<ResourceFilter>,
    pub inclusions: Vec<ResourceFilter>,
    /// Set where every inclusion is for other clusters.
    includes_nothing: bool,
    /// Time between two looks at a repository; zero switches them off.
    pub reconciliation: Duration,
    pub jitter: Duration,
    /// Pause between the waves of a sync.
    pub wave_delay: Duration,
    /// Hosts that remote bases and files may come from.
    pub remote_hosts: HostList,
    /// The keys that are nobody's here: some generator's, which they begin with.
    of_generators: BTreeMap<String, String>,
    /// A sync that takes longer is terminated; zero means never.
    pub sync_timeout: Duration,
    pub heal: HealBackoff,
    /// The share of its objects, in percent, that an application may lose in one sync without a confirmation.
    pub prune_cap: Option<u8>,
    /// Whether syncs write in the name of a service account that the project names.
    pub impersonation: bool,
    /// What generators may do beyond reading their source.
    pub allowances: Allowances,
    /// Keys that could not be read, with the reason; each is told once.
    pub problems: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            control_namespace: "argocd".into(),
            tracker: Tracker::default(),
            compare: CompareOptions::default(),
            ignore_differences: Vec::new(),
            exclusions: shipped_exclusions(),
            inclusions: Vec::new(),
            includes_nothing: false,
            reconciliation: RECONCILIATION,
            jitter: JITTER,
            wave_delay: Duration::from_secs(2),
            remote_hosts: HostList::default(),
            of_generators: BTreeMap::new(),
            sync_timeout: Duration::ZERO,
            heal: HealBackoff::default(),
            prune_cap: None,
            impersonation: false,
            allowances: Allowances::default(),
            problems: Vec::new(),
        }
    }
}

/// Kinds that are left alone, or the only ones that are not. All three are lists of globs; empty means all.
#[derive(Clone, Debug)]
pub struct ResourceFilter {
    groups: Vec<Glob>,
    kinds: Vec<Glob>,
    /// Server URLs.
    clusters: Vec<Glob>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct FilterText {
    api_groups: Vec<String>,
    kinds: Vec<String>,
    clusters: Vec<String>,
}

impl ResourceFilter {
    fn new(text: &FilterText) -> Self {
        let globs = |texts: &[String]| texts.iter().map(|text| Glob::new(text, false)).collect();
        Self { groups: globs(&text.api_groups), kinds: globs(&text.kinds), clusters: globs(&text.clusters) }
    }

    fn of(groups: &[&str], kinds: &[&str]) -> Self {
        let globs = |texts: &[&str]| texts.iter().map(|text| Glob::new(text, false)).collect();
        Self { groups: globs(groups), kinds: globs(kinds), clusters: Vec::new() }
    }

    fn matches(&self, kind: &GroupKind) -> bool {
        let any = |globs: &[Glob], text: &str| globs.is_empty() || globs.iter().any(|glob| glob.is_match(text));
        any(&self.groups, &kind.group) && any(&self.kinds, &kind.kind)
    }

    fn is_for_cluster(&self, server: &str) -> bool {
        self.clusters.is_empty() || self.clusters.iter().any(|glob| glob.is_match(server))
    }
}

/// What Argo CD ships in its `argocd-cm`, and what it never manages.
fn shipped_exclusions() -> Vec<ResourceFilter> {
    vec![
        ResourceFilter::of(&["", "discovery.k8s.io"], &["Endpoints", "EndpointSlice"]),
        ResourceFilter::of(&["coordination.k8s.io"], &["Lease"]),
        ResourceFilter::of(
            &["authentication.k8s.io", "authorization.k8s.io"],
            &[
                "SelfSubjectReview",
                "TokenReview",
                "LocalSubjectAccessReview",
                "SelfSubjectAccessReview",
                "SelfSubjectRulesReview",
                "SubjectAccessReview",
            ],
        ),
        ResourceFilter::of(&["certificates.k8s.io"], &["CertificateSigningRequest"]),
        ResourceFilter::of(&["cert-manager.io"], &["CertificateRequest"]),
        ResourceFilter::of(&["cilium.io"], &["CiliumIdentity", "CiliumEndpoint", "CiliumEndpointSlice"]),
        ResourceFilter::of(
            &["kyverno.io", "reports.kyverno.io", "wgpolicyk8s.io"],
            &[
                "PolicyReport",
                "ClusterPolicyReport",
                "EphemeralReport",
                "ClusterEphemeralReport",
                "AdmissionReport",
                "ClusterAdmissionReport",
                "BackgroundScanReport",
                "ClusterBackgroundScanReport",
                "UpdateRequest",
            ],
        ),
    ]
}

/// Kinds that no setting brings in.
fn is_never_managed(kind: &GroupKind) -> bool {
    matches!(&*kind.group, "events.k8s.io" | "metrics.k8s.io")
        || kind.is("", "Event")
        || kind.is("coordination.k8s.io", "Lease")
}

impl Settings {
    /// Reads the data of `argocd-cm`.
    pub fn from_config_map(control_namespace: &str, data: &BTreeMap<String, String>) -> Self {
        let mut settings = Self { control_namespace: control_namespace.into(), ..Self::default() };
        for (key, value) in data {
            if let Err(reason) = settings.set(key, value) {
                settings.problems.push(format!("argocd-cm: {key}: {reason}"));
            }
        }
        settings
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "application.instanceLabelKey" if !value.is_empty() => self.tracker.label_key = value.into(),
            "application.resourceTrackingMethod" => {
                self.tracker.method =
                    TrackingMethod::parse(value).ok_or("must be annotation, label or annotation+label")?;
            }
            "application.sync.impersonation.enabled" => self.impersonation = value.trim() == "true",
            "installationID" => self.tracker.installation_id = value.into(),
            "resource.exclusions" => self.exclusions = filters(value)?,
            "resource.inclusions" => self.inclusions = filters(value)?,
            "resource.compareoptions" => self.compare = compare_options(value)?,
            REMOTE_HOSTS => self.remote_hosts = HostList::parse(value)?,
            "timeout.reconciliation" => self.reconciliation = duration(value)?,
            "timeout.reconciliation.jitter" => self.jitter = duration(value)?,
            "windlass.clock.granularity" => {
                let seconds = NonZeroU64::new(duration(value)?.as_secs());
                self.allowances.granularity = seconds.ok_or("must be a second at least")?;
            }
            _ => {
                if let Some(generator) = key.strip_prefix(GRANTS) {
                    self.allowances.grant(generator, value)?;
                } else if let Some(kind) = key.strip_prefix(CUSTOMIZATION) {
                    self.ignore_differences.push(customization(kind, value)?);
                } else {
                    self.of_generators.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        Ok(())
    }

    /// The settings that are for a generator: keys that begin with its name and a dot.
    pub fn of_generator(&self, name: &str) -> Vec<(String, String)> {
        let own = |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        let own = self.of_generators.iter().filter(|(key, _)| own(key));
        own.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Whether no `<name>.enable` switches a generator off.
    pub fn is_enabled(&self, name: &str) -> bool {
        self.of_generators.get(&format!("{name}.enable")).is_none_or(|value| value != "false")
    }

    /// Whether all clusters have the same exclusions and inclusions.
    pub fn is_same_for_all_clusters(&self) -> bool {
        self.exclusions.iter().chain(&self.inclusions).all(|filter| filter.clusters.is_empty())
    }

    /// The settings without the exclusions and inclusions of other clusters.
    pub fn for_cluster(&self, server: &str) -> Self {
        let mut settings = self.clone();
        settings.exclusions.retain(|filter| filter.is_for_cluster(server));
        settings.inclusions.retain(|filter| filter.is_for_cluster(server));
        settings.includes_nothing = !self.inclusions.is_empty() && settings.inclusions.is_empty();
        settings
    }

    /// Whether objects of a kind are left alone. An exclusion wins over an inclusion.
    pub fn is_excluded(&self, kind: &GroupKind) -> bool {
        is_never_managed(kind)
            || self.exclusions.iter().any(|filter| filter.matches(kind))
            || self.includes_nothing
            || !self.inclusions.is_empty() && !self.inclusions.iter().any(|filter| filter.matches(kind))
    }
}

fn duration(value: &str) -> Result<Duration, String> {
    duration_from_text(value).ok_or_else(|| format!("`{value}` is not a duration such as 180s or 3m"))
}

pub fn parse<T: for<'de> Deserialize<'de>>(value: &str) -> Result<T, String> {
    serde_yaml::from_str(value).map_err(|error| error.to_string())
}

fn filters(value: &str) -> Result<Vec<ResourceFilter>, String> {
    let texts: Option<Vec<FilterText>> = parse(value)?;
    Ok(texts.unwrap_or_default().iter().map(ResourceFilter::new).collect())
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CompareText {
    ignore_aggregated_roles: bool,
    ignore_resource_status_field: Option<serde_yaml::Value>,
}

fn compare_options(value: &str) -> Result<CompareOptions, String> {
    let text: CompareText = parse(value)?;
    let ignore_status = match text.ignore_resource_status_field.as_ref().and_then(serde_yaml::Value::as_str) {
        Some("crd") => IgnoreStatus::Crd,
        Some("none" | "off" | "false") => IgnoreStatus::None,
        _ if text.ignore_resource_status_field == Some(serde_yaml::Value::Bool(false)) => IgnoreStatus::None,
        _ => IgnoreStatus::All,
    };
    Ok(CompareOptions { ignore_aggregated_roles: text.ignore_aggregated_roles, ignore_status })
}

/// `<group>_<Kind>`, a bare kind of the core group, or `all`.
fn customization(kind: &str, value: &str) -> Result<IgnoreDifference, String> {
    let (group, kind) = match kind {
        "all" => ("*", "*"),
        other => other.split_once('_').unwrap_or(("", other)),
    };
    let rule: IgnoreDifference = parse(value)?;
    Ok(IgnoreDifference { group: group.into(), kind: kind.into(), ..rule })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries: &[(&str, &str)]) -> Settings {
        let data = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Settings::from_config_map("argocd", &data)
    }

    #[test]
    fn an_exclusion_wins_over_an_inclusion_and_events_are_never_managed() {
        let all = settings(&[
            ("resource.inclusions", "- apiGroups: [\"*\"]\n  kinds: [\"*\"]\n"),
            ("resource.exclusions", "- apiGroups: [\"\"]\n  kinds: [Config*]\n"),
        ]);
        assert!(all.is_excluded(&GroupKind::new("", "ConfigMap")));
        assert!(all.is_excluded(&GroupKind::new("", "Event")));
        assert!(!all.is_excluded(&GroupKind::new("apps", "Deployment")));
        assert!(settings(&[]).is_excluded(&GroupKind::new("discovery.k8s.io", "EndpointSlice")));
    }

    #[test]
    fn an_exclusion_can_be_for_some_clusters_only() {
        let settings = settings(&[("resource.exclusions", "- kinds: [Pod]\n  clusters: [\"https://*.example\"]\n")]);
        let pod = GroupKind::new("", "Pod");
        assert!(settings.for_cluster("https://a.example").is_excluded(&pod));
        assert!(!settings.for_cluster("https://a.test").is_excluded(&pod));
    }

    #[test]
    fn a_value_that_cannot_be_read_is_named_and_the_default_stays() {
        let settings = settings(&[("timeout.reconciliation", "soon"), ("timeout.reconciliation.jitter", "5s")]);
        assert_eq!(settings.reconciliation, RECONCILIATION);
        assert_eq!(settings.jitter, Duration::from_secs(5));
        assert_eq!(settings.problems.len(), 1);
        assert!(settings.problems[0].contains("timeout.reconciliation"), "{}", settings.problems[0]);
    }

    #[test]
    fn system_wide_ignore_rules_name_group_and_kind() {
        let settings = settings(&[(
            "resource.customizations.ignoreDifferences.apps_Deployment",
            "jsonPointers: [/spec/replicas]\n",
        )]);
        let rule = &settings.ignore_differences[0];
        assert_eq!((rule.group.as_str(), rule.kind.as_str()), ("apps", "Deployment"));
        assert_eq!(rule.json_pointers, ["/spec/replicas"]);
    }

    #[test]
    fn a_generator_has_the_keys_that_begin_with_its_name_and_may_be_switched_off() {
        let settings =
            settings(&[("kustomize.buildOptions", "--enable-helm"), ("kustomizer.x", "1"), ("helm.enable", "false")]);
        let expected = [("kustomize.buildOptions".to_owned(), "--enable-helm".to_owned())];
        assert_eq!(settings.of_generator("kustomize"), expected);
        assert!(settings.is_enabled("kustomize") && !settings.is_enabled("helm"));
    }
}
