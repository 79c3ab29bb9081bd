//! From rendered files to the objects of a release: split into documents, tell hooks from the rest, sort by kind.
//!
//! The text of a document is never printed anew: what the template wrote is what comes out.

use serde_json::Value;

/// Kinds in the order in which a cluster can take them; other kinds follow, by name.
const INSTALL_ORDER: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookEvent {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

impl HookEvent {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            // The second is Helm 2's.
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }
}

/// What a document is to the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// From a `crds/` folder; never templated.
    Crd,
    Resource,
    Hook(Vec<HookEvent>),
}

/// One document of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The template it came from: chart name, then the path within the chart.
    pub source: String,
    pub kind: String,
    pub role: Role,
    /// The document as rendered, without separator.
    pub text: String,
    /// What the document says; null for a CRD, whose file nobody has read.
    pub content: Value,
}

/// A document that is not YAML, or not an object; `reason` is as Helm prints it.
#[derive(Debug, thiserror::Error)]
#[error("YAML parse error on {source_file}: {reason}")]
pub struct ManifestError {
    pub source_file: String,
    pub reason: String,
    /// What all templates wrote, each after its `# Source:` line, to find the mistake in.
    pub rendered: String,
}

/// Sorts the rendered `files` (path and text, ordered by path) into resources and hooks, each in install order.
pub(crate) fn sort(files: &[(String, String)]) -> Result<(Vec<Manifest>, Vec<Manifest>), ManifestError> {
    let (mut resources, mut hooks) = (Vec::new(), Vec::new());
    for (path, text) in files {
        for document in split(text) {
            let head = Head::read(document).map_err(|reason| {
                let (source_file, rendered) = (path.clone(), unsorted(files));
                ManifestError { source_file, reason, rendered }
            })?;
            let role = match &head.hooks {
                None => Role::Resource,
                // A hook of an unknown name is no part of the release.
                Some(names) => match hook_events(names) {
                    Some(events) => Role::Hook(events),
                    None => continue,
                },
            };
            let into = if role == Role::Resource { &mut resources } else { &mut hooks };
            let Head { kind, content, .. } = head;
            into.push(Manifest { source: path.clone(), kind, role, text: document.to_owned(), content });
        }
    }
    sort_by_kind(&mut resources);
    sort_by_kind(&mut hooks);
    Ok((resources, hooks))
}

fn unsorted(files: &[(String, String)]) -> String {
    let written = files.iter().filter(|(_, text)| !text.trim().is_empty());
    written.map(|(path, text)| format!("---\n# Source: {path}\n{text}\n")).collect()
}

fn sort_by_kind(manifests: &mut [Manifest]) {
    let rank = |kind: &str| INSTALL_ORDER.iter().position(|known| *known == kind).unwrap_or(INSTALL_ORDER.len());
    manifests.sort_by_cached_key(|manifest| {
        let rank = rank(&manifest.kind);
        let name = if rank == INSTALL_ORDER.len() { manifest.kind.clone() } else { String::new() };
        (rank, name)
    });
}

fn hook_events(names: &str) -> Option<Vec<HookEvent>> {
    names.split(',').map(|name| HookEvent::parse(&name.trim().to_lowercase())).collect()
}

/// The documents of a rendered file, leading blanks removed, blank ones left out.
///
/// Three dashes at the start of a line separate even when text follows them at once.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text.trim_start());
    let documents = std::iter::from_fn(move || {
        let text = rest?;
        let (document, after) = match separator(text) {
            Some(at) => (&text[..at], Some(text[at + 3..].trim_start_matches([' ', '\t']))),
            None => (text, None),
        };
        rest = after;
        Some(document.trim_start())
    });
    documents.filter(|document| !document.is_empty())
}

fn separator(text: &str) -> Option<usize> {
    if text.starts_with("---") { Some(0) } else { text.find("\n---").map(|at| at + 1) }
}

/// The few fields that sorting needs.
struct Head {
    kind: String,
    hooks: Option<String>,
    /// The whole document.
    content: Value,
}

impl Head {
    fn read(document: &str) -> Result<Self, String> {
        let content = crate::convert::yaml_to_json(document.as_bytes())?;
        let fields = match &content {
            Value::Null => return Ok(Self { kind: String::new(), hooks: None, content }),
            Value::Object(fields) => fields,
            other => {
                let kind = crate::convert::json_kind(other);
                return Err(mismatch(kind, "value of type util.SimpleHead"));
            }
        };
        text_field(fields.get("apiVersion"), "SimpleHead.apiVersion")?;
        let kind = text_field(fields.get("kind"), "SimpleHead.kind")?;
        let hooks = match fields.get("metadata") {
            None | Some(Value::Null) => None,
            Some(Value::Object(metadata)) => {
                text_field(metadata.get("name"), ".metadata.name")?;
                annotation(metadata.get("annotations"))?
            }
            Some(other) => {
                let kind = crate::convert::json_kind(other);
                return Err(mismatch(
                    kind,
                    "struct field SimpleHead.metadata of type struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }",
                ));
            }
        };
        Ok(Self { kind, hooks, content })
    }
}

/// The hook annotation; every annotation must be a scalar, as Helm reads them all into text.
fn annotation(annotations: Option<&Value>) -> Result<Option<String>, String> {
    let Some(Value::Object(annotations)) = annotations else { return Ok(None) };
    let mut hooks = None;
    for (name, value) in annotations {
        let text = text_field(Some(value), ".metadata.annotations")?;
        if name == "helm.sh/hook" {
            hooks = Some(text);
        }
    }
    Ok(hooks)
}

/// Numbers and bools stand for their text, collections are refused.
fn text_field(value: Option<&Value>, field: &str) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Bool(value)) => Ok(value.to_string()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(other) => {
            let kind = crate::convert::json_kind(other);
            Err(mismatch(kind, &format!("struct field {field} of type string")))
        }
    }
}

fn mismatch(kind: &str, wanted: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_split(text: &str, expected: &[&str]) {
        assert_eq!(split(text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn three_dashes_at_a_line_start_separate_whatever_follows() {
        check_split("\n---\na: 1\n---b: 2\n--- \t\n\n---\nc: 3\n", &["a: 1\n", "b: 2\n", "c: 3\n"]);
        check_split("a: |\n  ---\n", &["a: |\n  ---\n"]);
        check_split("", &[]);
    }

    fn file(path: &str, text: &str) -> (String, String) {
        (path.to_owned(), text.to_owned())
    }

    #[test]
    fn resources_come_in_install_order_and_unknown_kinds_last_by_name() {
        let files = [
            file("c/a.yaml", "kind: Zebra\n---\nkind: Apple\n---\nkind: Service"),
            file("c/b.yaml", "kind: Namespace"),
        ];
        let (resources, hooks) = sort(&files).unwrap();
        let kinds: Vec<&str> = resources.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["Namespace", "Service", "Apple", "Zebra"]);
        assert!(hooks.is_empty());
    }

    #[test]
    fn hooks_are_told_by_annotation_and_unknown_ones_dropped() {
        let hook = |name: &str| format!("kind: Job\nmetadata: {{annotations: {{helm.sh/hook: \"{name}\"}}}}");
        let (resources, hooks) =
            sort(&[file("c/a.yaml", &hook("Pre-Install, test")), file("c/b.yaml", &hook("crd-install"))]).unwrap();
        assert!(resources.is_empty());
        assert_eq!(hooks.len(), 1);
        assert_eq!(hooks[0].role, Role::Hook(vec![HookEvent::PreInstall, HookEvent::Test]));
    }

    #[test]
    fn a_document_that_is_no_object_names_its_file() {
        let error = sort(&[file("c/templates/a.json", "[]")]).unwrap_err().to_string();
        assert!(error.starts_with("YAML parse error on c/templates/a.json: error unmarshaling JSON"), "{error}");
    }
}
