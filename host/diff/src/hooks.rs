//! What the hook annotations of Argo CD and Helm say about an object.

use windlass_model::{
    Object,
    application::{HookType, SyncPhase},
    names,
};

/// When a hook object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletePolicy {
    HookSucceeded,
    HookFailed,
    BeforeHookCreation,
}

/// The hook side of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// The phases in which the object runs. Empty on a hook whose types are all unknown: it never runs.
    pub types: Vec<HookType>,
    /// Whether the object is a hook at all; a hook is not part of the desired state.
    pub is_hook: bool,
    pub delete_policies: Vec<DeletePolicy>,
}

impl Hooks {
    pub fn of(object: &Object) -> Self {
        let argo = object.annotation(names::HOOK);
        let helm = object.annotation(names::HELM_HOOK);
        let mut types: Vec<HookType> = values(argo).filter_map(argo_type).collect();
        if types.is_empty() && values(helm).any(|hook| hook == "crd-install") {
            return Self::default();
        }
        if types.is_empty() {
            types = values(helm).filter_map(helm_type).collect();
        }
        types.sort();
        types.dedup();
        Self { is_hook: argo.is_some() || helm.is_some(), types, delete_policies: delete_policies(object) }
    }

    /// `Skip` as the only type: neither hook nor synced.
    pub fn is_skipped(&self) -> bool {
        self.types == [HookType::Skip]
    }

    /// The phases in which a sync runs this hook, with its type.
    pub fn sync_phases(&self) -> impl Iterator<Item = (HookType, SyncPhase)> {
        self.types.iter().filter_map(|hook| {
            Some((
                *hook,
                match hook {
                    HookType::PreSync => SyncPhase::PreSync,
                    HookType::Sync => SyncPhase::Sync,
                    HookType::PostSync => SyncPhase::PostSync,
                    HookType::SyncFail => SyncPhase::SyncFail,
                    HookType::PreDelete | HookType::PostDelete | HookType::Skip => return None,
                },
            ))
        })
    }

    pub fn has(&self, hook: HookType) -> bool {
        self.types.contains(&hook)
    }

    pub fn deletes(&self, policy: DeletePolicy) -> bool {
        self.delete_policies.contains(&policy)
    }
}

/// `argocd.argoproj.io/sync-wave`, else Helm's weight, else 0. What is not a number counts as absent.
pub fn wave_of(object: &Object) -> i64 {
    [names::SYNC_WAVE, names::HELM_HOOK_WEIGHT]
        .into_iter()
        .find_map(|name| object.annotation(name)?.trim().parse().ok())
        .unwrap_or(0)
}

fn values(annotation: Option<&str>) -> impl Iterator<Item = &str> {
    annotation.unwrap_or_default().split(',').map(str::trim).filter(|value| !value.is_empty())
}

fn argo_type(name: &str) -> Option<HookType> {
    Some(match name {
        "PreSync" => HookType::PreSync,
        "Sync" => HookType::Sync,
        "PostSync" => HookType::PostSync,
        "SyncFail" => HookType::SyncFail,
        "PreDelete" => HookType::PreDelete,
        "PostDelete" => HookType::PostDelete,
        "Skip" => HookType::Skip,
        _ => return None,
    })
}

fn helm_type(name: &str) -> Option<HookType> {
    Some(match name {
        "pre-install" | "pre-upgrade" => HookType::PreSync,
        "post-install" | "post-upgrade" => HookType::PostSync,
        "pre-delete" => HookType::PreDelete,
        "post-delete" => HookType::PostDelete,
        _ => return None,
    })
}

/// The union of both annotations; `BeforeHookCreation` when that is empty.
fn delete_policies(object: &Object) -> Vec<DeletePolicy> {
    let argo = values(object.annotation(names::HOOK_DELETE_POLICY)).filter_map(|policy| match policy {
        "HookSucceeded" => Some(DeletePolicy::HookSucceeded),
        "HookFailed" => Some(DeletePolicy::HookFailed),
        "BeforeHookCreation" => Some(DeletePolicy::BeforeHookCreation),
        _ => None,
    });
    let helm = values(object.annotation(names::HELM_HOOK_DELETE_POLICY)).filter_map(|policy| match policy {
        "hook-succeeded" => Some(DeletePolicy::HookSucceeded),
        "hook-failed" => Some(DeletePolicy::HookFailed),
        "before-hook-creation" => Some(DeletePolicy::BeforeHookCreation),
        _ => None,
    });
    let mut policies = Vec::new();
    for policy in argo.chain(helm) {
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    if policies.is_empty() {
        policies.push(DeletePolicy::BeforeHookCreation);
    }
    policies
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hooks(annotations: serde_json::Value) -> Hooks {
        Hooks::of(&Object::new(json!({"metadata": {"annotations": annotations}})).unwrap())
    }

    #[test]
    fn argo_types_win_over_helm_types() {
        let both = hooks(json!({"argocd.argoproj.io/hook": "PostSync", "helm.sh/hook": "pre-install"}));
        assert_eq!(both.types, [HookType::PostSync]);
        let helm = hooks(json!({"helm.sh/hook": "pre-install,pre-upgrade,test"}));
        assert_eq!(helm.types, [HookType::PreSync]);
        let unknown = hooks(json!({"argocd.argoproj.io/hook": "Nonsense"}));
        assert!(unknown.is_hook && unknown.types.is_empty());
        assert!(!hooks(json!({"helm.sh/hook": "crd-install"})).is_hook);
        assert!(hooks(json!({"argocd.argoproj.io/hook": "Skip"})).is_skipped());
    }

    #[test]
    fn delete_policies_of_both_annotations_add_up() {
        let both = hooks(json!({
            "argocd.argoproj.io/hook": "Sync",
            "argocd.argoproj.io/hook-delete-policy": "HookSucceeded",
            "helm.sh/hook-delete-policy": "hook-failed, hook-succeeded",
        }));
        assert_eq!(both.delete_policies, [DeletePolicy::HookSucceeded, DeletePolicy::HookFailed]);
        assert_eq!(hooks(json!({})).delete_policies, [DeletePolicy::BeforeHookCreation]);
    }

    #[test]
    fn an_invalid_wave_falls_back_to_the_helm_weight() {
        let wave = |annotations| wave_of(&Object::new(json!({"metadata": {"annotations": annotations}})).unwrap());
        assert_eq!(wave(json!({"argocd.argoproj.io/sync-wave": "-3"})), -3);
        assert_eq!(wave(json!({"argocd.argoproj.io/sync-wave": "x", "helm.sh/hook-weight": "5"})), 5);
        assert_eq!(wave(json!({"argocd.argoproj.io/sync-wave": "1.5"})), 0);
    }
}
