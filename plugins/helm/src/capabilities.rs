//! What a chart may ask about the cluster: its version and the APIs it serves.

use std::any::Any;
use std::rc::Rc;

use windlass_gotemplate::{Execution, Failure, Kind, Map, Object, Value};

/// What Helm 4.3.1 assumes when nothing is said: the version of its client library.
const DEFAULT_KUBE_VERSION: &str = "v1.37.0";
/// The Helm whose behaviour this is.
const HELM_VERSION: &str = "v4.3.1";
const HELM_GO_VERSION: &str = "go1.26.8";
const HELM_KUBE_CLIENT_VERSION: &str = "v1.37";

/// Versions in Helm 4.3.1's built-in scheme, in its order.
const DEFAULT_API_VERSIONS: [&str; 57] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// A `--kube-version` that is no version.
#[derive(Debug, thiserror::Error)]
#[error("invalid kube version '{text}': {reason}")]
pub struct InvalidKubeVersion {
    text: String,
    reason: String,
}

/// A cluster's version.
#[derive(Clone, Debug)]
pub struct KubeVersion {
    /// As given, with a leading `v`: `v1.33.4-gke.1245000`.
    pub full: String,
    /// Without suffixes, for constraints: `v1.33.4`.
    pub normalized: String,
    pub major: String,
    pub minor: String,
}

impl KubeVersion {
    /// Parses a version of at least two numeric parts; what follows them is kept but not compared.
    pub fn parse(text: &str) -> Result<Self, InvalidKubeVersion> {
        let invalid = |reason: &str| InvalidKubeVersion { text: text.to_owned(), reason: reason.to_owned() };
        let numbers = text.trim_start().trim_start_matches('v');
        let end =
            numbers.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(numbers.len());
        let parts: Vec<&str> = numbers[..end].trim_end_matches('.').split('.').collect();
        let canonical =
            |part: &&str| !part.is_empty() && (part.len() == 1 || !part.starts_with('0')) && part.len() < 10;
        if parts.len() < 2 || !parts.iter().all(canonical) {
            return Err(invalid(&format!("could not parse {text:?} as version")));
        }
        let normalized =
            if parts.len() == 2 { format!("v{}.0", parts.join(".")) } else { format!("v{}", parts.join(".")) };
        let full = if text.starts_with('v') { text.to_owned() } else { format!("v{text}") };
        Ok(Self { full, normalized, major: parts[0].to_owned(), minor: parts[1].to_owned() })
    }
}

/// What templates see as `.Capabilities`.
#[derive(Clone, Debug)]
pub struct Capabilities {
    pub kube_version: KubeVersion,
    pub api_versions: Vec<String>,
}

impl Capabilities {
    /// Helm's defaults, or the given version, and the given API versions (`apps/v1`, `apps/v1/Deployment`) on top.
    pub fn new(kube_version: Option<&str>, extra_api_versions: &[String]) -> Result<Self, InvalidKubeVersion> {
        let kube_version = KubeVersion::parse(kube_version.unwrap_or(DEFAULT_KUBE_VERSION))?;
        let defaults = DEFAULT_API_VERSIONS.iter().map(|version| (*version).to_owned());
        Ok(Self { kube_version, api_versions: defaults.chain(extra_api_versions.iter().cloned()).collect() })
    }

    pub(crate) fn to_value(&self) -> Value {
        let helm_version = Map::any([
            ("Version", Value::string(HELM_VERSION)),
            ("GitCommit", Value::string("")),
            ("GitTreeState", Value::string("")),
            ("GoVersion", Value::string(HELM_GO_VERSION)),
            ("KubeClientVersion", Value::string(HELM_KUBE_CLIENT_VERSION)),
        ]);
        Value::map([
            ("KubeVersion", Value::object(KubeVersionObject(self.kube_version.clone()))),
            ("APIVersions", Value::object(VersionSet(self.api_versions.clone().into()))),
            ("HelmVersion", helm_version.into()),
        ])
    }
}

#[derive(Debug)]
struct KubeVersionObject(KubeVersion);

impl Object for KubeVersionObject {
    fn type_name(&self) -> &'static str {
        "common.KubeVersion"
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(Value::string(match name {
            "Version" => self.0.full.as_str(),
            "Major" => self.0.major.as_str(),
            "Minor" => self.0.minor.as_str(),
            _ => return None,
        }))
    }

    fn has_method(&self, name: &str) -> bool {
        matches!(name, "GitVersion" | "String")
    }

    fn call(&self, name: &str, _args: &[Value], _execution: &mut Execution) -> Result<Value, Failure> {
        Ok(Value::string(if name == "GitVersion" { self.0.full.as_str() } else { self.0.normalized.as_str() }))
    }

    fn display(&self) -> Option<String> {
        Some(self.0.normalized.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities.APIVersions`.
#[derive(Debug)]
struct VersionSet(Rc<[String]>);

impl Object for VersionSet {
    fn type_name(&self) -> &'static str {
        "common.VersionSet"
    }

    fn kind(&self) -> Kind {
        Kind::Slice
    }

    fn has_method(&self, name: &str) -> bool {
        name == "Has"
    }

    fn call(&self, _name: &str, args: &[Value], _execution: &mut Execution) -> Result<Value, Failure> {
        match args {
            [Value::String(version)] => {
                Ok(Value::Bool(self.0.iter().any(|known| known.as_bytes() == version.as_bytes())))
            }
            [other] => Err(Failure::new(format!("wrong type for value; expected string; got {}", other.type_of()))),
            _ => Err(Failure::new(format!("wrong number of args for Has: want 1 got {}", args.len()))),
        }
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::strings(self.0.iter().map(String::as_str)))
    }

    fn len(&self) -> Option<usize> {
        Some(self.0.len())
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        let items = self.0.iter().enumerate();
        Some(items.map(|(index, version)| (Value::int(index as i64), Value::string(version.as_str()))).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let parsed = KubeVersion::parse(text).ok();
        let parsed = parsed.as_ref().map(|version| (version.full.as_str(), version.normalized.as_str()));
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn the_given_text_is_kept_and_suffixes_are_not_compared() {
        check("1.33.4-gke.1245000", Some(("v1.33.4-gke.1245000", "v1.33.4")));
        check("v1.30", Some(("v1.30", "v1.30.0")));
        check("1", None);
        check("one.two", None);
        check("", None);
    }
}
