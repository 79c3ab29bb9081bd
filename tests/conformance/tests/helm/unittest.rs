//! The helm-unittest suites that charts bring, run by a small runner of our own. Snapshots are not compared.

use serde_json::{Map, Value};
use windlass_helm::set::{Syntax, set};
use windlass_helm::{Chart, Error, File, Host, MemoryFiles, RenderOptions, render_files, split_documents};
use windlass_keys::Seed;
use windlass_sprig::Environment;

use windlass_tests_conformance::corpora;
use windlass_tests_conformance::directory::Directory;

use crate::path::find;

#[test]
fn charts_pass_their_own_unit_tests() {
    let Some(folder) = corpora::folder("helm-golden") else { return };
    let mut tally = crate::tally::Tally::default();
    for (line, case) in corpora::lines(&folder.join("unittest.jsonl")).iter().enumerate() {
        let id = format!("{} {} {:?} (line {})", case["chart"], case["file"], case["it"].as_str(), line + 1);
        tally.add(&id, run(&folder, case));
    }
    tally.expect(98.0);
}

/// A template of the test and the documents it rendered to.
type Rendered = Vec<(String, String)>;

fn run(folder: &std::path::Path, case: &Value) -> Result<(), String> {
    let mut patterns = templates(case);
    let mut outcome = rendered(folder, case, &patterns)?;
    // A template may read others that the test does not list.
    while let Some(missing) = outcome.as_ref().err().and_then(missing_template).filter(|_| patterns.len() < 20) {
        patterns.push(missing);
        outcome = rendered(folder, case, &patterns)?;
    }
    for assertion in case["asserts"].as_array().into_iter().flatten() {
        let holds = check(case, assertion, &outcome);
        let wanted = assertion["not"] != true;
        match holds {
            Ok(()) if !wanted => return Err(format!("must not hold: {assertion}")),
            Err(reason) if wanted => return Err(format!("{assertion}: {reason}")),
            _ => {}
        }
    }
    Ok(())
}

fn missing_template(error: &Error) -> Option<String> {
    let text = error.to_string();
    let (_, after) = text.split_once("no template \"")?;
    let (_, path) = after.split('"').next()?.split_once('/')?;
    Some(path.to_owned())
}

fn rendered(folder: &std::path::Path, case: &Value, patterns: &[String]) -> Result<Result<Rendered, Error>, String> {
    let name = case["chart"].as_str().unwrap_or_default();
    let directory = folder.join("../helm/cases").join(name).join("chart");
    let mut chart = Chart::from_directory(&Directory(directory.clone()), "").map_err(|error| error.to_string())?;
    let wanted = |file: &File| {
        let is_partial = file.name.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
        is_partial || patterns.iter().any(|pattern| fits(pattern, &file.name))
    };
    chart.templates = chart.templates.iter().filter(|file| wanted(file)).cloned().collect();
    if let Some(version) = case["chart_override"]["version"].as_str() {
        chart.metadata.version = version.to_owned();
    }
    if let Some(version) = case["chart_override"]["appVersion"].as_str() {
        chart.metadata.app_version = version.to_owned();
    }
    let release = &case["release"];
    let capabilities = &case["capabilities"];
    let texts =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let mut options = RenderOptions {
        release_name: release["name"].as_str().unwrap_or("RELEASE-NAME").to_owned(),
        namespace: release["namespace"].as_str().unwrap_or("NAMESPACE").to_owned(),
        is_upgrade: release["upgrade"] == true,
        api_versions: texts(&capabilities["apiVersions"]),
        ..RenderOptions::default()
    };
    if let (Some(major), Some(minor)) = (capabilities["majorVersion"].as_str(), capabilities["minorVersion"].as_str()) {
        options.kube_version = Some(format!("{major}.{minor}.0"));
    }
    // The corpus has put the test's tables in the place of the suite's; helm-unittest merges them.
    options.values.set_json.push(values(&suite(&directory, case)["set"])?.to_string());
    options.values.set_json.push(values(&case["set"])?.to_string());
    let (files, mut warnings) = (MemoryFiles::default(), Vec::new());
    let environment = Environment::seeded(Seed::new(b"unit tests"));
    let host = Host { files: &files, environment, lookup: None, warnings: &mut warnings };
    Ok(render_files(chart, &options, host).map(|rendered| {
        let files = rendered.files.into_iter();
        files
            .map(|(path, text)| (path.split_once('/').map_or(path.clone(), |(_, path)| path.to_owned()), text))
            .collect()
    }))
}

/// The document of the test's file that holds its suite.
fn suite(chart: &std::path::Path, case: &Value) -> Value {
    let text = std::fs::read(chart.join(case["file"].as_str().unwrap_or_default())).unwrap_or_default();
    let documents = windlass_yaml::to_json(&text, &windlass_yaml::Limits::default()).unwrap_or_default();
    let mut suites = documents.into_iter().map(|document| document.value);
    suites.find(|suite| suite["suite"] == case["suite"]).unwrap_or_default()
}

/// `set` with its dotted paths, as one object.
fn values(settings: &Value) -> Result<Value, String> {
    let mut values = Map::new();
    for (path, value) in settings.as_object().into_iter().flatten() {
        let argument = format!("{}={value}", path.replace("[\"", ".").replace("\"]", ""));
        set(&argument, Syntax::Json, &mut values).map_err(|error| error.to_string())?;
    }
    Ok(Value::Object(values))
}

fn templates(case: &Value) -> Vec<String> {
    let names = case["templates"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(full_name).collect()
}

fn full_name(name: &str) -> String {
    if name.starts_with("templates/") || name.starts_with("charts/") {
        name.to_owned()
    } else {
        format!("templates/{name}")
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.starts_with(start) && name.ends_with(end),
        None => pattern == name,
    }
}

fn check(case: &Value, assertion: &Value, outcome: &Result<Rendered, Error>) -> Result<(), String> {
    let failed = assertion.get("failedTemplate");
    let files = match (outcome, failed) {
        (Err(error), Some(expected)) => return failure(expected, &error.to_string()),
        (Ok(_), Some(_)) => return Err("rendered".to_owned()),
        (Err(error), None) => return Err(error.to_string()),
        (Ok(files), None) => files,
    };
    let names = match assertion["template"].as_str() {
        Some(name) => vec![full_name(name)],
        None => templates(case),
    };
    for (name, text) in files.iter().filter(|(name, _)| names.iter().any(|pattern| fits(pattern, name))) {
        if name.rsplit('/').next().is_some_and(|name| name.starts_with('_')) {
            continue;
        }
        check_file(case, assertion, text).map_err(|reason| format!("{name}: {reason}"))?;
    }
    Ok(())
}

fn failure(expected: &Value, error: &str) -> Result<(), String> {
    let part = expected["errorMessage"].as_str().unwrap_or_default();
    let pattern = expected["errorPattern"].as_str().unwrap_or_default();
    // Written for Helm 3, which put a trace on one line.
    let line = error.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(error) || regex.is_match(&line));
    if error.contains(part) && (fits || line.contains(pattern)) { Ok(()) } else { Err(format!("failed with {error}")) }
}

fn check_file(case: &Value, assertion: &Value, text: &str) -> Result<(), String> {
    for (keyword, arguments) in assertion.as_object().into_iter().flatten() {
        match keyword.as_str() {
            "equalRaw" => expect(text.trim() == arguments["value"].as_str().unwrap_or_default().trim(), text)?,
            "matchRegexRaw" => expect(matches(arguments, text), text)?,
            "notMatchRegexRaw" => expect(!matches(arguments, text), text)?,
            "template" | "documentIndex" | "documentSelector" | "not" | "matchSnapshot" | "notFailedTemplate" => {}
            keyword => check_documents(case, assertion, text, (keyword, arguments))?,
        }
    }
    Ok(())
}

fn expect(holds: bool, found: impl std::fmt::Display) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("found {found}")) }
}

fn matches(arguments: &Value, text: &str) -> bool {
    let pattern = arguments["pattern"].as_str().unwrap_or_default();
    regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

fn check_documents(case: &Value, assertion: &Value, text: &str, check: (&str, &Value)) -> Result<(), String> {
    let mut documents = Vec::new();
    for document in split_documents(text) {
        let parsed = windlass_yaml::first_to_json(document.as_bytes(), &windlass_yaml::Limits::default());
        documents.extend(parsed.map_err(|error| error.to_string())?.map(|document| document.value));
    }
    let pick = |name: &str| assertion.get(name).or_else(|| case.get(name)).filter(|value| !value.is_null());
    if let Some(selector) = pick("documentSelector") {
        let path = selector["path"].as_str().unwrap_or_default();
        documents.retain(|document| find(document, path).contains(&&selector["value"]));
    } else if let Some(index) = pick("documentIndex").and_then(Value::as_u64) {
        documents = documents.into_iter().nth(index as usize).into_iter().collect();
    }
    let (keyword, arguments) = check;
    if keyword == "hasDocuments" {
        return expect(arguments["count"] == documents.len(), documents.len());
    }
    if documents.is_empty() && keyword == "containsDocument" {
        return Err("no documents".to_owned());
    }
    documents.iter().try_for_each(|document| check_document(document, keyword, arguments))
}

fn check_document(document: &Value, keyword: &str, arguments: &Value) -> Result<(), String> {
    let found = find(document, arguments["path"].as_str().unwrap_or_default());
    let shown = Value::Array(found.iter().map(|value| (*value).clone()).collect());
    let wanted = &arguments["value"];
    let content = &arguments["content"];
    let has = |item: &Value| {
        found.iter().any(|list| list.as_array().is_some_and(|list| list.iter().any(|one| same(one, item))))
    };
    let empty = |value: &&Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    let texts = || found.iter().all(|value| value.as_str().is_some_and(|text| matches(arguments, text)));
    let holds = match keyword {
        "equal" => !found.is_empty() && found.iter().all(|value| same(value, wanted)),
        "notEqual" => !found.iter().any(|value| same(value, wanted)),
        "contains" => has(content),
        "notContains" => !has(content),
        "exists" => !found.is_empty(),
        "notExists" => found.is_empty(),
        "isNull" => found.iter().all(|value| value.is_null()),
        "isNotEmpty" => !found.is_empty() && !found.iter().any(empty),
        "lengthEqual" => {
            found.iter().all(|value| value.as_array().is_some_and(|items| arguments["count"] == items.len()))
        }
        "matchRegex" => !found.is_empty() && texts(),
        "notMatchRegex" => !texts(),
        "isKind" => document["kind"] == arguments["of"],
        "isSubset" => found.iter().any(|value| subset(content, value)),
        "isType" => found.iter().all(|value| value.is_string() == (arguments["type"] == "string")),
        "containsDocument" => {
            let fits = |name: &str, found: &Value| arguments.get(name).is_none_or(|wanted| wanted == found);
            fits("kind", &document["kind"])
                && fits("apiVersion", &document["apiVersion"])
                && fits("name", &document["metadata"]["name"])
        }
        other => return Err(format!("unknown assertion {other}")),
    };
    expect(holds, shown)
}

fn subset(part: &Value, whole: &Value) -> bool {
    part.as_object()
        .is_some_and(|part| part.iter().all(|(key, value)| whole.get(key).is_some_and(|other| same(other, value))))
}

/// Numbers by value; text that is multi-line may differ in its final newline.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::String(left), Value::String(right)) => left.trim_end() == right.trim_end(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && {
                left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
            }
        }
        (left, right) => left == right,
    }
}
