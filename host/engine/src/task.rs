//! One piece of a sync's work, and how far it has come.

use windlass_diff::{
    DeletePolicy, Target,
    options::{Permission, ResourceOptions},
};
use windlass_model::{
    Object, ObjectKey,
    application::{HookType, OperationPhase, ResourceResult, ResultCode, SyncPhase},
    names,
};

use crate::live::Live;

/// An object in a phase and wave. Without a target it is a prune.
#[derive(Clone, Debug)]
pub struct Task {
    pub key: ObjectKey,
    /// The namespace under which results are listed: cluster-scoped objects are listed under the destination's.
    pub listed_namespace: String,
    pub version: String,
    pub phase: SyncPhase,
    pub wave: i64,
    pub hook: Option<HookType>,
    pub target: Option<Target>,
    pub live: Option<Live>,
    /// Whether the comparison found target and live equal; `ApplyOutOfSyncOnly` passes such objects over.
    pub in_sync: bool,
    /// A namespace that is made where it is missing, and then is nobody's concern.
    pub is_made_only: bool,
    pub status: Option<ResultCode>,
    pub progress: Option<OperationPhase>,
    pub message: String,
}

/// What became of an action on a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied {
        message: String,
    },
    Failed {
        message: String,
    },
    Pruned {
        message: String,
    },
    PruneSkipped {
        message: String,
    },
    /// A hook's previous object is on its way out; the hook is created once it is gone.
    DeletionRequested,
}

impl Task {
    /// Where in a sync its turn comes.
    pub fn place(&self) -> (SyncPhase, i64) {
        (self.phase, self.wave)
    }

    pub fn is_prune(&self) -> bool {
        self.target.is_none()
    }

    pub fn is_hook(&self) -> bool {
        self.hook.is_some()
    }

    pub fn is_pending(&self) -> bool {
        self.progress.is_none()
    }

    pub fn is_running(&self) -> bool {
        self.progress == Some(OperationPhase::Running)
    }

    pub fn is_completed(&self) -> bool {
        self.progress.is_some_and(OperationPhase::is_completed)
    }

    pub fn is_failed(&self) -> bool {
        self.progress.is_some_and(OperationPhase::is_failure)
    }

    pub fn has_policy(&self, policy: DeletePolicy) -> bool {
        self.target.as_ref().is_some_and(|target| target.hooks.deletes(policy))
    }

    /// Whether the hook's previous object goes before it is created.
    pub fn is_replaced(&self) -> bool {
        self.is_hook() && self.live.is_some() && !self.is_made() && self.has_policy(DeletePolicy::BeforeHookCreation)
    }

    /// Whether the hook that lives was made by this very attempt for this very phase.
    pub fn is_made(&self) -> bool {
        let mark = |object: &Object| object.annotation(names::OPERATION).map(str::to_owned);
        let wanted = self.target.as_ref().and_then(|target| mark(&target.object));
        let live = self.live.as_ref().and_then(|live| mark(&live.object));
        self.is_hook() && wanted.is_some() && wanted == live
    }

    /// Takes up a hook that was made before a crash, and of which nothing is recorded.
    pub(crate) fn adopt(&mut self) {
        self.set(Some(ResultCode::Synced), OperationPhase::Running, "taken up again");
    }

    /// The live object's options; for a prune they are all there is.
    pub fn live_options(&self) -> ResourceOptions {
        self.live.as_ref().map(|live| ResourceOptions::of(&live.object)).unwrap_or_default()
    }

    /// Whether the pruning of this object waits for a confirmation.
    pub fn needs_prune_confirmation(&self, of_application: Permission) -> bool {
        self.live_options().prune.unwrap_or(of_application) == Permission::AfterConfirmation
    }

    /// `apps/Deployment/web`, as messages of a sync name an object.
    pub fn label(&self) -> String {
        match &*self.key.kind.group {
            "" => format!("/{}/{}", self.key.kind.kind, self.key.name),
            group => format!("{group}/{}/{}", self.key.kind.kind, self.key.name),
        }
    }

    pub fn set(&mut self, status: Option<ResultCode>, progress: OperationPhase, message: impl Into<String>) {
        self.status = status.or(self.status);
        self.progress = Some(progress);
        self.message = message.into();
    }

    /// Books what an action did.
    pub fn record(&mut self, outcome: Outcome, dry_run: bool) {
        match outcome {
            Outcome::Applied { message } => {
                // Nothing is created by a dry run, so there is nothing to wait for.
                let progress = if dry_run { OperationPhase::Succeeded } else { OperationPhase::Running };
                self.set(Some(ResultCode::Synced), progress, message);
            }
            Outcome::Failed { message } => self.set(Some(ResultCode::SyncFailed), OperationPhase::Failed, message),
            Outcome::Pruned { message } => self.set(Some(ResultCode::Pruned), OperationPhase::Succeeded, message),
            Outcome::PruneSkipped { message } => {
                self.set(Some(ResultCode::PruneSkipped), OperationPhase::Succeeded, message);
            }
            Outcome::DeletionRequested => {}
        }
    }

    /// The row of `operationState.syncResult`, once there is something to tell.
    pub fn result(&self) -> Option<ResourceResult> {
        if self.status.is_none() && self.progress.is_none() {
            return None;
        }
        let kind = &self.key.kind;
        Some(ResourceResult {
            group: kind.group.to_string(),
            version: self.version.clone(),
            kind: kind.kind.to_string(),
            namespace: self.listed_namespace.clone(),
            name: self.key.name.to_string(),
            status: self.status,
            message: self.message.clone(),
            hook_type: self.hook,
            hook_phase: self.progress,
            sync_phase: Some(self.phase),
            images: self.target.as_ref().map(|target| crate::results::images(&target.object)).unwrap_or_default(),
        })
    }

    /// Takes up where a recorded result has left off.
    pub fn resume(&mut self, result: &ResourceResult) {
        self.status = result.status;
        self.progress = result.hook_phase;
        self.message.clone_from(&result.message);
    }

    /// Whether a recorded result is about this task.
    pub fn matches(&self, result: &ResourceResult) -> bool {
        let kind = &self.key.kind;
        kind.is(&result.group, &result.kind)
            && *self.key.name == *result.name
            && self.listed_namespace == result.namespace
            && result.sync_phase.is_none_or(|phase| phase == self.phase)
    }
}
