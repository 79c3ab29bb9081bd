//! Whose charge an application is. Two controllers on one application undo each other's work, so that each has to know
//! from the Application alone which of them it is for: Argo CD's leaves alone what is annotated `skip-reconcile`, and
//! ours takes such an application when it was handed over.

use windlass_model::{Application, names};

/// Whether this controller acts on an application. With `only_handed_over`, Argo CD's may be at work beside it.
pub(crate) fn is_ours(app: &Application, only_handed_over: bool) -> bool {
    let is_set = |name| app.annotation(name) == Some("true");
    match (is_set(names::SKIP_RECONCILE), is_set(names::HANDED_OVER)) {
        (true, handed_over) => handed_over,
        // Argo CD's controller would act on it too.
        (false, _) => !only_handed_over,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_ours_with(annotations: serde_json::Value, only_handed_over: bool) -> bool {
        let app = json!({"metadata": {"name": "a", "annotations": annotations}});
        is_ours(&serde_json::from_value(app).unwrap(), only_handed_over)
    }

    #[test]
    fn an_application_has_one_controller_whatever_its_annotations_say() {
        let skipped = json!({"argocd.argoproj.io/skip-reconcile": "true"});
        let marked = json!({"windlass.dev/handed-over": "true"});
        let handed_over = json!({"argocd.argoproj.io/skip-reconcile": "true", "windlass.dev/handed-over": "true"});
        // What Argo CD's controller would act on, ours leaves alone beside it.
        for (annotations, argo_cd_acts) in
            [(json!({}), true), (skipped, false), (marked, true), (handed_over.clone(), false)]
        {
            assert!(!(is_ours_with(annotations.clone(), true) && argo_cd_acts), "{annotations}");
        }
        assert!(is_ours_with(handed_over.clone(), true));
        assert!(is_ours_with(handed_over, false));
    }

    #[test]
    fn alone_it_leaves_nothing_out_but_what_is_paused() {
        assert!(is_ours_with(json!({}), false));
        assert!(!is_ours_with(json!({"argocd.argoproj.io/skip-reconcile": "true"}), false));
    }
}
