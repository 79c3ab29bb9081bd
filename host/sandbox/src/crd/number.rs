//! What a schema holds numbers to.

use serde_json::{Number, Value};

use crate::error::Cause;

/// In the order of the real server: the range of the type, multiples, the highest and the lowest.
pub(super) fn bounds(schema: &Value, number: &Number, path: &str, causes: &mut Vec<Cause>) {
    in_range(schema, number, "Checked", path, causes);
    if let Value::Number(unit) = &schema["multipleOf"] {
        multiple(schema, number, unit, path, causes);
    }
    let amount = number.as_f64().unwrap_or(0.0);
    let mut breach = |detail: String| causes.push(Cause::invalid(path, &number.clone().into(), detail));
    if let Some(most) = schema["maximum"].as_f64() {
        let exclusive = schema["exclusiveMaximum"] == true;
        if amount > most || exclusive && amount == most {
            let word = if exclusive { "less than" } else { "less than or equal to" };
            breach(format!("{path} in body should be {word} {}", schema["maximum"]));
        }
    }
    if let Some(least) = schema["minimum"].as_f64() {
        let exclusive = schema["exclusiveMinimum"] == true;
        if amount < least || exclusive && amount == least {
            let word = if exclusive { "greater than" } else { "greater than or equal to" };
            breach(format!("{path} in body should be {word} {}", schema["minimum"]));
        }
    }
}

/// Whether a number has a place in the type that the schema names.
fn in_range(schema: &Value, number: &Number, what: &str, path: &str, causes: &mut Vec<Cause>) -> bool {
    if schema["type"] != "integer" {
        return true;
    }
    let whole =
        number.as_i64().or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i64));
    let format = schema["format"].as_str().unwrap_or_default();
    let fits = match format {
        "int32" => whole.is_some_and(|whole| i32::try_from(whole).is_ok()),
        _ => whole.is_some(),
    };
    if !fits {
        let format = if format.is_empty() { "(default format)".into() } else { format!("with format {format}") };
        causes.push(Cause::nowhere(format!("{what} value must be of type integer {format} in {path}")));
    }
    fits
}

fn multiple(schema: &Value, number: &Number, unit: &Number, path: &str, causes: &mut Vec<Cause>) {
    let fits = in_range(schema, unit, "MultipleOf", path, causes);
    let factor = unit.as_f64().unwrap_or(0.0);
    // A whole number is divided by whole numbers, whatever becomes of the factor.
    let (none, divides, shown) = match number.as_i64() {
        Some(number) if fits => {
            let factor = factor as i64;
            (factor <= 0, factor > 0 && number % factor == 0, Value::from(factor))
        }
        _ => {
            let times = number.as_f64().unwrap_or(0.0) / factor;
            (factor <= 0.0, (times - times.round()).abs() < 1e-9, Value::from(unit.clone()))
        }
    };
    if none {
        let detail = format!("factor MultipleOf declared for {path} must be positive: {shown}");
        causes.push(Cause::invalid(path, &shown, detail));
    } else if !divides {
        let detail = format!("{path} in body should be a multiple of {shown}");
        causes.push(Cause::invalid(path, &number.clone().into(), detail));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(schema: &Value, number: &Value) -> Vec<String> {
        let mut causes = Vec::new();
        bounds(schema, number.as_number().unwrap(), "a", &mut causes);
        causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
    }

    #[test]
    fn whole_numbers_are_divided_by_whole_numbers() {
        let schema = json!({ "type": "number", "multipleOf": 0.5 });
        let none = "a: Invalid value: 0: factor MultipleOf declared for a must be positive: 0";
        assert_eq!(faults(&schema, &json!(1)), [none]);
        assert!(faults(&schema, &json!(1.5)).is_empty());
    }

    #[test]
    fn a_number_fits_its_format() {
        let schema = json!({ "type": "integer", "format": "int32" });
        let most = "<nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in a";
        assert_eq!(faults(&schema, &json!(3_000_000_000_i64)), [most]);
    }
}
