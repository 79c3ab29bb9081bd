//! Jobs: Pods until enough have succeeded, or too many failed.

use std::sync::Arc;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use serde_json::{Value, json};

use crate::children::{create, is_active, is_ready, namespaced, owned, phase, pod, write_status};
use crate::conditions::{self, Condition, now};
use crate::error::Error;
use crate::{Context, Outcome};

/// What is to be done about a Job.
enum Plan {
    Start(usize),
    Wait,
    Succeed,
    Fail,
}

pub(crate) async fn settle(job: Arc<Job>, ctx: Arc<Context>) -> Outcome {
    if job.metadata.deletion_timestamp.is_some() || has_ended(&job) {
        return Ok(Action::await_change());
    }
    let pods: Vec<Pod> = owned(&ctx, &job.metadata).await?;
    let plan = plan(&job, &pods);
    if let Plan::Start(count) = plan {
        start(&ctx, &job, count).await?;
    }
    write_status(&namespaced::<Job>(&ctx, &job.metadata), &job, status(&job, &pods, &plan)).await?;
    Ok(Action::await_change())
}

fn has_ended(job: &Job) -> bool {
    let conditions = job.status.as_ref().and_then(|status| status.conditions.as_ref()).into_iter().flatten();
    conditions.into_iter().any(|entry| matches!(entry.type_.as_str(), "Complete" | "Failed") && entry.status == "True")
}

fn with_phase(pods: &[Pod], wanted: &str) -> usize {
    pods.iter().filter(|pod| phase(pod) == wanted).count()
}

fn plan(job: &Job, pods: &[Pod]) -> Plan {
    let Some(spec) = job.spec.as_ref() else { return Plan::Wait };
    let (succeeded, failed) = (with_phase(pods, "Succeeded"), with_phase(pods, "Failed"));
    let active = pods.iter().filter(|pod| is_active(pod)).count();
    let count = |number: Option<i32>, or: usize| number.map_or(or, |number| usize::try_from(number).unwrap_or(0));
    let completions = count(spec.completions, 1);
    if spec.suspend == Some(true) {
        Plan::Wait
    } else if succeeded >= completions {
        Plan::Succeed
    } else if failed > count(spec.backoff_limit, 6) {
        Plan::Fail
    } else {
        let room = count(spec.parallelism, 1).min(completions - succeeded).saturating_sub(active);
        if room > 0 { Plan::Start(room) } else { Plan::Wait }
    }
}

async fn start(ctx: &Context, job: &Job, count: usize) -> Result<(), Error> {
    let Some(spec) = job.spec.as_ref() else { return Ok(()) };
    let api = namespaced::<Pod>(ctx, &job.metadata);
    for _ in 0..count {
        let name = json!({ "generateName": format!("{}-", job.name_any()) });
        create(&api, &pod(job, name, &spec.template, &[])).await?;
    }
    Ok(())
}

fn status(job: &Job, pods: &[Pod], plan: &Plan) -> Value {
    let before = job.status.clone().unwrap_or_default();
    let started = job.spec.as_ref().and_then(|spec| spec.suspend) != Some(true);
    let mut status = json!({
        "active": pods.iter().filter(|pod| is_active(pod)).count(),
        "ready": pods.iter().filter(|pod| is_ready(pod)).count(),
        "succeeded": with_phase(pods, "Succeeded"),
        "failed": with_phase(pods, "Failed"),
        "terminating": 0,
        "uncountedTerminatedPods": {},
    });
    if started {
        status["startTime"] = before.start_time.as_ref().map_or_else(|| now().into(), |time| json!(time));
    }
    let former = before.conditions.unwrap_or_default();
    let ended = match plan {
        Plan::Succeed => {
            status["completionTime"] = now().into();
            let met = "Reached expected number of succeeded pods";
            [("SuccessCriteriaMet", "CompletionsReached", met), ("Complete", "CompletionsReached", met)]
        }
        Plan::Fail => {
            let limit = "Job has reached the specified backoff limit";
            [("FailureTarget", "BackoffLimitExceeded", limit), ("Failed", "BackoffLimitExceeded", limit)]
        }
        Plan::Start(_) | Plan::Wait => return status,
    };
    let ended = ended.map(|(kind, reason, message)| Condition::new(kind, true, reason, message));
    status["conditions"] = conditions::list(&former, &ended, false);
    status
}
