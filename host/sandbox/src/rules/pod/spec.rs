//! What a pod spec must be, wherever it stands.

use serde_json::Value;

use super::{containers, scheduling, security, volumes};
use crate::error::Cause;
use crate::object::Object;
use crate::rules::spot::Spot;
use crate::rules::{formats, metadata};

/// What the checks of a pod spec's parts need to know of the whole.
pub(super) struct Pod<'a> {
    pub spec: Spot<'a>,
    /// Names of the volumes that are sound, with their sources.
    pub volumes: Vec<(&'a str, &'a Value)>,
    /// A template is judged more leniently than a Pod in a few places.
    pub is_template: bool,
}

impl<'a> Pod<'a> {
    pub fn is_true(&self, key: &str) -> bool {
        self.spec.at(key).is_true()
    }

    pub fn volume(&self, name: &str) -> Option<&'a Value> {
        self.volumes.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
    }
}

/// The faults of a pod template: its labels, annotations and spec.
pub(in crate::rules) fn template(template: &Spot<'_>) -> Vec<Cause> {
    let mut causes =
        metadata::label_faults(&template.down(&["metadata", "labels"]).named(format!("{}.labels", template.path)));
    let annotations = template.down(&["metadata", "annotations"]).named(format!("{}.annotations", template.path));
    causes.extend(metadata::annotation_faults(&annotations));
    let spec = template.at("spec");
    causes.extend(faults(&spec, true));
    if spec.at("ephemeralContainers").len() > 0 {
        causes.push(spec.at("ephemeralContainers").forbidden("ephemeral containers not allowed in pod template"));
    }
    causes
}

/// The faults of a pod spec, in the order in which the real server finds them.
pub(super) fn faults(spec: &Spot<'_>, is_template: bool) -> Vec<Cause> {
    let (sound, mut causes) = volumes::faults(spec);
    let pod = Pod { spec: spec.clone(), volumes: sound, is_template };
    causes.extend(containers::faults(&pod));
    causes.extend(host_ports(&pod));
    causes.extend(spec.at("restartPolicy").one_of_if_set(&["Always", "OnFailure", "Never"]));
    causes.extend(spec.at("dnsPolicy").one_of_if_set(&["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]));
    causes.extend(metadata::label_faults(&spec.at("nodeSelector")));
    causes.extend(security::pod(&pod));
    causes.extend(scheduling::affinity(&spec.at("affinity")));
    causes.extend(dns(spec));
    causes.extend(
        spec.at("readinessGates").items().flat_map(|gate| gate.at("conditionType").breaches(formats::qualified)),
    );
    causes.extend(gates(&spec.at("schedulingGates")));
    causes.extend(scheduling::spread(&spec.at("topologySpreadConstraints")));
    causes.extend(host_users(&pod));
    causes.extend(names(spec));
    causes.extend(scheduling::tolerations(&spec.at("tolerations")));
    causes.extend(aliases(&spec.at("hostAliases")));
    for key in ["priorityClassName", "runtimeClassName"] {
        causes.extend(spec.at(key).breaches_if_set(formats::subdomain));
    }
    causes.extend(spec.at("preemptionPolicy").one_of_if_set(&["PreemptLowerPriority", "Never"]));
    if spec.at("os").is_set() {
        causes.extend(security::system(&pod));
    }
    causes
}

/// On the host's network a port is the host's own.
fn host_ports(pod: &Pod<'_>) -> Vec<Cause> {
    if !pod.is_true("hostNetwork") {
        return Vec::new();
    }
    let ports = pod.spec.at("containers").items().flat_map(|container| container.at("ports").items());
    let wrong = ports.filter(|port| {
        let (host, own) = (port.at("hostPort").number(), port.at("containerPort").number());
        (!pod.is_template || host != 0) && host != own
    });
    let detail = "must match `containerPort` when `hostNetwork` is true";
    wrong.map(|port| port.at("hostPort").invalid_as(port.at("hostPort").number(), detail)).collect()
}

fn dns(spec: &Spot<'_>) -> Vec<Cause> {
    let config = spec.at("dnsConfig");
    let servers = config.at("nameservers");
    if spec.at("dnsPolicy").text() == "None" {
        if !config.is_set() {
            return vec![config.required("must provide `dnsConfig` when `dnsPolicy` is None")];
        }
        if servers.len() == 0 {
            return vec![servers.required("must provide at least one DNS nameserver when `dnsPolicy` is None")];
        }
    }
    let mut causes = Vec::new();
    if servers.len() > 3 {
        causes.push(servers.invalid("must not have more than 3 nameservers"));
    }
    causes.extend(servers.items().flat_map(|server| server.breaches(formats::ip)));
    let searches = config.at("searches");
    if searches.len() > 32 {
        causes.push(searches.invalid("must not have more than 32 search paths"));
    }
    let nameless = config.at("options").items().filter(|option| !option.at("name").has_text());
    causes.extend(nameless.map(|option| option.required("must not be empty")));
    causes
}

fn gates(gates: &Spot<'_>) -> Vec<Cause> {
    let mut seen = std::collections::BTreeSet::new();
    let mut causes = Vec::new();
    for gate in gates.items() {
        let name = gate.at("name").named(gate.path.as_str());
        causes.extend(name.breaches(formats::qualified));
        if !seen.insert(name.text()) {
            causes.push(name.duplicate());
        }
    }
    causes
}

/// Users of their own do not go with namespaces of the host.
fn host_users(pod: &Pod<'_>) -> Vec<Cause> {
    if pod.spec.at("hostUsers").value != &Value::Bool(false) {
        return Vec::new();
    }
    let wrong = [("hostPID", "HostPID"), ("hostIPC", "HostIPC")].into_iter().filter(|(key, _)| pod.is_true(key));
    wrong.map(|(_, shown)| pod.spec.at(shown).forbidden("when `hostUsers` is false")).collect()
}

fn names(spec: &Spot<'_>) -> Vec<Cause> {
    let mut causes = spec.at("serviceAccountName").breaches_if_set(formats::subdomain);
    causes.extend(spec.at("nodeName").breaches_if_set(formats::subdomain));
    causes.extend(spec.at("activeDeadlineSeconds").between(1, i64::from(i32::MAX)));
    causes.extend(spec.at("hostname").breaches_if_set(formats::label));
    causes.extend(spec.at("subdomain").breaches_if_set(formats::label));
    causes
}

fn aliases(aliases: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for alias in aliases.items() {
        causes.extend(alias.at("ip").breaches(formats::ip));
        causes.extend(alias.at("hostnames").items().flat_map(|name| name.breaches(formats::subdomain)));
    }
    causes
}

/// The faults of a Pod besides those of its spec as such.
pub(super) fn pod_faults(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let mut causes = faults(&spec, false);
    if !spec.at("serviceAccountName").has_text() {
        causes.extend(tokens_without_account(&spec));
    }
    causes.extend(spec.at("terminationGracePeriodSeconds").not_negative());
    for list in ["containers", "initContainers"] {
        let images = spec.at(list).items().map(|container| container.at("image"));
        let blank = images.filter(|image| image.text().trim() != image.text());
        causes.extend(blank.map(|image| image.invalid("must not have leading or trailing whitespace")));
    }
    if live.is_none() {
        if spec.at("ephemeralContainers").len() > 0 {
            causes.push(spec.at("ephemeralContainers").forbidden("cannot be set on create"));
        }
        if spec.at("nodeName").has_text() && spec.at("schedulingGates").len() > 0 {
            let detail = "cannot be set until all schedulingGates have been cleared";
            causes.push(spec.at("nodeName").forbidden(detail));
        }
    }
    causes
}

fn tokens_without_account(spec: &Spot<'_>) -> Vec<Cause> {
    let projected = spec.at("volumes").items().map(|volume| volume.at("projected"));
    let tokens =
        projected.flat_map(|projected| projected.at("sources").items()).map(|source| source.at("serviceAccountToken"));
    let set = tokens.filter(Spot::is_set);
    set.map(|token| token.forbidden("must not be specified when serviceAccountName is not set")).collect()
}
