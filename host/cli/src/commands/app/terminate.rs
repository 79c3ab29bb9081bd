//! `windlass app terminate NAME`: ends the operation that is under way.

use anyhow::bail;
use serde_json::Value;
use windlass_model::{Application, application::OperationPhase};

use super::store::Applications;
use crate::{args::app::NameArgs, exit::Exit, output::tell};

pub async fn run(args: NameArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.place).await?;
    let terminate = |found: &super::store::Found| terminated(&found.app, &found.object);
    let changed = applications.change(&args.name, terminate).await?;
    let is_running = changed.app.status.operation_state.is_some_and(|state| !state.phase.is_completed());
    let what = if is_running { "is being ended" } else { "is taken back, for nobody had begun it" };
    tell(&format!("application {}: its operation {what}", args.name));
    Ok(Exit::Done)
}

/// The application with the word that makes its controller end the operation.
fn terminated(app: &Application, object: &Value) -> anyhow::Result<Value> {
    let mut object = object.clone();
    match app.status.operation_state.as_ref().map(|state| state.phase) {
        Some(OperationPhase::Running | OperationPhase::Terminating) => {
            object["status"]["operationState"]["phase"] = "Terminating".into();
        }
        // Nobody has begun it yet: it need not begin.
        _ if app.operation.is_some() => drop(object.as_object_mut().and_then(|object| object.remove("operation"))),
        _ => bail!("application {}: no operation is in progress", app.metadata.name),
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn terminate(object: Value) -> anyhow::Result<Value> {
        terminated(&serde_json::from_value(object.clone()).unwrap(), &object)
    }

    #[test]
    fn a_running_operation_is_told_to_end_and_one_that_has_not_begun_is_taken_back() {
        let running =
            json!({"operation": {"sync": {}}, "status": {"operationState": {"phase": "Running", "startedAt": ""}}});
        assert_eq!(terminate(running).unwrap()["status"]["operationState"]["phase"], "Terminating");
        let asked = json!({"operation": {"sync": {}}, "status": {}});
        assert_eq!(terminate(asked).unwrap().get("operation"), None);
        let done = json!({"status": {"operationState": {"phase": "Failed", "startedAt": ""}}});
        assert!(terminate(done).is_err());
    }
}
