//! What the scale subresource asks of an object: numbers where the CRD says that they are.

use serde_json::Value;

use crate::catalog::Scale;
use crate::error::Cause;
use crate::object::Object;

/// The faults of the wished number, which a write of the status is not asked for.
pub fn spec_faults(scale: &Scale, object: &Object) -> Option<Cause> {
    number(&scale.spec_replicas, object)
}

pub fn status_faults(scale: &Scale, object: &Object) -> Vec<Cause> {
    let selector = scale.selector.as_deref().and_then(|path| selector(path, object));
    number(&scale.status_replicas, object).into_iter().chain(selector).collect()
}

fn number(path: &str, object: &Object) -> Option<Cause> {
    let place = format!(".{path}");
    let fault = |shown: i64, detail: &str| Some(Cause::invalid(&place, &shown.into(), detail));
    match find(path, object) {
        Err(found) => fault(0, &format!("{place} accessor error: {} expected map[string]interface{{}}", is_of(found))),
        Ok(None) => None,
        Ok(Some(found)) => match found.as_i64() {
            Some(number) if number < 0 => fault(number, "should be a non-negative integer"),
            Some(number) if number > i64::from(i32::MAX) => {
                fault(number, &format!("should be less than or equal to {}", i32::MAX))
            }
            Some(_) => None,
            None => fault(0, &format!("{place} accessor error: {} expected int64", is_of(found))),
        },
    }
}

fn selector(path: &str, object: &Object) -> Option<Cause> {
    let place = format!(".{path}");
    let expected = match find(path, object) {
        Ok(None | Some(Value::String(_))) => return None,
        Ok(Some(found)) => format!("{} expected string", is_of(found)),
        Err(found) => format!("{} expected map[string]interface{{}}", is_of(found)),
    };
    Some(Cause::invalid(&place, &"".into(), format!("{place} accessor error: {expected}")))
}

/// What stands at a path; what is in the way where something is.
fn find<'a>(path: &str, object: &'a Object) -> Result<Option<&'a Value>, &'a Value> {
    let mut parts = path.split('.');
    let Some(mut at) = parts.next().and_then(|part| object.get(part)) else { return Ok(None) };
    for part in parts {
        let Value::Object(inner) = at else { return Err(at) };
        let Some(next) = inner.get(part) else { return Ok(None) };
        at = next;
    }
    Ok(Some(at))
}

/// A value and its type, as Go prints them.
fn is_of(value: &Value) -> String {
    let (shown, kind) = match value {
        Value::Null => ("<nil>".to_owned(), "<nil>"),
        Value::Bool(flag) => (flag.to_string(), "bool"),
        Value::Number(number) if number.is_f64() => (number.to_string(), "float64"),
        Value::Number(number) => (number.to_string(), "int64"),
        Value::String(text) => (text.clone(), "string"),
        Value::Array(_) => (value.to_string(), "[]interface {}"),
        Value::Object(_) => (value.to_string(), "map[string]interface {}"),
    };
    format!("{shown} is of the type {kind},")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_number_is_refused_in_the_words_of_go() {
        let object = json!({ "spec": "x" }).as_object().unwrap().clone();
        let cause = number("spec.replicas", &object).unwrap();
        let wanted =
            "Invalid value: 0: .spec.replicas accessor error: x is of the type string, expected map[string]interface{}";
        assert_eq!(cause.message, wanted);
    }
}
