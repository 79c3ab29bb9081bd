//! Events about Applications.

use serde_json::json;

use crate::{Cluster, Error, request};

/// Longest message that the API server takes.
const MESSAGE_MAX: usize = 1024;

/// A warning about an Application.
#[derive(Clone, Debug)]
pub struct Note {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// One word in camel case.
    pub reason: &'static str,
    pub message: String,
    /// RFC 3339.
    pub at: String,
}

impl Cluster {
    /// Records a warning as an Event.
    pub async fn record(&self, note: &Note) -> Result<(), Error> {
        let message: String = note.message.chars().take(MESSAGE_MAX).collect();
        let body = json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"generateName": format!("{}.", note.name), "namespace": note.namespace},
            "involvedObject": {
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
                "namespace": note.namespace, "name": note.name, "uid": note.uid,
            },
            "type": "Warning", "reason": note.reason, "message": message,
            "source": {"component": "windlass"}, "reportingComponent": "windlass",
            "firstTimestamp": note.at, "lastTimestamp": note.at, "count": 1,
        });
        let uri = format!("/api/v1/namespaces/{}/events", note.namespace);
        self.send(request::post(&uri, body.to_string().into_bytes())?).await.map(drop)
    }
}
