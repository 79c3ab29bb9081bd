//! Where manifests come from.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One source of an application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_revision: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub chart: String,
    /// Names this source, so that value files of others can say `$ref/…`.
    #[serde(rename = "ref", skip_serializing_if = "String::is_empty")]
    pub reference: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag_prefix: String,
    /// `directory`, `helm`, `kustomize`, `plugin`: the parameters of a generator, by its name.
    #[serde(flatten)]
    pub generators: Map<String, Value>,
}

impl Source {
    /// Whether the source only lends its files to others and renders nothing itself.
    pub fn is_reference_only(&self) -> bool {
        !self.reference.is_empty() && self.path.is_empty() && self.chart.is_empty()
    }

    /// The parameters of one generator; an empty object where there are none.
    pub fn parameters(&self, generator: &str) -> Value {
        self.generators.get(generator).cloned().unwrap_or_else(|| Value::Object(Map::new()))
    }
}
