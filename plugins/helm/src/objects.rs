//! What templates see besides their values: `.Chart` and `.Files`.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use windlass_gotemplate::{Elem, Execution, Failure, Kind, Map, Object, Text, Value};
use windlass_yaml::Style;

use crate::chart::{Chart, Dependency, File, ImportValue, Maintainer};
use crate::glob::Glob;

/// `.Chart`: the metadata with Go's field names.
pub(crate) fn chart(chart: &Chart, is_root: bool) -> Map {
    let metadata = &chart.metadata;
    let text = |text: &str| Value::string(text);
    let texts = |texts: &[String]| Value::list(texts.iter().map(|text| Value::string(text.as_str())).collect());
    let annotations =
        metadata.annotations.iter().flatten().map(|(key, value)| (key.as_str(), Value::string(value.as_str())));
    let dependencies = metadata.dependencies.iter().flatten().map(dependency).collect();
    Map::any([
        ("Name", text(&metadata.name)),
        ("Home", text(&metadata.home)),
        ("Sources", texts(&metadata.sources)),
        ("Version", text(&metadata.version)),
        ("Description", text(&metadata.description)),
        ("Keywords", texts(&metadata.keywords)),
        ("Maintainers", Value::list(metadata.maintainers.iter().map(maintainer).collect())),
        ("Icon", text(&metadata.icon)),
        ("APIVersion", text(&metadata.api_version)),
        ("Condition", text(&metadata.condition)),
        ("Tags", text(&metadata.tags)),
        ("AppVersion", text(&metadata.app_version)),
        ("Deprecated", Value::Bool(metadata.deprecated)),
        ("Annotations", Map::collect(Elem::String, annotations).into()),
        ("KubeVersion", text(&metadata.kube_version)),
        ("Dependencies", Value::list(dependencies)),
        ("Type", text(&metadata.kind)),
        ("IsRoot", Value::Bool(is_root)),
    ])
}

fn maintainer(maintainer: &Maintainer) -> Value {
    Value::map([
        ("Name", Value::string(maintainer.name.as_str())),
        ("Email", Value::string(maintainer.email.as_str())),
        ("URL", Value::string(maintainer.url.as_str())),
    ])
}

fn dependency(dependency: &Dependency) -> Value {
    Value::map([
        ("Name", Value::string(dependency.name.as_str())),
        ("Version", Value::string(dependency.version.as_str())),
        ("Repository", Value::string(dependency.repository.as_str())),
        ("Condition", Value::string(dependency.condition.as_str())),
        ("Tags", Value::list(dependency.tags.iter().map(|tag| Value::string(tag.as_str())).collect())),
        ("Enabled", Value::Bool(dependency.enabled)),
        ("ImportValues", Value::list(dependency.import_values.iter().map(import).collect())),
        ("Alias", Value::string(dependency.alias.as_str())),
    ])
}

fn import(import: &ImportValue) -> Value {
    let (child, parent) = match import {
        ImportValue::Export(name) => (format!("exports.{name}"), "."),
        ImportValue::Pair { child, parent } => (child.clone(), parent.as_str()),
    };
    let entries = [("child", Value::string(child)), ("parent", Value::string(parent))];
    Map::collect(Elem::String, entries).into()
}

/// `.Files`: the chart's files that are neither templates nor values, by name.
#[derive(Debug)]
pub(crate) struct ChartFiles(BTreeMap<Text, Text>);

impl ChartFiles {
    pub(crate) fn new(files: &Rc<[File]>) -> Self {
        Self(files.iter().map(|file| (file.name.as_str().into(), file.data.clone())).collect())
    }

    fn get(&self, name: &Text) -> Text {
        self.0.get(name).cloned().unwrap_or_default()
    }

    fn glob(&self, pattern: &Text) -> Self {
        let glob = Glob::parse(&pattern.to_str());
        let fits = |name: &Text| glob.as_ref().is_none_or(|glob| glob.matches(&name.to_str()));
        Self(self.0.iter().filter(|(name, _)| fits(name)).map(|(name, data)| (name.clone(), data.clone())).collect())
    }

    /// Lines without their ends; a final newline makes no further line.
    fn lines(&self, name: &Text) -> Vec<Text> {
        let text = self.get(name);
        let bytes = text.as_bytes();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if text.is_empty() {
            return Vec::new();
        }
        bytes.split(|byte| *byte == b'\n').map(Text::from).collect()
    }

    /// The files as YAML of base name and what `print` makes of the contents.
    fn as_yaml(&self, print: impl Fn(&Text) -> Value) -> Value {
        let base = |name: &Text| name.to_str().rsplit('/').next().unwrap_or_default().to_owned();
        let entries = self.0.iter().map(|(name, data)| (base(name), print(data)));
        // One level of scalars cannot be too deep.
        let yaml = crate::convert::to_yaml(&Map::any(entries).into(), Style::V2).unwrap_or_default();
        Value::string(yaml.strip_suffix('\n').unwrap_or(&yaml))
    }
}

impl Object for ChartFiles {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.0.get(name.as_bytes()).map(|data| Value::Bytes(data.as_bytes().into()))
    }

    fn has_method(&self, name: &str) -> bool {
        matches!(name, "Get" | "GetBytes" | "Glob" | "Lines" | "AsConfig" | "AsSecrets")
    }

    fn call(&self, name: &str, args: &[Value], _execution: &mut Execution) -> Result<Value, Failure> {
        let wanted = usize::from(!matches!(name, "AsConfig" | "AsSecrets"));
        if args.len() != wanted {
            return Err(Failure::new(format!("wrong number of args for {name}: want {wanted} got {}", args.len())));
        }
        let argument = match args.first() {
            None => Text::default(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => {
                let found = other.type_of();
                return Err(Failure::new(format!("wrong type for value; expected string; got {found}")));
            }
        };
        Ok(match name {
            "Get" => Value::String(self.get(&argument)),
            "GetBytes" => Value::Bytes(self.get(&argument).as_bytes().into()),
            "Glob" => Value::object(self.glob(&argument)),
            "Lines" => Value::strings(self.lines(&argument)),
            "AsConfig" => self.as_yaml(|data| Value::String(data.clone())),
            _ => self.as_yaml(|data| Value::string(crate::convert::base64(data.as_bytes()))),
        })
    }

    fn len(&self) -> Option<usize> {
        Some(self.0.len())
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        let entries = self.0.iter();
        Some(entries.map(|(name, data)| (Value::String(name.clone()), Value::Bytes(data.as_bytes().into()))).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
