//! `windlass app hand-over NAME…`: from Argo CD's controller to ours, and back, one application at a time.

use anyhow::bail;
use serde_json::Value;
use windlass_model::{Application, names};

use super::{
    filter,
    store::{Applications, Found},
};
use crate::{
    args::app::{Charge, HandOverArgs},
    exit::Exit,
    output::{complain, tell},
};

/// Both together, or neither: with one alone, two controllers would act on the application, or none.
const MARKS: [&str; 2] = [names::SKIP_RECONCILE, names::HANDED_OVER];

pub async fn run(args: HandOverArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.apps.place).await?;
    let mut exit = Exit::Done;
    for chosen in filter::chosen(&applications, &args.apps).await? {
        let name = &chosen.app.metadata.name;
        match applications.change(name, |found: &Found| handed(&found.app, &found.object, args.to)).await {
            Ok(_) => tell(&format!("application {name}: {}", told(args.to))),
            Err(error) => {
                complain(&format!("{error:#}"));
                exit = Exit::Different;
            }
        }
    }
    Ok(exit)
}

fn told(to: Charge) -> &'static str {
    match to {
        Charge::Windlass => "Windlass reconciles it from now on, Argo CD leaves it alone",
        Charge::ArgoCd => "Argo CD reconciles it from now on, Windlass leaves it alone",
    }
}

/// The application as its new controller is to find it.
fn handed(app: &Application, object: &Value, to: Charge) -> anyhow::Result<Value> {
    let name = &app.metadata.name;
    let is_set = |mark: &&str| app.annotation(mark) == Some("true");
    if to == Charge::Windlass && is_set(&names::SKIP_RECONCILE) && !is_set(&names::HANDED_OVER) {
        bail!(
            "application {name} is paused by its annotation {}; take that away first: \
             kubectl annotate application {name} {}-",
            names::SKIP_RECONCILE,
            names::SKIP_RECONCILE
        );
    }
    // The controller that has begun it would go on with it for a while.
    if app.operation.is_some() || app.status.operation_state.as_ref().is_some_and(|state| !state.phase.is_completed()) {
        bail!(
            "application {name} has an operation under way; wait for its end, as with `windlass app wait {name} --operation`"
        );
    }
    let mut object = object.clone();
    let mut annotations = object["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    for mark in MARKS {
        match to {
            Charge::Windlass => drop(annotations.insert(mark.into(), "true".into())),
            Charge::ArgoCd => drop(annotations.remove(mark)),
        }
    }
    object["metadata"]["annotations"] = if annotations.is_empty() { Value::Null } else { annotations.into() };
    Ok(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hand(object: &Value, to: Charge) -> anyhow::Result<Value> {
        handed(&serde_json::from_value(object.clone()).unwrap(), object, to)
    }

    #[test]
    fn there_and_back_leaves_the_application_as_it_was() {
        let object = json!({"metadata": {"name": "shop", "annotations": {"team": "web"}}});
        let ours = hand(&object, Charge::Windlass).unwrap();
        assert_eq!(
            ours["metadata"]["annotations"],
            json!({"team": "web", "argocd.argoproj.io/skip-reconcile": "true", "windlass.dev/handed-over": "true"})
        );
        assert_eq!(hand(&ours, Charge::Windlass).unwrap(), ours);
        assert_eq!(hand(&ours, Charge::ArgoCd).unwrap(), object);
        assert!(hand(&json!({"metadata": {"name": "bare"}}), Charge::Windlass).is_ok());
    }

    #[test]
    fn what_is_paused_or_in_the_middle_of_a_sync_stays_where_it_is() {
        let paused =
            json!({"metadata": {"name": "shop", "annotations": {"argocd.argoproj.io/skip-reconcile": "true"}}});
        let error = hand(&paused, Charge::Windlass).unwrap_err().to_string();
        assert!(error.contains("kubectl annotate application shop argocd.argoproj.io/skip-reconcile-"), "{error}");
        let busy = json!({"metadata": {"name": "shop"}, "status": {"operationState": {"phase": "Running"}}});
        for to in [Charge::Windlass, Charge::ArgoCd] {
            let error = hand(&busy, to).unwrap_err().to_string();
            assert!(error.contains("windlass app wait shop --operation"), "{error}");
        }
    }
}
