//! What has to be accepted before others can use it: CustomResourceDefinition, APIService, Certificate.

use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

pub(crate) fn custom_resource(object: Object<'_>) -> Verdict {
    if object.list("/status/conditions").is_empty() {
        return Verdict::new(Status::Progressing, "Status conditions not found");
    }
    let mut established = false;
    for condition in object.conditions() {
        let message = condition.message;
        match (condition.kind, condition.status) {
            ("Terminating", "True") => {
                return Verdict::new(Status::Progressing, format!("CRD is terminating: {message}"));
            }
            ("NamesAccepted", "False") => {
                return Verdict::new(Status::Degraded, format!("CRD names have not been accepted: {message}"));
            }
            ("NonStructuralSchema", "True") => {
                return Verdict::new(Status::Degraded, format!("Schema violations found: {message}"));
            }
            ("Established", "True") => established = true,
            ("Established", _) if condition.reason == "Installing" => {
                return Verdict::new(Status::Progressing, "CRD is being installed");
            }
            _ => {}
        }
    }
    if established {
        Verdict::new(Status::Healthy, "CRD is healthy")
    } else {
        Verdict::new(Status::Degraded, "CRD is not established")
    }
}

pub(crate) fn api_service(object: Object<'_>) -> Verdict {
    let Some(available) = object.conditions().find(|condition| condition.kind == "Available") else {
        return Verdict::new(Status::Progressing, "Waiting to be processed");
    };
    let status = if available.status == "True" { Status::Healthy } else { Status::Progressing };
    Verdict::new(status, format!("{}: {}", available.reason, available.message))
}

/// Issuing comes first: a certificate that is renewed keeps its old `Ready` meanwhile.
pub(crate) fn certificate(object: Object<'_>) -> Verdict {
    if let Some(issuing) = object.conditions().find(|condition| condition.is("Issuing", "True")) {
        return Verdict::new(Status::Progressing, issuing.message);
    }
    let ready = object.conditions().find(|condition| condition.kind == "Ready" && condition.status != "Unknown");
    match ready {
        Some(ready) if ready.status == "True" => Verdict::new(Status::Healthy, ready.message),
        Some(ready) => Verdict::new(Status::Degraded, ready.message),
        None => Verdict::new(Status::Progressing, "Waiting for certificate"),
    }
}
