//! The fields of `spec.source.helm`, and the options of `helm template` for which Argo CD has no field.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use windlass_helm::{RenderOptions, ValueSources, ValuesFile};
use windlass_sdk::generator::{Diagnostic, Failure, Request};

use crate::value_files::Place;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Parameters {
    release_name: String,
    namespace: String,
    pub(crate) value_files: Vec<String>,
    pub(crate) ignore_missing_value_files: bool,
    values: String,
    values_object: Option<Map<String, Value>>,
    parameters: Vec<Parameter>,
    file_parameters: Vec<FileParameter>,
    skip_crds: bool,
    skip_tests: bool,
    skip_schema_validation: bool,
    kube_version: String,
    api_versions: Vec<String>,
    version: String,
    pub(crate) template: Template,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameter {
    name: String,
    value: String,
    force_string: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FileParameter {
    name: String,
    path: String,
}

/// Options of `helm template`, as a command line gives them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Template {
    /// Values files that are not in the repository, over all others.
    values: Vec<GivenFile>,
    set: Vec<String>,
    set_string: Vec<String>,
    set_json: Vec<String>,
    set_file: Vec<String>,
    set_literal: Vec<String>,
    /// The contents of the files that `set_file` names, where they are not in the repository.
    pub(crate) files: BTreeMap<String, String>,
    show_only: Vec<String>,
    is_upgrade: bool,
    skip_hooks: bool,
    /// Whether what is no YAML is shown; unset where nobody is there to set it.
    pub(crate) debug: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GivenFile {
    name: String,
    data: String,
}

impl Parameters {
    /// What to render, given the contents of the value files.
    pub(crate) fn options(self, request: &Request, value_files: Vec<ValuesFile>) -> Result<RenderOptions, Failure> {
        if !["", "v3"].contains(&self.version.as_str()) {
            let message = format!("version: helm chart version '{}' is not supported; leave it out", self.version);
            return Err(Diagnostic::error("parameters", message).into());
        }
        let application = &request.application;
        let own_or = |own: &str, default: &str| if own.is_empty() { default.to_owned() } else { own.to_owned() };
        let kube_version = own_or(&self.kube_version, &request.target.kube_version);
        Ok(RenderOptions {
            release_name: own_or(&self.release_name, &application.name),
            namespace: own_or(&self.namespace, &application.destination_namespace),
            is_upgrade: self.template.is_upgrade,
            kube_version: Some(kube_version).filter(|version| !version.is_empty()),
            api_versions: match self.api_versions.is_empty() {
                true => request.target.api_versions.clone(),
                false => self.api_versions.clone(),
            },
            include_crds: !self.skip_crds,
            skip_hooks: self.template.skip_hooks,
            skip_tests: self.skip_tests,
            skip_schema_validation: self.skip_schema_validation,
            show_only: self.template.show_only.clone(),
            values: self.sources(request, value_files)?,
        })
    }

    fn sources(self, request: &Request, mut files: Vec<ValuesFile>) -> Result<ValueSources, Failure> {
        files.extend(self.inline());
        let template = self.template;
        let given = template.values.into_iter();
        files.extend(given.map(|file| ValuesFile { name: file.name, data: file.data.into_bytes() }));
        let mut sources = ValueSources {
            files,
            set_json: template.set_json,
            set_literal: template.set_literal,
            ..ValueSources::default()
        };
        for Parameter { name, value, force_string } in self.parameters {
            let into = if force_string { &mut sources.set_string } else { &mut sources.set };
            into.push(format!("{name}={}", escaped(&request.substitute(&value))));
        }
        for parameter in self.file_parameters {
            sources.set_file.push(parameter.assignment(request)?);
        }
        sources.set.extend(template.set);
        sources.set_string.extend(template.set_string);
        sources.set_file.extend(template.set_file);
        Ok(sources)
    }

    /// Values in the Application itself; the object wins over the text.
    fn inline(&self) -> Option<ValuesFile> {
        let data = match &self.values_object {
            Some(object) => Value::Object(object.clone()).to_string(),
            None => self.values.clone(),
        };
        (!data.is_empty()).then(|| ValuesFile { name: "spec.source.helm.values".to_owned(), data: data.into_bytes() })
    }
}

impl FileParameter {
    fn assignment(&self, request: &Request) -> Result<String, Failure> {
        match Place::of(request, &self.path)? {
            Place::File(path) | Place::Glob(path) => Ok(format!("{}={}", self.name, escaped(&path))),
            Place::Remote(url) => {
                let message = format!("fileParameters: {url} is not fetched; add the file to a repository");
                Err(Diagnostic::error("parameters", message).into())
            }
        }
    }
}

/// A comma would start the next pair; in a list, it does what it should.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut done = String::with_capacity(value.len());
    let mut before = None;
    for letter in value.chars() {
        if letter == ',' && before != Some('\\') {
            done.push('\\');
        }
        done.push(letter);
        before = Some(letter);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(parameters: &str) -> RenderOptions {
        let mut request = Request { parameters: parameters.into(), ..Request::default() };
        request.application.name = "web".into();
        request.application.destination_namespace = "prod".into();
        request.target.kube_version = "v1.30.0".into();
        let parameters: Parameters = request.parameters().unwrap();
        parameters.options(&request, Vec::new()).unwrap()
    }

    #[test]
    fn the_application_names_the_release_unless_the_parameters_do() {
        let defaults = options("{}");
        assert_eq!((defaults.release_name.as_str(), defaults.namespace.as_str()), ("web", "prod"));
        assert_eq!(defaults.kube_version.as_deref(), Some("v1.30.0"));
        assert!(defaults.include_crds);
        let own = options(r#"{"releaseName":"r","namespace":"n","kubeVersion":"1.2","skipCrds":true}"#);
        assert_eq!((own.release_name.as_str(), own.namespace.as_str()), ("r", "n"));
        assert_eq!(own.kube_version.as_deref(), Some("1.2"));
        assert!(!own.include_crds);
    }

    #[test]
    fn the_values_object_wins_over_the_text_and_a_file_of_the_command_line_over_both() {
        let sources = options(
            r#"{"values":"a: 1","valuesObject":{"a":2},"template":{"values":[{"name":"v.yaml","data":"a: 3"}]}}"#,
        );
        let data: Vec<_> = sources.values.files.iter().map(|file| String::from_utf8_lossy(&file.data)).collect();
        assert_eq!(data, [r#"{"a":2}"#, "a: 3"]);
    }

    #[test]
    fn parameters_are_substituted_and_their_commas_are_text_outside_of_lists() {
        let made = options(
            r#"{"parameters":[{"name":"a","value":"$ARGOCD_APP_NAME,x\\,y"},{"name":"l","value":"{1,2}"},
                {"name":"s","value":"1","forceString":true}],"fileParameters":[{"name":"f","path":"a,b"}]}"#,
        );
        assert_eq!(made.values.set, ["a=web\\,x\\,y", "l={1,2}"]);
        assert_eq!(made.values.set_string, ["s=1"]);
        assert_eq!(made.values.set_file, ["f=/a\\,b"]);
    }

    #[test]
    fn the_api_versions_of_the_parameters_take_the_place_of_those_of_the_cluster() {
        let mut request = Request { parameters: br#"{"apiVersions":["made.up/v9"]}"#.to_vec(), ..Request::default() };
        request.target.api_versions = vec!["apps/v1/Deployment".into()];
        let own: Parameters = request.parameters().unwrap();
        assert_eq!(own.options(&request, Vec::new()).unwrap().api_versions, ["made.up/v9"]);
        let none = Parameters::default();
        assert_eq!(none.options(&request, Vec::new()).unwrap().api_versions, ["apps/v1/Deployment"]);
    }

    #[test]
    fn only_the_version_that_argo_cd_knows_is_taken() {
        let parameters = |version: &str| Parameters { version: version.into(), ..Parameters::default() };
        assert!(parameters("v3").options(&Request::default(), Vec::new()).is_ok());
        assert!(parameters("v2").options(&Request::default(), Vec::new()).is_err());
    }
}
