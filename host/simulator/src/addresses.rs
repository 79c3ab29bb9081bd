//! LoadBalancer Services and Ingresses get an address, from the range for documentation.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::controller::Action;
use serde_json::json;

use crate::children::{namespaced, write_status};
use crate::{Context, Outcome, steering};

pub(crate) async fn settle_service(service: Arc<Service>, ctx: Arc<Context>) -> Outcome {
    let balanced = service.spec.as_ref().and_then(|spec| spec.type_.as_deref()) == Some("LoadBalancer");
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let has = balancer.and_then(|balancer| balancer.ingress.as_ref()).is_some_and(|list| !list.is_empty());
    if !balanced || has || is_left(&service.metadata) {
        return Ok(Action::await_change());
    }
    let entry = json!([{ "ip": address(&service.metadata), "ipMode": "VIP" }]);
    let status = json!({ "loadBalancer": { "ingress": entry } });
    write_status(&namespaced::<Service>(&ctx, &service.metadata), &service, status).await?;
    Ok(Action::await_change())
}

pub(crate) async fn settle_ingress(ingress: Arc<Ingress>, ctx: Arc<Context>) -> Outcome {
    let balancer = ingress.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let has = balancer.and_then(|balancer| balancer.ingress.as_ref()).is_some_and(|list| !list.is_empty());
    if has || is_left(&ingress.metadata) {
        return Ok(Action::await_change());
    }
    let status = json!({ "loadBalancer": { "ingress": [{ "ip": address(&ingress.metadata) }] } });
    write_status(&namespaced::<Ingress>(&ctx, &ingress.metadata), &ingress, status).await?;
    Ok(Action::await_change())
}

fn is_left(meta: &ObjectMeta) -> bool {
    meta.deletion_timestamp.is_some() || steering::fails(meta)
}

fn address(meta: &ObjectMeta) -> String {
    let uid = meta.uid.as_deref().unwrap_or_default();
    let sum = uid.bytes().fold(7u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    format!("203.0.113.{}", sum.clamp(1, 254))
}
