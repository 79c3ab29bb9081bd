//! Annotations, labels and finalizers that users of the `argoproj.io` API rely on.

pub const TRACKING_ID: &str = "argocd.argoproj.io/tracking-id";
pub const INSTALLATION_ID: &str = "argocd.argoproj.io/installation-id";
/// Default of `application.instanceLabelKey`.
pub const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";

pub const HOOK: &str = "argocd.argoproj.io/hook";
pub const HOOK_DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";
pub const HOOK_FINALIZER: &str = "argocd.argoproj.io/hook-finalizer";
pub const HELM_HOOK: &str = "helm.sh/hook";
pub const HELM_HOOK_DELETE_POLICY: &str = "helm.sh/hook-delete-policy";
pub const HELM_HOOK_WEIGHT: &str = "helm.sh/hook-weight";
pub const HELM_RESOURCE_POLICY: &str = "helm.sh/resource-policy";

/// On a hook's object: the operation and phase that it was made in, so that it is known again after a crash.
pub const OPERATION: &str = "windlass.dev/operation";

pub const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";
pub const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
pub const COMPARE_OPTIONS: &str = "argocd.argoproj.io/compare-options";
pub const IGNORE_HEALTHCHECK: &str = "argocd.argoproj.io/ignore-healthcheck";
pub const REFRESH: &str = "argocd.argoproj.io/refresh";
pub const SKIP_RECONCILE: &str = "argocd.argoproj.io/skip-reconcile";
/// Says that Windlass reconciles an Application from which [`SKIP_RECONCILE`] keeps Argo CD's controller.
pub const HANDED_OVER: &str = "windlass.dev/handed-over";
/// On an Application that was read back from a backup: when it came back. While it stands, nothing is pruned unasked.
pub const RESTORED: &str = "windlass.dev/restored";
/// The label that Velero puts on everything that it brings back.
pub const VELERO_RESTORE: &str = "velero.io/restore-name";
pub const DELETION_APPROVED: &str = "argocd.argoproj.io/deletion-approved";
/// Names the field manager to migrate from instead of kubectl's, on an Application.
pub const MIGRATION_MANAGER: &str = "argocd.argoproj.io/client-side-apply-migration-manager";
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub const RESOURCES_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";
pub const FOREGROUND_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io/foreground";
pub const BACKGROUND_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io/background";
pub const PRE_DELETE_FINALIZER: &str = "pre-delete-finalizer.argocd.argoproj.io";
pub const PRE_DELETE_CLEANUP_FINALIZER: &str = "pre-delete-finalizer.argocd.argoproj.io/cleanup";
pub const POST_DELETE_FINALIZER: &str = "post-delete-finalizer.argocd.argoproj.io";
pub const POST_DELETE_CLEANUP_FINALIZER: &str = "post-delete-finalizer.argocd.argoproj.io/cleanup";

/// The field manager of everything that we apply.
pub const FIELD_MANAGER: &str = "windlass";
/// The field manager of Argo CD's controller, whose ownership is taken over.
pub const ARGOCD_MANAGER: &str = "argocd-controller";
/// What Argo CD's application controller is called: its workload, and its requests about Applications.
pub const ARGOCD_CONTROLLER: &str = "argocd-application-controller";
/// The field manager of client-side `kubectl apply`.
pub const KUBECTL_MANAGER: &str = "kubectl-client-side-apply";
