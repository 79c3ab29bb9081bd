//! The objects that chaos is made with: their manifests, and what is read of them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The application, its namespace and its folder.
pub const PLOT: &str = "plot";

/// An object by its number: kind and wave follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plant(pub usize);

impl Plant {
    /// As many as there are at most.
    pub const ALL: usize = 9;

    pub fn name(self) -> String {
        format!("plant-{}", self.0)
    }

    fn kind(self) -> (&'static str, &'static str) {
        [("v1", "ConfigMap"), ("v1", "Secret"), ("rbac.authorization.k8s.io/v1", "Role")][self.0 % 3]
    }

    pub fn path(self) -> String {
        format!("{}/{}", COLLECTIONS[self.0 % 3], self.name())
    }

    pub fn file(self) -> String {
        format!("{}.json", self.name())
    }

    /// What distinguishes one state from another.
    fn body(self, value: usize) -> Value {
        match self.kind().1 {
            "ConfigMap" => json!({"data": {"value": value.to_string()}}),
            "Secret" => json!({"stringData": {"value": value.to_string()}}),
            _ => json!({"rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": [value.to_string()]},
            ]}),
        }
    }

    pub fn manifest(self, value: usize) -> Value {
        let (version, kind) = self.kind();
        let wave = (self.0 % 2).to_string();
        let mut manifest = self.body(value);
        manifest["apiVersion"] = version.into();
        manifest["kind"] = kind.into();
        manifest["metadata"] = json!({"name": self.name(), "annotations": {"argocd.argoproj.io/sync-wave": wave}});
        manifest
    }

    /// A merge patch that makes the live object another one.
    pub fn edit(self, value: usize) -> Value {
        self.body(value)
    }

    pub fn value_in(self, object: &Value) -> Option<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self.kind().1 {
            "ConfigMap" => text(&object["data"]["value"]),
            "Secret" => {
                let bytes = STANDARD.decode(object["data"]["value"].as_str()?).ok()?;
                String::from_utf8(bytes).ok()
            }
            _ => text(&object["rules"][0]["resourceNames"][0]),
        }
    }
}

pub const COLLECTIONS: [&str; 3] = [
    "/api/v1/namespaces/plot/configmaps",
    "/api/v1/namespaces/plot/secrets",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/plot/roles",
];

/// A hook that is over as soon as it is there.
pub fn hook(phase: &str, policy: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": format!("hook-{}", phase.to_lowercase()),
            "annotations": {
                "argocd.argoproj.io/hook": phase,
                "argocd.argoproj.io/hook-delete-policy": policy,
            },
        },
    })
}
