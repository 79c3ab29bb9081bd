//! What one value must be by itself: its type, constants, format, bounds.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::document::Draft;
use super::failure::{grouped, quote, quote_all};
use super::format;

/// Type, constant, enumeration and format: the first that fails is all that is told.
pub(super) fn refusal(keywords: &Map<String, Value>, value: &Value, draft: Draft) -> Option<String> {
    if draft < Draft::Year2019 && keywords.contains_key("$ref") {
        return None;
    }
    let wrong_type = keywords.get("type").and_then(|types| wrong_type(types, value));
    let constant = keywords.get("const").filter(|want| draft >= Draft::Six && !equal(value, want));
    let constant = constant.map(|want| match want {
        Value::Array(_) | Value::Object(_) => "'const' failed".to_owned(),
        want => format!("value must be {}", shown(want)),
    });
    let choices = keywords.get("enum").and_then(Value::as_array);
    let choice =
        choices.filter(|wanted| !wanted.iter().any(|want| equal(value, want))).map(|wanted| enumeration(wanted));
    // From 2019-09 on a format is an annotation.
    let format = keywords.get("format").and_then(Value::as_str).filter(|_| draft < Draft::Year2019);
    let format = format.and_then(|name| {
        format::problem(name, value).map(|problem| format!("{} is not valid {name}: {problem}", shown(value)))
    });
    wrong_type.or(constant).or(choice).or(format)
}

/// Which bounds a number breaks.
pub(super) fn bounds(keywords: &Map<String, Value>, got: f64) -> Vec<String> {
    let number = |keyword: &str| keywords.get(keyword).and_then(Value::as_f64);
    // Draft 4 makes a limit exclusive by a bool beside it.
    let excluded = |keyword: &str| keywords.get(keyword) == Some(&Value::Bool(true));
    let (minimum, maximum) = (number("minimum"), number("maximum"));
    let (low, high) = (excluded("exclusiveMinimum"), excluded("exclusiveMaximum"));
    let checks = [
        ("minimum", minimum.filter(|want| !low && got < *want)),
        ("maximum", maximum.filter(|want| !high && got > *want)),
        ("exclusiveMinimum", minimum.filter(|want| low && got <= *want)),
        ("exclusiveMaximum", maximum.filter(|want| high && got >= *want)),
        ("exclusiveMinimum", number("exclusiveMinimum").filter(|want| got <= *want)),
        ("exclusiveMaximum", number("exclusiveMaximum").filter(|want| got >= *want)),
        ("multipleOf", number("multipleOf").filter(|want| !is_multiple(got, *want))),
    ];
    let broken = checks.into_iter().filter_map(|(name, want)| want.map(|want| (name, want)));
    broken.map(|(name, want)| format!("{name}: got {}, want {}", grouped(got), grouped(want))).collect()
}

fn is_multiple(got: f64, of: f64) -> bool {
    // Decimal fractions are not exact in binary; what is meant is within this.
    const TOLERANCE: f64 = 1e-9;
    let quotient = got / of;
    of <= 0.0 || (quotient - quotient.round()).abs() <= TOLERANCE
}

fn enumeration(wanted: &[Value]) -> String {
    if wanted.iter().any(|want| matches!(want, Value::Array(_) | Value::Object(_))) {
        return "'enum' failed".to_owned();
    }
    match wanted {
        [want] => format!("value must be {}", shown(want)),
        wanted => format!("value must be one of {}", wanted.iter().map(shown).collect::<Vec<_>>().join(", ")),
    }
}

fn wrong_type(types: &Value, value: &Value) -> Option<String> {
    const ORDER: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];
    let has = |name: &str| match types {
        Value::String(only) => only == name,
        Value::Array(names) => names.iter().any(|known| known == name),
        _ => false,
    };
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
    let wanted: Vec<&str> = ORDER.into_iter().filter(|name| has(name)).collect();
    if wanted.is_empty() || has(got) || (whole && has("integer")) {
        return None;
    }
    Some(format!("got {got}, want {}", wanted.join(" or ")))
}

pub(super) fn absent<'a>(required: &'a [Value], entries: &Map<String, Value>) -> Vec<&'a str> {
    required.iter().filter_map(Value::as_str).filter(|name| !entries.contains_key(*name)).collect()
}

pub(super) fn missing(required: Option<&Vec<Value>>, entries: &Map<String, Value>) -> Option<String> {
    match absent(required?, entries).as_slice() {
        [] => None,
        [one] => Some(format!("missing property {}", quote(one))),
        several => Some(format!("missing properties {}", quote_all(several.iter().copied()))),
    }
}

pub(super) fn duplicates(items: &[Value]) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        // Equal values print alike: keys are sorted, whole floats are integers.
        if let Some(first) = seen.insert(item.to_string(), index) {
            return Some((first, index));
        }
    }
    None
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |(key, value)| right.get(key).is_some_and(|other| equal(value, other));
            left.len() == right.len() && left.iter().all(same)
        }
        (left, right) => left == right,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Null => "<nil>".to_owned(),
        Value::Array(_) | Value::Object(_) => "value".to_owned(),
        other => other.to_string(),
    }
}
