//! Takes out of objects what jq expressions name, by the filter component, before they are compared.

use std::sync::Arc;

use windlass_model::{Object, ObjectKey};
use windlass_runtime::{Limits, Plugin, Runtime};

/// The filter, where one is enabled.
#[derive(Clone)]
pub(crate) struct Filter {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) plugin: Option<Arc<Plugin>>,
}

impl Filter {
    /// What is left of the objects, in their order. An expression that cannot be carried out takes nothing out:
    /// it is told in the log, and the difference stays visible.
    pub(crate) async fn strip(&self, key: &ObjectKey, expressions: Vec<String>, objects: Vec<Object>) -> Vec<Object> {
        let Some(plugin) = self.plugin.clone().filter(|_| !expressions.is_empty()) else { return objects };
        let runtime = self.runtime.clone();
        let bodies: Vec<Vec<u8>> = objects.iter().map(Object::to_bytes).collect();
        let work = move || runtime.strip(&plugin, bodies, &expressions, &Limits::of(plugin.kind()));
        let left = match tokio::task::spawn_blocking(work).await {
            Ok(Ok(left)) => left,
            Ok(Err(error)) => {
                tracing::warn!(object = %key, %error, "nothing is ignored by jq");
                return objects;
            }
            Err(error) => {
                tracing::warn!(object = %key, %error, "a jq expression was cut off");
                return objects;
            }
        };
        for problem in &left.problems {
            tracing::warn!(object = %key, %problem, "an expression of ignoreDifferences is not carried out");
        }
        let parsed = |(body, whole): (&Vec<u8>, Object)| Object::from_slice(body).unwrap_or(whole);
        left.bodies.iter().zip(objects).map(parsed).collect()
    }
}
