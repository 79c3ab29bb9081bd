//! Sync options: of the application or operation, and of one object.

use windlass_model::{Object, names};

/// Whether something may be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    #[default]
    Allowed,
    Refused,
    /// Only once `argocd.argoproj.io/deletion-approved` says so.
    AfterConfirmation,
}

/// How deleted objects take their dependents with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    #[default]
    Foreground,
    Background,
    Orphan,
}

impl Propagation {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Foreground => "Foreground",
            Self::Background => "Background",
            Self::Orphan => "Orphan",
        }
    }
}

/// `spec.syncPolicy.syncOptions`, or those of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncOptions {
    pub validate: Option<bool>,
    pub skip_dry_run_on_missing_resource: bool,
    pub prune: Permission,
    pub delete: Permission,
    pub prune_last: bool,
    pub propagation: Propagation,
    pub replace: bool,
    pub force: bool,
    /// Absent: server-side apply, which is the default here.
    pub server_side_apply: Option<bool>,
    pub client_side_apply_migration: Option<bool>,
    pub apply_out_of_sync_only: bool,
    pub respect_ignore_differences: bool,
    pub create_namespace: bool,
    pub fail_on_shared_resource: bool,
    /// Options that are not known here; told to the user, never dropped in silence.
    pub unknown: Vec<String>,
}

impl SyncOptions {
    /// Of two settings of one option the last counts.
    pub fn parse<'a>(options: impl IntoIterator<Item = &'a str>) -> Self {
        let mut parsed = Self::default();
        for option in options {
            parsed.set(option.trim());
        }
        parsed
    }

    fn set(&mut self, option: &str) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let on = value == "true";
        match name {
            "Validate" => self.validate = Some(value != "false"),
            "SkipDryRunOnMissingResource" => self.skip_dry_run_on_missing_resource = on,
            "Prune" => self.prune = permission(value),
            "Delete" => self.delete = permission(value),
            "PruneLast" => self.prune_last = on,
            "PrunePropagationPolicy" => self.propagation = propagation(value),
            "Replace" => self.replace = on,
            "Force" => self.force = on,
            "ServerSideApply" => self.server_side_apply = Some(on),
            "ClientSideApplyMigration" => self.client_side_apply_migration = Some(value != "false"),
            "ApplyOutOfSyncOnly" => self.apply_out_of_sync_only = on,
            "RespectIgnoreDifferences" => self.respect_ignore_differences = on,
            "CreateNamespace" => self.create_namespace = on,
            "FailOnSharedResource" => self.fail_on_shared_resource = on,
            _ => self.unknown.push(option.to_owned()),
        }
    }
}

fn permission(value: &str) -> Permission {
    match value {
        "false" => Permission::Refused,
        "confirm" => Permission::AfterConfirmation,
        _ => Permission::Allowed,
    }
}

fn propagation(value: &str) -> Propagation {
    match value {
        "background" => Propagation::Background,
        "orphan" => Propagation::Orphan,
        _ => Propagation::Foreground,
    }
}

/// The `sync-options` annotation of one object. `None` leaves the decision to the application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceOptions {
    pub prune: Option<Permission>,
    pub delete: Option<Permission>,
    pub server_side_apply: Option<bool>,
    pub replace: bool,
    pub force: bool,
    pub validate: Option<bool>,
    pub prune_last: bool,
    pub skip_dry_run_on_missing_resource: bool,
    pub ignore_extraneous: bool,
}

impl ResourceOptions {
    pub fn of(object: &Object) -> Self {
        let mut options = Self {
            ignore_extraneous: list(object.annotation(names::COMPARE_OPTIONS)).any(|name| name == "IgnoreExtraneous"),
            ..Self::default()
        };
        for option in list(object.annotation(names::SYNC_OPTIONS)) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let on = value == "true";
            match name {
                "Prune" => options.prune = Some(permission(value)),
                "Delete" => options.delete = Some(permission(value)),
                "ServerSideApply" => options.server_side_apply = Some(on),
                "Replace" => options.replace = on,
                "Force" => options.force = on,
                "Validate" => options.validate = Some(value != "false"),
                "PruneLast" => options.prune_last = on,
                "SkipDryRunOnMissingResource" => options.skip_dry_run_on_missing_resource = on,
                _ => {}
            }
        }
        options
    }
}

fn list(annotation: Option<&str>) -> impl Iterator<Item = &str> {
    annotation.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// `helm.sh/resource-policy: keep` protects at cascading deletion, not at a prune.
pub fn keeps_on_cascade(object: &Object) -> bool {
    object.annotation(names::HELM_RESOURCE_POLICY) == Some("keep")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_are_read_by_name_and_unknown_ones_are_kept() {
        let options = SyncOptions::parse(["Prune=confirm", "CreateNamespace=true", "ServerSideApply=false", "Nope=1"]);
        assert_eq!(options.prune, Permission::AfterConfirmation);
        assert!(options.create_namespace);
        assert_eq!(options.server_side_apply, Some(false));
        assert_eq!(options.unknown, ["Nope=1"]);
    }

    #[test]
    fn an_object_states_its_own_options() {
        let object = Object::new(json!({"metadata": {"annotations": {
            "argocd.argoproj.io/sync-options": "Prune=false, Replace=true",
            "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
        }}}));
        let options = ResourceOptions::of(&object.unwrap());
        assert_eq!(options.prune, Some(Permission::Refused));
        assert!(options.replace && options.ignore_extraneous && !options.force);
    }
}
