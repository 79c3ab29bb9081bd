//! The `--set` language.

use serde_json::{Map, Value};
use windlass_helm::set::{Syntax, set};
use windlass_tests_conformance::corpora;

#[test]
fn set_arguments_mean_what_they_mean_to_helm() {
    let Some(folder) = corpora::folder("gotemplate") else { return };
    let mut tally = crate::tally::Tally::default();
    for case in corpora::lines(&folder.join("strvals.jsonl")) {
        tally.add(case["id"].as_str().unwrap_or_default(), run(&case));
    }
    tally.expect(99.0);
}

fn run(case: &Value) -> Result<(), String> {
    let syntax = match case["flag"].as_str() {
        Some("--set") => Syntax::Typed,
        Some("--set-string") => Syntax::Text,
        Some("--set-literal") => Syntax::Literal,
        Some("--set-json") => Syntax::Json,
        other => return Err(format!("unknown flag {other:?}")),
    };
    let mut target: Map<String, Value> = case["base"].as_object().cloned().unwrap_or_default();
    let inputs = case["inputs"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let outcome = inputs.map(|input| set(input, syntax, &mut target)).collect::<Result<Vec<()>, _>>();
    match (outcome, case["error"] == true) {
        (Err(_), true) => Ok(()),
        (Ok(_), true) => Err("must be refused".to_owned()),
        (Err(error), false) => Err(error.to_string()),
        (Ok(_), false) if same(&Value::Object(target.clone()), &case["expected"]) => Ok(()),
        (Ok(_), false) => Err(format!("{} rather than {}", Value::Object(target), case["expected"])),
    }
}

/// Numbers compare by value: the corpus does not tell int64 from float64.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        (left, right) => left == right,
    }
}
