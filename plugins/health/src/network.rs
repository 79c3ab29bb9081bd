//! What waits for somebody to hand out an address or a volume: Service, Ingress, PersistentVolumeClaim.

use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

pub(crate) fn service(object: Object<'_>) -> Verdict {
    let waits = object.text("/spec/type") == "LoadBalancer" && !has_address(object);
    Verdict::new(if waits { Status::Progressing } else { Status::Healthy }, "")
}

pub(crate) fn ingress(object: Object<'_>) -> Verdict {
    Verdict::new(if has_address(object) { Status::Healthy } else { Status::Progressing }, "")
}

fn has_address(object: Object<'_>) -> bool {
    !object.list("/status/loadBalancer/ingress").is_empty()
}

pub(crate) fn claim(object: Object<'_>) -> Verdict {
    let status = match object.text("/status/phase") {
        "Bound" => Status::Healthy,
        "Pending" => Status::Progressing,
        "Lost" => Status::Degraded,
        _ => Status::Unknown,
    };
    Verdict::new(status, "")
}
