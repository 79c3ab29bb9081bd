//! `Chart.yaml`: what a chart says about itself, read as leniently and checked as strictly as Helm does.
//!
//! Where text is wanted a number or bool is taken as text, field names may differ in case, unknown fields are ignored.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::version;

/// The contents of `Chart.yaml`; for apiVersion v1 also the dependencies of `requirements.yaml`.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    pub name: String,
    pub home: String,
    pub sources: Vec<String>,
    pub version: String,
    pub description: String,
    pub keywords: Vec<String>,
    pub maintainers: Vec<Maintainer>,
    pub icon: String,
    pub api_version: String,
    pub condition: String,
    pub tags: String,
    pub app_version: String,
    pub deprecated: bool,
    pub annotations: Option<BTreeMap<String, String>>,
    pub kube_version: String,
    /// None where `Chart.yaml` lists none: the charts in `charts/` are then all used.
    pub dependencies: Option<Vec<Dependency>>,
    /// `application`, `library` or empty.
    pub kind: String,
}

#[derive(Clone, Debug, Default)]
pub struct Maintainer {
    pub name: String,
    pub email: String,
    pub url: String,
}

/// A chart that this one depends on.
#[derive(Clone, Debug, Default)]
pub struct Dependency {
    pub name: String,
    /// Constraint on the version, in the syntax of Masterminds/semver.
    pub version: String,
    pub repository: String,
    /// Comma-separated paths into the values; the first that holds a bool decides.
    pub condition: String,
    pub tags: Vec<String>,
    pub enabled: bool,
    pub import_values: Vec<ImportValue>,
    pub alias: String,
}

/// One entry of `import-values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportValue {
    /// The table `exports.NAME` of the child goes to the top of the parent.
    Export(String),
    Pair {
        child: String,
        parent: String,
    },
}

impl Metadata {
    /// Reads the fields that `document` has over what is there.
    pub(crate) fn read(&mut self, document: &Value) -> Result<(), String> {
        let fields = Fields::of(document, "Metadata", "v2.Metadata")?;
        fields.text("name", &mut self.name)?;
        fields.text("home", &mut self.home)?;
        fields.texts("sources", &mut self.sources)?;
        fields.text("version", &mut self.version)?;
        fields.text("description", &mut self.description)?;
        fields.texts("keywords", &mut self.keywords)?;
        fields.text("icon", &mut self.icon)?;
        fields.text("apiVersion", &mut self.api_version)?;
        fields.text("condition", &mut self.condition)?;
        fields.text("tags", &mut self.tags)?;
        fields.text("appVersion", &mut self.app_version)?;
        fields.bool("deprecated", &mut self.deprecated)?;
        fields.text("kubeVersion", &mut self.kube_version)?;
        fields.text("type", &mut self.kind)?;
        if let Some(annotations) = fields.table("annotations")? {
            self.annotations = Some(annotations);
        }
        if let Some(items) = fields.list("maintainers")? {
            self.maintainers = items.iter().map(read_maintainer).collect::<Result<_, _>>()?;
        }
        if let Some(items) = fields.list("dependencies")? {
            self.dependencies = Some(items.iter().map(read_dependency).collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// Normalises blanks and checks what Helm checks at loading; the texts are Helm's.
    pub(crate) fn validate(&mut self) -> Result<(), String> {
        self.sanitize();
        if self.api_version.is_empty() {
            return Err(invalid("chart.metadata.apiVersion is required"));
        }
        if self.name.is_empty() {
            return Err(invalid("chart.metadata.name is required"));
        }
        if self.name == "." || self.name == ".." {
            return Err(invalid(format_args!("chart.metadata.name {:?} is not allowed", self.name)));
        }
        if self.name.contains('/') {
            return Err(invalid(format_args!("chart.metadata.name {:?} is invalid", self.name)));
        }
        if self.version.is_empty() {
            return Err(invalid("chart.metadata.version is required"));
        }
        if !version::is_version(&self.version) {
            return Err(invalid(format_args!("chart.metadata.version {:?} is invalid", self.version)));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return Err(invalid("chart.metadata.type must be application or library"));
        }
        self.validate_dependencies()
    }

    fn validate_dependencies(&self) -> Result<(), String> {
        let mut seen = std::collections::BTreeSet::new();
        for dependency in self.dependencies.iter().flatten() {
            let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
            if !dependency.alias.chars().all(allowed) {
                let name = &dependency.name;
                return Err(invalid(format_args!("dependency {name:?} has disallowed characters in the alias")));
            }
            let key = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
            if !seen.insert(key) {
                return Err(invalid(format_args!("more than one dependency with name or alias {key:?}")));
            }
        }
        Ok(())
    }

    fn sanitize(&mut self) {
        let texts = [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        let maintainers = self.maintainers.iter_mut().flat_map(|one| [&mut one.name, &mut one.email, &mut one.url]);
        let dependencies = self.dependencies.iter_mut().flatten().flat_map(|one| {
            let texts = [&mut one.name, &mut one.version, &mut one.repository, &mut one.condition];
            texts.into_iter().chain(&mut one.tags)
        });
        let lists = self.sources.iter_mut().chain(&mut self.keywords);
        texts.into_iter().chain(maintainers).chain(dependencies).chain(lists).for_each(sanitize);
    }
}

fn invalid(reason: impl std::fmt::Display) -> String {
    format!("validation: {reason}")
}

/// Every kind of blank becomes a space, control characters go.
fn sanitize(text: &mut String) {
    let clean = |character: char| !character.is_control() && (character == ' ' || !character.is_whitespace());
    if !text.chars().all(clean) {
        let blanks = text.chars().map(|character| if character.is_whitespace() { ' ' } else { character });
        *text = blanks.filter(|character| !character.is_control()).collect();
    }
}

fn read_maintainer(item: &Value) -> Result<Maintainer, String> {
    if item.is_null() {
        return Err(invalid("maintainers must not contain empty or null nodes"));
    }
    let fields = Fields::of(item, "Maintainer", "v2.Maintainer")?;
    let mut maintainer = Maintainer::default();
    fields.text("name", &mut maintainer.name)?;
    fields.text("email", &mut maintainer.email)?;
    fields.text("url", &mut maintainer.url)?;
    Ok(maintainer)
}

fn read_dependency(item: &Value) -> Result<Dependency, String> {
    if item.is_null() {
        return Err(invalid("dependencies must not contain empty or null nodes"));
    }
    let fields = Fields::of(item, "Dependency", "v2.Dependency")?;
    let mut dependency = Dependency::default();
    fields.text("name", &mut dependency.name)?;
    fields.text("version", &mut dependency.version)?;
    fields.text("repository", &mut dependency.repository)?;
    fields.text("condition", &mut dependency.condition)?;
    fields.texts("tags", &mut dependency.tags)?;
    fields.bool("enabled", &mut dependency.enabled)?;
    fields.text("alias", &mut dependency.alias)?;
    if let Some(items) = fields.list("import-values")? {
        dependency.import_values = items.iter().filter_map(read_import).collect();
    }
    Ok(dependency)
}

/// The exact versions that a lock file pins.
pub(crate) fn read_lock(document: &Value) -> Result<Vec<Dependency>, String> {
    let items = Fields::of(document, "Lock", "v2.Lock")?.list("dependencies")?;
    items.into_iter().flatten().map(read_dependency).collect()
}

/// Entries of another shape have no effect in Helm.
fn read_import(item: &Value) -> Option<ImportValue> {
    let part =
        |name: &str| item.get(name).map_or_else(|| "<nil>".to_owned(), |value| as_text(value).unwrap_or_default());
    match item {
        Value::String(name) => Some(ImportValue::Export(name.clone())),
        Value::Object(_) => Some(ImportValue::Pair { child: part("child"), parent: part("parent") }),
        _ => None,
    }
}

/// The fields of one object, with the Go type that errors name.
struct Fields<'a> {
    fields: Option<&'a serde_json::Map<String, Value>>,
    owner: &'static str,
}

impl<'a> Fields<'a> {
    fn of(document: &'a Value, owner: &'static str, go_type: &str) -> Result<Self, String> {
        match document {
            Value::Null => Ok(Self { fields: None, owner }),
            Value::Object(fields) => Ok(Self { fields: Some(fields), owner }),
            other => {
                Err(unmarshal(format_args!("json: cannot unmarshal {} into Go value of type {go_type}", kind(other))))
            }
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let fields = self.fields?;
        let exact = fields.get(name);
        let found =
            exact.or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value));
        found.filter(|value| !value.is_null())
    }

    fn mismatch(&self, name: &str, value: &Value, wanted: &str) -> String {
        let owner = self.owner;
        let kind = kind(value);
        unmarshal(format_args!("json: cannot unmarshal {kind} into Go struct field {owner}.{name} of type {wanted}"))
    }

    fn text(&self, name: &str, target: &mut String) -> Result<(), String> {
        if let Some(value) = self.get(name) {
            *target = as_text(value).ok_or_else(|| self.mismatch(name, value, "string"))?;
        }
        Ok(())
    }

    fn bool(&self, name: &str, target: &mut bool) -> Result<(), String> {
        if let Some(value) = self.get(name) {
            *target = value.as_bool().ok_or_else(|| self.mismatch(name, value, "bool"))?;
        }
        Ok(())
    }

    fn list(&self, name: &str) -> Result<Option<&'a Vec<Value>>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_array().map(Some).ok_or_else(|| self.mismatch(name, value, "[]*v2.Dependency"))
    }

    fn texts(&self, name: &str, target: &mut Vec<String>) -> Result<(), String> {
        if let Some(items) = self.list(name)? {
            let texts = items.iter().map(|item| as_text(item).ok_or_else(|| self.mismatch(name, item, "string")));
            *target = texts.collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    fn table(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let entries = value.as_object().ok_or_else(|| self.mismatch(name, value, "map[string]string"))?;
        let texts = entries.iter().map(|(key, value)| {
            let text = if value.is_null() { Some(String::new()) } else { as_text(value) };
            text.map(|text| (key.clone(), text)).ok_or_else(|| self.mismatch(name, value, "string"))
        });
        texts.collect::<Result<_, _>>().map(Some)
    }
}

fn unmarshal(reason: impl std::fmt::Display) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {reason}")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number_text(number)),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
        _ => number.to_string(),
    }
}
