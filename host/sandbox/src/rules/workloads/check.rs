//! What Deployments, ReplicaSets, StatefulSets and DaemonSets must be, and what of them may change.

use serde_json::{Value, json};

use crate::error::Cause;
use crate::object::{self, Object};
use crate::rules::spot::Spot;
use crate::rules::{formats, golang, metadata, pod, selectors, storage};

pub(in crate::rules) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let before = live.map(|live| Spot::of(live, "spec"));
    let unchanged = |keys: &[&str]| -> Vec<Cause> {
        let pairs = before.iter().flat_map(|before| keys.iter().map(|key| (spec.at(key), before.at(key))));
        pairs.filter(|(after, before)| after.value != before.value).map(|(after, _)| immutable(&after)).collect()
    };
    let mut causes = match plural {
        "deployments" => deployment(&spec),
        "replicasets" => replica_set(&spec),
        "statefulsets" => stateful_set(&spec),
        // Its selector is compared first.
        "daemonsets" => unchanged(&["selector"]).into_iter().chain(daemon_set(&spec)).collect(),
        _ => Vec::new(),
    };
    causes.extend(match plural {
        "deployments" | "replicasets" => unchanged(&["selector"]),
        "statefulsets" => unchanged(&["selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"]),
        _ => Vec::new(),
    });
    causes
}

/// A field that may not change, with its value as the real server shows it.
fn immutable(field: &Spot<'_>) -> Cause {
    let detail = crate::rules::FIELD_IS_IMMUTABLE;
    if field.path.ends_with("volumeClaimTemplates") {
        let shown = golang::line("[]core.PersistentVolumeClaim", field.value);
        return Cause::invalid_shown(field.path.as_str(), &shown, detail);
    }
    if field.path.ends_with("selector") {
        return Cause::invalid_shown(field.path.as_str(), &golang::line("*LabelSelector", field.value), detail);
    }
    field.invalid(detail)
}

fn deployment(spec: &Spot<'_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = spec.at("replicas").not_negative().into_iter().collect();
    causes.extend(selection(spec));
    causes.extend(strategy(&spec.at("strategy")));
    causes.extend(spec.at("minReadySeconds").not_negative());
    causes.extend(spec.at("revisionHistoryLimit").not_negative());
    let deadline = spec.at("progressDeadlineSeconds");
    causes.extend(deadline.not_negative());
    if deadline.int().is_some_and(|seconds| seconds <= spec.at("minReadySeconds").number()) {
        causes.push(deadline.invalid("must be greater than minReadySeconds"));
    }
    causes
}

fn replica_set(spec: &Spot<'_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = spec.at("replicas").not_negative().into_iter().collect();
    causes.extend(spec.at("minReadySeconds").not_negative());
    causes.extend(selection(spec));
    causes
}

/// Selector and template of what makes Pods from it.
fn selection(spec: &Spot<'_>) -> Vec<Cause> {
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    let mut causes = required_selector(&selector, "deployment");
    if !selectors::is_sound(&selector) {
        causes.push(shown(&selector, "invalid label selector"));
        return causes;
    }
    if !selects(&selector, &template) {
        causes.push(selectors::mismatch(&template));
    }
    causes.extend(pod::template(&template));
    causes.extend(runs_on(&template, "ReplicaSet"));
    causes
}

fn required_selector(selector: &Spot<'_>, of: &str) -> Vec<Cause> {
    if !selector.is_set() {
        return vec![selector.required("")];
    }
    let mut causes = selectors::faults(selector);
    if selectors::is_empty(selector) {
        causes.push(shown(selector, &format!("empty selector is invalid for {of}")));
    }
    causes
}

fn shown(selector: &Spot<'_>, detail: &str) -> Cause {
    Cause::invalid_shown(selector.path.as_str(), &golang::line("*LabelSelector", selector.value), detail)
}

/// A selector without requirements is not held against the template: that it has none is fault enough.
fn selects(selector: &Spot<'_>, template: &Spot<'_>) -> bool {
    let empty = selector.is_set() && selectors::is_empty(selector);
    empty || selectors::selects(selector, &template.down(&["metadata", "labels"]))
}

/// Pods that are replaced when they end run on, and have no end set.
fn runs_on(template: &Spot<'_>, kind: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let policy = template.down(&["spec", "restartPolicy"]);
    if policy.text() != "Always" {
        causes.push(Cause::unsupported(policy.path.as_str(), &policy.text().into(), &["Always"]));
    }
    let deadline = template.down(&["spec", "activeDeadlineSeconds"]);
    if deadline.is_set() {
        causes.push(deadline.forbidden(format!("activeDeadlineSeconds in {kind} is not Supported")));
    }
    causes
}

fn strategy(strategy: &Spot<'_>) -> Vec<Cause> {
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "Recreate" if rolling.is_set() => {
            vec![rolling.forbidden("may not be specified when strategy `type` is 'Recreate'")]
        }
        "Recreate" => Vec::new(),
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            let mut causes = share(&unavailable);
            causes.extend(share(&surge));
            if share_value(&unavailable) == 0 && share_value(&surge) == 0 {
                causes.push(unavailable.invalid("may not be 0 when `maxSurge` is 0"));
            }
            causes.extend(at_most_all(&unavailable));
            causes
        }
        _ => vec![unknown_strategy(strategy, "apps.DeploymentStrategy", &["Recreate", "RollingUpdate"])],
    }
}

fn unknown_strategy(strategy: &Spot<'_>, of: &str, allowed: &[&str]) -> Cause {
    Cause::unsupported_shown(strategy.path.as_str(), &golang::line(of, strategy.value), allowed)
}

/// A number, or a share of all.
pub(in crate::rules) fn share(share: &Spot<'_>) -> Vec<Cause> {
    match share.value.as_str() {
        Some(_) => share.breaches(formats::percent),
        None => share.not_negative().into_iter().collect(),
    }
}

fn share_value(share: &Spot<'_>) -> i64 {
    match share.value.as_str() {
        Some(text) if formats::percent(text).is_empty() => text.trim_end_matches('%').parse().unwrap_or(0),
        Some(text) => text.parse().unwrap_or(0),
        None => share.number(),
    }
}

pub(in crate::rules) fn at_most_all(share: &Spot<'_>) -> Option<Cause> {
    let is_share = share.value.as_str().is_some_and(|text| formats::percent(text).is_empty());
    (is_share && share_value(share) > 100).then(|| share.invalid("must not be greater than 100%"))
}

fn daemon_set(spec: &Spot<'_>) -> Vec<Cause> {
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    let mut causes = selectors::faults(&selector);
    if causes.is_empty() && !selectors::selects(&selector, &template.down(&["metadata", "labels"])) {
        causes.push(selectors::mismatch(&template));
    }
    if selector.is_set() && selectors::is_empty(&selector) {
        causes.push(shown(&selector, "empty selector is invalid for daemonset"));
    }
    causes.extend(pod::template(&template));
    causes.extend(runs_on(&template, "DaemonSet"));
    causes.extend(spec.at("minReadySeconds").not_negative());
    causes.extend(daemon_strategy(&spec.at("updateStrategy")));
    causes.extend(spec.at("revisionHistoryLimit").not_negative());
    causes
}

fn daemon_strategy(strategy: &Spot<'_>) -> Vec<Cause> {
    match strategy.at("type").text() {
        "OnDelete" => return Vec::new(),
        "RollingUpdate" => {}
        _ => return vec![unknown_strategy(strategy, "apps.DaemonSetUpdateStrategy", &["RollingUpdate", "OnDelete"])],
    }
    let (unavailable, surge) =
        (strategy.at("rollingUpdate").at("maxUnavailable"), strategy.at("rollingUpdate").at("maxSurge"));
    let mut causes = share(&unavailable);
    causes.extend(share(&surge));
    causes.extend(at_most_all(&unavailable));
    causes.extend(at_most_all(&surge));
    match (share_value(&unavailable) != 0, share_value(&surge) != 0) {
        (true, true) => causes.push(surge.invalid("may not be set when maxUnavailable is non-zero")),
        (false, false) => causes.push(unavailable.required("cannot be 0 when maxSurge is 0")),
        _ => {}
    }
    causes
}

fn stateful_set(spec: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let management = spec.at("podManagementPolicy");
    match management.text() {
        "OrderedReady" | "Parallel" => {}
        "" => causes.push(management.required("")),
        _ => causes.push(management.invalid("must be 'OrderedReady' or 'Parallel'")),
    }
    causes.extend(stateful_strategy(&spec.at("updateStrategy")));
    let retention = spec.at("persistentVolumeClaimRetentionPolicy");
    causes.extend(
        ["whenDeleted", "whenScaled"].iter().filter_map(|key| retention.at(key).one_of_if_set(&["Retain", "Delete"])),
    );
    causes.extend(spec.at("volumeClaimTemplates").items().flat_map(|claim| storage::claim_faults(&claim.at("spec"))));
    for count in [spec.at("replicas"), spec.at("minReadySeconds"), spec.down(&["ordinals", "start"])] {
        causes.extend(count.not_negative());
    }
    causes.extend(spec.at("serviceName").breaches_if_set(formats::label));
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    causes.extend(required_selector(&selector, "statefulset"));
    if !selectors::is_sound(&selector) {
        causes.push(shown(&selector, ""));
    } else {
        if !selects(&selector, &template) {
            causes.push(selectors::mismatch(&template));
        }
        let with_claims = with_claimed_volumes(spec, &template);
        causes.extend(pod::template(&Spot::new(template.path.as_str(), &with_claims)));
        causes.extend(metadata::label_faults(
            &template.down(&["metadata", "labels"]).named(format!("{}.labels", template.path)),
        ));
    }
    causes.extend(runs_on(&template, "StatefulSet"));
    causes
}

fn stateful_strategy(strategy: &Spot<'_>) -> Vec<Cause> {
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "OnDelete" if rolling.is_set() => {
            let shown = golang::line("apps.RollingUpdateStatefulSetStrategy", rolling.value);
            let detail = "only allowed for updateStrategy 'RollingUpdate'";
            vec![Cause::invalid_shown(rolling.path, &shown, detail)]
        }
        "OnDelete" => Vec::new(),
        "RollingUpdate" => {
            let mut causes: Vec<Cause> = rolling.at("partition").not_negative().into_iter().collect();
            let unavailable = rolling.at("maxUnavailable");
            if unavailable.is_set() {
                causes.extend(share(&unavailable));
                if share_value(&unavailable) == 0 {
                    causes.push(unavailable.invalid("cannot be 0"));
                }
                causes.extend(at_most_all(&unavailable));
            }
            causes
        }
        _ => {
            let shown = golang::line("apps.StatefulSetUpdateStrategy", strategy.value);
            let detail = "must be 'RollingUpdate' or 'OnDelete'";
            vec![Cause::invalid_shown(strategy.path.as_str(), &shown, detail)]
        }
    }
}

/// The template with a volume for each claim template, under its name, as the Pods will have it.
fn with_claimed_volumes(spec: &Spot<'_>, template: &Spot<'_>) -> Value {
    let mut template = template.value.clone();
    let Some(pod) = template.get_mut("spec").and_then(Value::as_object_mut) else { return template };
    // These the controller sets.
    pod.remove("hostname");
    pod.remove("subdomain");
    let claims: Vec<&str> = spec.at("volumeClaimTemplates").items().map(|claim| object::name(claim.map())).collect();
    if claims.is_empty() {
        return template;
    }
    let volumes = pod.entry("volumes").or_insert_with(|| json!([]));
    if let Some(volumes) = volumes.as_array_mut() {
        volumes.retain(|volume| !claims.contains(&volume["name"].as_str().unwrap_or_default()));
        let claimed = claims.iter().map(|name| json!({ "name": name, "persistentVolumeClaim": { "claimName": name } }));
        volumes.extend(claimed);
    }
    template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_template_is_a_volume_that_can_be_mounted() {
        let mount = |volume: &str| {
            let container = json!({
                "name": "a", "image": "a", "imagePullPolicy": "Always", "terminationMessagePolicy": "File",
                "volumeMounts": [{ "name": volume, "mountPath": "/a" }],
            });
            let pod = json!({ "containers": [container], "restartPolicy": "Always" });
            let template = json!({ "metadata": { "labels": { "a": "b" } }, "spec": pod });
            let requests = json!({ "requests": { "storage": "1Gi" } });
            let claim = json!({ "accessModes": ["ReadWriteOnce"], "resources": requests });
            let claims = json!([{ "metadata": { "name": "data" }, "spec": claim }]);
            let spec = json!({
                "selector": { "matchLabels": { "a": "b" } }, "template": template, "volumeClaimTemplates": claims,
                "podManagementPolicy": "Parallel", "updateStrategy": { "type": "OnDelete" },
            });
            let set = Object::from_iter([("spec".to_owned(), spec)]);
            validate("statefulsets", &set, None).into_iter().map(|cause| cause.message).collect::<Vec<_>>()
        };
        assert_eq!(mount("data"), [""; 0]);
        assert_eq!(mount("other"), ["Not found: \"other\""]);
    }
}
