//! The fields of `spec.source.kustomize`: what `kustomize edit` would write into the file.

use std::collections::BTreeMap;

use serde::Deserialize;
use windlass_kustomize::{Edits, Gvk, Image, LabelEdits, PatchEdit, PatchTarget, Replica};
use windlass_sdk::generator::{Diagnostic, Failure, Request};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Parameters {
    name_prefix: String,
    name_suffix: String,
    namespace: String,
    images: Vec<String>,
    replicas: Vec<Count>,
    common_labels: BTreeMap<String, String>,
    force_common_labels: bool,
    label_without_selector: bool,
    label_include_templates: bool,
    common_annotations: BTreeMap<String, String>,
    force_common_annotations: bool,
    common_annotations_envsubst: bool,
    components: Vec<String>,
    ignore_missing_components: bool,
    patches: Vec<Patch>,
    pub(crate) version: String,
    kube_version: String,
    api_versions: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Count {
    name: String,
    count: IntOrText,
}

/// Kubernetes' IntOrString.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum IntOrText {
    Int(i64),
    Text(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Patch {
    path: String,
    patch: String,
    target: Option<Target>,
    options: BTreeMap<String, bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Target {
    group: String,
    version: String,
    kind: String,
    name: String,
    namespace: String,
    label_selector: String,
    annotation_selector: String,
}

impl Parameters {
    /// The version and the API versions that charts are told of: those of the cluster, unless the source has its own.
    pub(crate) fn cluster(&self, request: &Request) -> (String, Vec<String>) {
        let target = &request.target;
        let version = if self.kube_version.is_empty() { &target.kube_version } else { &self.kube_version };
        let served = if self.api_versions.is_empty() { &target.api_versions } else { &self.api_versions };
        (version.clone(), served.clone())
    }

    pub(crate) fn edits(self, request: &Request) -> Result<Edits, Failure> {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let substituted = |pairs: BTreeMap<String, String>| {
            pairs.into_iter().map(|(key, text)| (key, request.substitute(&text))).collect()
        };
        let annotations = match self.common_annotations_envsubst {
            true => substituted(self.common_annotations),
            false => self.common_annotations,
        };
        Ok(Edits {
            name_prefix: given(self.name_prefix),
            name_suffix: given(self.name_suffix),
            namespace: given(self.namespace),
            images: self.images.iter().map(|text| image(&request.substitute(text))).collect::<Result<_, _>>()?,
            replicas: self.replicas.into_iter().map(Count::replica).collect::<Result<_, _>>()?,
            labels: LabelEdits {
                pairs: substituted(self.common_labels),
                force: self.force_common_labels,
                without_selector: self.label_without_selector,
                include_templates: self.label_include_templates,
            },
            annotations,
            force_annotations: self.force_common_annotations,
            components: self.components,
            ignore_missing_components: self.ignore_missing_components,
            patches: self.patches.into_iter().map(Patch::edit).collect(),
        })
    }
}

fn image(text: &str) -> Result<Image, Failure> {
    let say = || format!("images: `{text}` is not an image override such as name=newname:tag");
    Image::parse(text).ok_or_else(|| Diagnostic::error("parameters", say()).into())
}

impl Count {
    fn replica(self) -> Result<Replica, Failure> {
        let count = match &self.count {
            IntOrText::Int(count) => Some(*count),
            IntOrText::Text(text) => text.parse().ok(),
        };
        let say = || format!("replicas: the count of {} is not a number", self.name);
        match count {
            Some(count) => Ok(Replica { name: self.name, count }),
            None => Err(Diagnostic::error("parameters", say()).into()),
        }
    }
}

impl Patch {
    fn edit(self) -> PatchEdit {
        let option = |name: &str| self.options.get(name).copied().unwrap_or_default();
        PatchEdit {
            allow_name_change: option("allowNameChange"),
            allow_kind_change: option("allowKindChange"),
            path: self.path,
            patch: self.patch,
            target: self.target.map(|target| PatchTarget {
                gvk: Gvk { group: target.group, version: target.version, kind: target.kind },
                name: target.name,
                namespace: target.namespace,
                label_selector: target.label_selector,
                annotation_selector: target.annotation_selector,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(parameters: &str) -> Result<Edits, Failure> {
        let mut request = Request { parameters: parameters.into(), ..Request::default() };
        request.application.name = "web".into();
        request.parameters::<Parameters>()?.edits(&request)
    }

    #[test]
    fn counts_are_numbers_or_numbers_in_text() {
        let made = edits(r#"{"replicas":[{"name":"a","count":2},{"name":"b","count":"3"}]}"#).unwrap();
        assert_eq!(made.replicas.iter().map(|replica| replica.count).collect::<Vec<_>>(), [2, 3]);
        assert!(edits(r#"{"replicas":[{"name":"a","count":"many"}]}"#).is_err());
    }

    #[test]
    fn annotations_are_substituted_only_when_asked_for() {
        let parameters = r#"{"commonAnnotations":{"a":"$ARGOCD_APP_NAME"},"commonAnnotationsEnvsubst":SWITCH}"#;
        let made = |switch: &str| edits(&parameters.replace("SWITCH", switch)).unwrap().annotations["a"].clone();
        assert_eq!((made("true").as_str(), made("false").as_str()), ("web", "$ARGOCD_APP_NAME"));
    }

    #[test]
    fn labels_and_images_are_always_substituted() {
        let made = edits(r#"{"commonLabels":{"a":"$ARGOCD_APP_NAME"},"images":["x=y:${ARGOCD_APP_NAME}"]}"#).unwrap();
        assert_eq!((made.labels.pairs["a"].as_str(), made.images[0].new_tag.as_str()), ("web", "web"));
    }

    #[test]
    fn an_image_without_an_override_is_refused() {
        assert_eq!(edits(r#"{"images":["a=b:1"]}"#).unwrap().images[0].new_name, "b");
        assert!(edits(r#"{"images":["a"]}"#).is_err());
    }
}
