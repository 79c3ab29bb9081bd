//! What runs to an end: Job, CronJob, Argo's Workflow.

use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

pub(crate) fn job(object: Object<'_>) -> Verdict {
    let mut verdict = Verdict::new(Status::Progressing, "");
    let mut failure = None;
    for condition in object.conditions() {
        let status = match (condition.kind, condition.status) {
            ("Failed", _) => {
                failure = Some(condition.message);
                continue;
            }
            ("Suspended", "True") => Status::Suspended,
            // Once suspended, always suspended, whatever order the conditions stand in.
            ("Complete" | "Suspended", _) if verdict.status == Some(Status::Suspended) => Status::Suspended,
            ("Complete" | "Suspended", _) => Status::Healthy,
            _ => continue,
        };
        verdict = Verdict::new(status, condition.message);
    }
    failure.map_or(verdict, |message| Verdict::new(Status::Degraded, message))
}

/// Lenient: what a CronJob reports does not tell a job that runs for the first time from one that fails.
pub(crate) fn cron_job(object: Object<'_>) -> Verdict {
    let healthy = |message: &str| Verdict::new(Status::Healthy, message);
    if object.flag("/spec/suspend") {
        return healthy("CronJob is Suspended");
    }
    if object.at("/status").is_null() {
        return Verdict::new(Status::Progressing, "Waiting for CronJob");
    }
    // RFC 3339 in UTC, so that the order of the texts is that of the times.
    let (scheduled, succeeded) = (object.text("/status/lastScheduleTime"), object.text("/status/lastSuccessfulTime"));
    match (scheduled, succeeded) {
        ("", _) => healthy("CronJob has not been scheduled yet"),
        (_, "") => healthy("The CronJob never completed successfully. It may not be healthy"),
        _ if !object.list("/status/active").is_empty() => {
            healthy("The job is running. Its last execution may not have been successful")
        }
        _ if succeeded < scheduled => {
            Verdict::new(Status::Degraded, "CronJob has not completed its last execution successfully")
        }
        _ => healthy("CronJob has completed its last execution successfully"),
    }
}

pub(crate) fn workflow(object: Object<'_>) -> Verdict {
    let status = match object.text("/status/phase") {
        "" | "Pending" | "Running" => Status::Progressing,
        "Succeeded" => Status::Healthy,
        "Failed" | "Error" => Status::Degraded,
        _ => Status::Unknown,
    };
    Verdict::new(status, object.text("/status/message"))
}
