//! The objects that chaos is made with: their manifests, and what is read of them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// Where plants are: the application, its namespace and its folder are of one name.
#[derive(Clone, Debug)]
pub struct Plot {
    pub name: String,
    /// Where the Application lives.
    pub control_namespace: String,
}

impl Plot {
    /// Grounds may be shared: each seed has a plot of its own.
    pub fn of(seed: u64) -> Self {
        Self { name: format!("plot-{seed}"), control_namespace: format!("chaos-{seed}") }
    }

    pub fn collections(&self) -> [String; 3] {
        let of = |api: &str, plural: &str| format!("{api}/namespaces/{}/{plural}", self.name);
        [of("/api/v1", "configmaps"), of("/api/v1", "secrets"), of("/apis/rbac.authorization.k8s.io/v1", "roles")]
    }

    pub fn path(&self, plant: Plant) -> String {
        format!("{}/{}", self.collections()[plant.0 % 3], plant.name())
    }

    pub fn file(&self, name: &str) -> String {
        format!("things/{}/{name}.json", self.name)
    }

    pub fn applications(&self) -> String {
        format!("/apis/argoproj.io/v1alpha1/namespaces/{}/applications", self.control_namespace)
    }
}

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
