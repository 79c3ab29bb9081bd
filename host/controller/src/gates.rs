//! What can hold a sync up from outside: the project's windows.

use windlass_engine::windows;
use windlass_model::application::OperationState;
use windlass_pipeline::Scope;

use crate::clock;

/// Whether the project's sync windows permit a sync now.
pub(crate) fn window_permits(scope: &Scope, is_manual: bool, began: Option<i64>) -> bool {
    windows::permits(scope.project.sync_windows(), asking(scope, is_manual, began), clock::now_ms() / 1000)
}

/// The question that a sync of the application asks of windows.
pub(crate) fn asking(scope: &Scope, is_manual: bool, began: Option<i64>) -> windows::Asking<'_> {
    windows::Asking { application: &scope.app.metadata.name, destination: &scope.destination, is_manual, began }
}

/// Whether an operation has to wait for a window.
pub(crate) fn is_blocked(scope: &Scope, running: &OperationState) -> bool {
    let began = clock::parse(&running.started_at).map(|ms| ms / 1000).filter(|_| running.sync_result.is_some());
    !window_permits(scope, !running.operation.initiated_by.automated, began)
}
