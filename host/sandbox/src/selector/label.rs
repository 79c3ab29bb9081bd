//! Label selectors: `a=b,c!=d,e in (f,g),h,!i`.

use serde_json::Value;

use crate::error::ApiError;
use crate::object::{self, Object};
use crate::rules::formats;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    GreaterThan(i64),
    LessThan(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

const NOTHING: &str = "found ',', expected: !, identifier, or 'end of string'";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LabelSelector(Vec<Requirement>);

impl LabelSelector {
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let fail = |detail: &str| ApiError::bad_request(format!("unable to parse requirement: {detail}"));
        let parts = split_requirements(text).map_err(fail)?;
        let read = |part| requirement(part).map_err(|text| fail(&text));
        // Nothing at all where a requirement should begin is not even the start of one.
        let begun = |part: &str| if part.trim().is_empty() { Err(ApiError::bad_request(NOTHING)) } else { Ok(()) };
        let requirements = parts.into_iter().map(|part| begun(part).and_then(|()| read(part)));
        requirements.collect::<Result<_, _>>().map(LabelSelector)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|requirement| requirement.operator.matches(label(&requirement.key)))
    }
}

impl Operator {
    fn matches(&self, value: Option<&str>) -> bool {
        let number = |value: Option<&str>| value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Operator::In(values) => value.is_some_and(|value| values.iter().any(|entry| entry == value)),
            Operator::NotIn(values) => value.is_none_or(|value| values.iter().all(|entry| entry != value)),
            Operator::Exists => value.is_some(),
            Operator::Absent => value.is_none(),
            Operator::GreaterThan(bound) => number(value).is_some_and(|value| value > *bound),
            Operator::LessThan(bound) => number(value).is_some_and(|value| value < *bound),
        }
    }
}

/// Splits at commas outside parentheses.
fn split_requirements(text: &str) -> Result<Vec<&str>, &'static str> {
    let (mut parts, mut start, mut inside) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match (letter, inside) {
            ('(', false) if text[start..at].trim_end().ends_with(['=', '>', '<']) => {
                return Err("found '(', expected: identifier");
            }
            ('(', false) => inside = true,
            (')', true) => inside = false,
            ('(', true) | (')', false) => return Err("found a parenthesis out of place"),
            (',', false) => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err("found '', expected: ',' or ')'");
    }
    parts.push(&text[start..]);
    let blank = parts.len() == 1 && parts[0].trim().is_empty();
    Ok(if blank { Vec::new() } else { parts })
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let text = text.trim();
    let made = |key: &str, operator| match key.trim() {
        key if is_label_key(key) => Ok(Requirement { key: key.into(), operator }),
        "" => Err("found ',', expected: !, identifier, or 'end of string'".into()),
        key => {
            let fault = formats::qualified(key).into_iter().next();
            let detail = fault.map_or_else(String::new, |fault| format!(": {fault}"));
            Err(format!("<nil>: Invalid value: {key:?}{detail}"))
        }
    };
    let checked = |key: &str, values: Vec<String>| {
        let place = |at: usize| format!("values[{at}][{}]", key.trim());
        for (at, value) in values.iter().enumerate() {
            if let Some(fault) = formats::label_value(value).into_iter().next() {
                return Err(format!("{}: Invalid value: {value:?}: {fault}", place(at)));
            }
        }
        Ok(values)
    };
    if let Some((head, list)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let values = list.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(key), Some("in"), None) => made(key, Operator::In(checked(key, values)?)),
            (Some(key), Some("notin"), None) => made(key, Operator::NotIn(checked(key, values)?)),
            _ => Err(format!("found {head:?}, expected: in, notin")),
        };
    }
    if let Some(key) = text.strip_prefix('!') {
        return made(key, Operator::Absent);
    }
    let one = |value: &str| vec![value.trim().to_owned()];
    let number = |value: &str| {
        let detail = "for 'Gt', 'Lt' operators, the value must be an integer";
        value.trim().parse().map_err(|_| format!("values[0]: Invalid value: {value:?}: {detail}"))
    };
    if let Some((key, value)) = text.split_once("!=") {
        made(key, Operator::NotIn(checked(key, one(value))?))
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        if value.starts_with('=') {
            return Err("found '=', expected: identifier".into());
        }
        made(key, Operator::In(checked(key, one(value))?))
    } else if let Some((key, value)) = text.split_once('>') {
        made(key, Operator::GreaterThan(number(value)?))
    } else if let Some((key, value)) = text.split_once('<') {
        made(key, Operator::LessThan(number(value)?))
    } else {
        let mut words = text.split_whitespace();
        if let (Some(_), Some("in" | "notin"), next) = (words.next(), words.next(), words.next()) {
            return Err(format!("found '{}' expected: '('", next.unwrap_or_default()));
        }
        made(text, Operator::Exists)
    }
}

fn is_label_key(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    !name.is_empty() && name.len() <= 63 && key.matches('/').count() < 2 && key.bytes().all(inner)
}

/// Whether a `LabelSelector` object (`matchLabels`, `matchExpressions`) selects these labels.
pub fn matches_label_selector(selector: &Object, labels: &Object) -> bool {
    let value = |key: &str| labels.get(key).and_then(Value::as_str);
    let equal = object::child(selector, "matchLabels").iter().all(|(key, want)| value(key) == want.as_str());
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    let mut expressions = expressions.into_iter().flatten().filter_map(Value::as_object);
    equal && expressions.all(|entry| expression(entry).matches(value(object::text(entry, "key"))))
}

fn expression(entry: &Object) -> Operator {
    let values = entry.get("values").and_then(Value::as_array).into_iter().flatten();
    let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
    match object::text(entry, "operator") {
        "In" => Operator::In(values),
        "NotIn" => Operator::NotIn(values),
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::Absent,
        // Validation refuses it; an unknown operator selects nothing.
        _ => Operator::In(Vec::new()),
    }
}

/// A `LabelSelector` object in the text form of `status.selector` of a Scale.
pub fn selector_text(selector: &Object) -> String {
    let equal = object::child(selector, "matchLabels").iter();
    let mut parts: Vec<String> =
        equal.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    for entry in expressions.into_iter().flatten().filter_map(Value::as_object) {
        let key = object::text(entry, "key");
        parts.push(match expression(entry) {
            Operator::In(values) => format!("{key} in ({})", values.join(",")),
            Operator::NotIn(values) => format!("{key} notin ({})", values.join(",")),
            Operator::Absent => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(selector: &str, labels: &[(&str, &'static str)], expected: bool) {
        let parsed = LabelSelector::parse(selector).expect("a valid selector");
        let find = |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        assert_eq!(parsed.matches(find), expected, "{selector} on {labels:?}");
    }

    #[test]
    fn every_operator_selects_as_the_api_server_does() {
        check("", &[], true);
        check("a=1", &[("a", "1")], true);
        check("a==1,b!=2", &[("a", "1")], true);
        check("b!=2", &[("b", "2")], false);
        check("a in (1, 2),!c", &[("a", "2")], true);
        check("a notin (1,2)", &[("a", "2")], false);
        check("x.io/a", &[("x.io/a", "")], true);
        check("n>3", &[("n", "4")], true);
        check("n<3", &[("n", "x")], false);
    }

    #[test]
    fn a_broken_selector_is_a_bad_request() {
        for broken in ["a in (1", "=1", "a b", "a notin x"] {
            assert!(LabelSelector::parse(broken).is_err(), "{broken}");
        }
    }
}
