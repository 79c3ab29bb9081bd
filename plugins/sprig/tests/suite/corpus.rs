//! Go's and sprig's own tests, written as JSON lines, where a collection of them is at hand: the
//! folder is named by `WINDLASS_CORPORA`.

use std::path::PathBuf;
use std::rc::Rc;

use serde_json::Value as Json;
use windlass_gotemplate::{Budget, Execution, Functions, IntKind, List, MissingKey, Namespace, Text, UintKind, Value};
use windlass_sprig::Environment;
use windlass_sprig::time::{Duration, Time, parse};

/// One line's outcome: the text, or the error.
type Outcome = Result<Text, String>;

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::int(int),
            None => Value::float(number.as_f64().unwrap_or(0.0)),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::list(items.iter().map(value).collect()),
        Json::Object(entries) => match entries.get("$go").and_then(Json::as_str) {
            Some(name) => typed(name, &entries["value"]),
            None => Value::map(entries.iter().map(|(key, json)| (key.as_str(), value(json)))),
        },
    }
}

fn typed(name: &str, json: &Json) -> Value {
    let uint = |kind| Value::Uint(json.as_u64().unwrap_or(0), kind);
    match name {
        "uint" => uint(UintKind::Uint),
        "uint16" => uint(UintKind::Uint16),
        "int64" => Value::Int(json.as_i64().unwrap_or(0), IntKind::Int64),
        "time.Duration" => Value::object(Duration(json.as_i64().unwrap_or(0))),
        "time.Time" => {
            let text = json.as_str().unwrap_or_default();
            Value::object(parse("2006-01-02T15:04:05Z07:00", text).unwrap_or_else(|_| Time::zero()))
        }
        "[]byte" => Value::Bytes(json.as_str().unwrap_or_default().as_bytes().into()),
        "[]string" => {
            let items = json.as_array().into_iter().flatten().filter_map(Json::as_str);
            Value::from(List::strings(items))
        }
        _ => value(json),
    }
}

fn functions(line: &Json) -> Rc<Functions> {
    let mut functions = Functions::builtin();
    if line["funcs"] == "sprig" {
        windlass_sprig::register(&mut functions, environment());
    }
    Rc::new(functions)
}

/// A clock that goes, for tests that measure how long ago something was.
fn environment() -> Environment {
    let now = |_| {
        let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok((elapsed.as_secs() as i64, elapsed.subsec_nanos()))
    };
    Environment { now: Box::new(now), ..Environment::fixed() }
}

fn missing_key(line: &Json) -> MissingKey {
    match line["missingkey"].as_str() {
        Some("zero") => MissingKey::Zero,
        Some("error") => MissingKey::Error,
        _ => MissingKey::Invalid,
    }
}

fn run(line: &Json) -> Outcome {
    let test = line["source"]["test"].as_str().unwrap_or("test");
    let name = test.rsplit('/').next().unwrap_or(test);
    let mut namespace = Namespace::new(name, functions(line));
    let template = line["template"].as_str().unwrap_or_default();
    namespace.parse(name, template).map_err(|error| error.to_string())?;
    if line["parse_only"] == true {
        return Ok(Text::default());
    }
    let budget = Budget { steps: 10_000_000, ..Budget::default() };
    let mut execution = Execution::new(Rc::new(namespace), missing_key(line), budget);
    execution.execute(name, value(&line["data"])).map_err(|error| error.to_string())
}

/// Why the outcome is not what the line wants; `None` where it is.
fn mismatch(line: &Json, outcome: &Outcome) -> Option<String> {
    match outcome {
        Ok(text) if line["error"] == true => Some(format!("succeeded with {text:?}")),
        Ok(text) => {
            let expected = line["expected"].as_str().filter(|expected| expected.as_bytes() != text.as_bytes());
            expected.map(|expected| format!("expected {expected:?}, got {text:?}"))
        }
        Err(error) if line["error"] != true => Some(format!("failed: {error}")),
        Err(error) => {
            let wanted = line["error_contains"].as_str().filter(|wanted| !error.contains(wanted));
            wanted.map(|wanted| format!("error {error:?} lacks {wanted:?}"))
        }
    }
}

#[test]
fn the_collected_tests_of_go_and_sprig_pass() {
    let Some(root) = std::env::var_os("WINDLASS_CORPORA").map(PathBuf::from) else {
        eprintln!("skipped: WINDLASS_CORPORA names no folder with gotemplate/lines.jsonl");
        return;
    };
    let text = std::fs::read_to_string(root.join("gotemplate/lines.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let (mut passed, mut failed) = (0, Vec::new());
    for line in lines.filter(|line| line["funcs"] != "helm") {
        match mismatch(&line, &run(&line)) {
            None => passed += 1,
            Some(why) => failed.push(format!("{}: {}: {why}", line["id"], line["template"])),
        }
    }
    eprintln!("{passed} passed, {} failed\n{}", failed.len(), failed.join("\n"));
    // Dates before zones and random text are beyond any reader: one in a hundred may differ.
    assert!(failed.len() * 100 <= passed, "too many lines differ");
}
