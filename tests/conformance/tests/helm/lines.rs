//! Helm's tests of its engine and functions.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;
use windlass_gotemplate::{Budget, Execution, Functions, Map, MissingKey, Namespace, Value};
use windlass_helm::{
    Chart, File, FunctionSettings, Metadata, Scope, coalesce_values, render_templates, template_functions,
};
use windlass_sprig::Environment;
use windlass_tests_conformance::corpora::{self, go_value};

#[test]
fn templates_render_as_in_helms_own_tests() {
    let Some(folder) = corpora::folder("gotemplate") else { return };
    let mut tally = crate::tally::Tally::default();
    for case in corpora::lines(&folder.join("lines.jsonl")) {
        let id = case["id"].as_str().unwrap_or_default();
        // Helm's own test reads these bytes in Go; in a template they print as a list of numbers.
        let prints_bytes = case["template"].is_null() && case["chart"].to_string().contains("{{ (.Files.GetBytes ");
        if case["funcs"] == "helm" && !prints_bytes {
            tally.add(id, compare(&case, run(&case)));
        }
    }
    tally.expect(99.0);
}

fn functions(case: &Json) -> Functions {
    let lint = case["engine_options"]["LintMode"] == true;
    template_functions(FunctionSettings { lint, lookup: None, environment: Environment::fixed() })
}

fn missing_key(case: &Json) -> MissingKey {
    if case["engine_options"]["Strict"] == true { MissingKey::Error } else { MissingKey::Zero }
}

/// File names and texts; a single template has an empty name.
fn run(case: &Json) -> Result<BTreeMap<String, String>, String> {
    if !case["chart"].is_null() {
        let chart = chart(&case["chart"]);
        let context = &case["context"];
        let values = match &context["Values"]["$coalesce"] {
            Json::Null => go_value(&context["Values"]),
            values => {
                let values = go_value(values).as_map().map(|values| values.shallow_copy()).unwrap_or_else(empty);
                Value::Map(coalesce_values(&chart, &values).map_err(|error| error.to_string())?)
            }
        };
        let scope =
            Scope { values, release: go_value(&context["Release"]), capabilities: go_value(&context["Capabilities"]) };
        let rendered = render_templates(&chart, &scope, functions(case), missing_key(case));
        return rendered.map(|(files, _)| files.into_iter().collect()).map_err(|error| error.to_string());
    }
    match case["templates"].as_object() {
        // Helm's engine reports these as it does those of a chart; the text is what is looked for.
        Some(templates) => {
            let mut namespace = Namespace::new("gotpl", Rc::new(functions(case)));
            for (name, template) in templates {
                let parsed = namespace.parse(name, template["template"].as_str().unwrap_or_default());
                parsed.map_err(|error| windlass_helm::TemplateError::from(&error).to_string())?;
            }
            let mut execution = Execution::new(Rc::new(namespace), missing_key(case), Budget::default());
            let texts = templates.iter().map(|(name, template)| {
                Ok((name.clone(), execute(&mut execution, name, go_value(&template["data"]))?))
            });
            texts.collect()
        }
        None => {
            let mut namespace = Namespace::new("test", Rc::new(functions(case)));
            let parsed = namespace.parse("test", case["template"].as_str().unwrap_or_default());
            parsed.map_err(|error| error.to_string())?;
            let mut execution = Execution::new(Rc::new(namespace), MissingKey::Invalid, Budget::default());
            Ok(BTreeMap::from([(String::new(), execute(&mut execution, "test", go_value(&case["data"]))?)]))
        }
    }
}

fn execute(execution: &mut Execution, name: &str, data: Value) -> Result<String, String> {
    let outcome = execution.execute(name, data);
    outcome.map(|text| text.to_str().into_owned()).map_err(|failure| match &failure.cause {
        Some(cause) => windlass_helm::TemplateError::from(&**cause).to_string(),
        None => failure.to_string(),
    })
}

fn empty() -> Map {
    Map::any::<&str>([])
}

fn chart(json: &Json) -> Chart {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let files = |part: &str| -> Rc<[File]> {
        let files = json[part].as_object().into_iter().flatten();
        files.map(|(name, data)| File { name: name.clone(), data: text(data).into() }).collect()
    };
    let metadata = &json["metadata"];
    Chart {
        metadata: Metadata {
            name: text(&metadata["name"]),
            version: text(&metadata["version"]),
            api_version: text(&metadata["apiVersion"]),
            kind: text(&metadata["type"]),
            ..Metadata::default()
        },
        values: Rc::new(go_value(&json["values"]).as_map().map(|values| values.shallow_copy()).unwrap_or_else(empty)),
        schema: None,
        locked: Vec::new(),
        templates: files("templates"),
        files: files("files"),
        dependencies: json["dependencies"].as_array().into_iter().flatten().map(chart).collect(),
    }
}

fn compare(case: &Json, outcome: Result<BTreeMap<String, String>, String>) -> Result<(), String> {
    match outcome {
        Err(error) if case["error"] == true => match case["error_contains"].as_str() {
            Some(part) if !error.contains(part) => Err(format!("{error:?} lacks {part:?}")),
            _ => Ok(()),
        },
        Err(error) => Err(error),
        Ok(files) if case["error"] == true => Err(format!("must fail, gave {files:?}")),
        Ok(files) => {
            let single = case["expected"].as_str().map(|text| BTreeMap::from([(String::new(), text.to_owned())]));
            let expected = case["expected_files"].as_object().into_iter().flatten();
            let several =
                || expected.map(|(name, text)| (name.clone(), text.as_str().unwrap_or_default().to_owned())).collect();
            let expected: BTreeMap<String, String> = single.unwrap_or_else(several);
            let differs = expected.iter().find(|(name, text)| files.get(*name) != Some(text));
            differs.map_or(Ok(()), |(name, text)| Err(format!("{:?} rather than {text:?}", files.get(name))))
        }
    }
}
