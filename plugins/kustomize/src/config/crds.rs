//! Field specifications out of the OpenAPI definitions that `crds` names.

use serde_json::Value;
use windlass_yaml::Limits;

use super::transformer::{NameReference, TransformerConfig};
use crate::error::{Error, Result};
use crate::fieldspec::{FieldSpec, merge_one};
use crate::id::Gvk;

/// How deep definitions may refer to each other: kustomize itself never ends on a definition that contains itself.
const MOST_NESTING: usize = 64;

/// Reads a file of definitions, from type name to `Schema`.
pub(crate) fn read(content: &[u8]) -> Result<TransformerConfig> {
    let parsed = windlass_yaml::first_to_json(content, &Limits::default())
        .map_err(|error| Error::invalid(format!("malformed YAML: {}", error.kind())).at_line(error.line()))?;
    let definitions = parsed.map(|document| document.value).unwrap_or_default();
    let mut config = TransformerConfig::default();
    for (name, definition) in definitions.as_object().into_iter().flatten() {
        let properties = &properties_of(definition);
        if ["kind", "apiVersion", "metadata"].iter().any(|field| properties[*field].is_null()) {
            continue;
        }
        let kind = name.rsplit_once('.').map_or(name.as_str(), |(_, kind)| kind);
        let mut of_kind = TransformerConfig::default();
        Walk { definitions: &definitions, kind, config: &mut of_kind }.enter(name, &mut Vec::new())?;
        config.merge(of_kind)?;
    }
    Ok(config)
}

fn properties_of(definition: &Value) -> &Value {
    let schema = ["Schema", "schema"].iter().map(|name| &definition[*name]).find(|schema| !schema.is_null());
    schema.map_or(&Value::Null, |schema| &schema["properties"])
}

struct Walk<'a> {
    definitions: &'a Value,
    kind: &'a str,
    config: &'a mut TransformerConfig,
}

impl<'a> Walk<'a> {
    fn enter(&mut self, name: &str, path: &mut Vec<&'a str>) -> Result<()> {
        if path.len() > MOST_NESTING {
            return Err(Error::invalid(format!("definition {name} contains itself")).in_field(name));
        }
        let definitions: &'a Value = self.definitions;
        for (field, property) in properties_of(&definitions[name]).as_object().into_iter().flatten() {
            path.push(field);
            self.property(property, path)?;
            if let Some(reference) = property["$ref"].as_str() {
                self.enter(reference, path)?;
            }
            path.pop();
        }
        Ok(())
    }

    fn property(&mut self, property: &Value, path: &[&str]) -> Result<()> {
        let marked = |name: &str| property[name].is_string();
        if marked("x-kubernetes-annotation") {
            merge_one(&mut self.config.common_annotations, &spec(self.kind, path))?;
        }
        if marked("x-kubernetes-label-selector") {
            merge_one(&mut self.config.common_labels, &spec(self.kind, path))?;
        }
        if marked("x-kubernetes-identity") {
            merge_one(&mut self.config.name_prefix, &spec(self.kind, path))?;
        }
        let text = |name: &str| property[name].as_str();
        if let (Some(version), Some(kind)) =
            (text("x-kubernetes-object-ref-api-version"), text("x-kubernetes-object-ref-kind"))
        {
            let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let path: Vec<&str> = path.iter().copied().chain([key]).collect();
            self.config
                .refer(NameReference { gvk: Gvk::new("", version, kind), specs: vec![spec(self.kind, &path)] })?;
        }
        Ok(())
    }
}

fn spec(kind: &str, path: &[&str]) -> FieldSpec {
    FieldSpec::new(&path.join("/")).on("", "", kind)
}
