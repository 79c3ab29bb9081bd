//! The filter `jq`: takes out of objects what jq path expressions name, as `del(EXPRESSION)` does.
//!
//! A jq program may run for ever. Here it runs on the fuel of its component.

mod language;
mod paths;

use serde_json::Value;
use windlass_sdk::filter::{Filter, Stripped};

struct Jq;

impl Filter for Jq {
    fn strip(mut object: Value, expressions: &[String]) -> Stripped {
        let mut problems = Vec::new();
        for expression in expressions {
            match paths::named(expression, &object) {
                Ok(named) => paths::remove(&mut object, named),
                Err(problem) => problems.push(format!("jq `{expression}`: {problem}")),
            }
        }
        Stripped { body: object.to_string().into_bytes(), problems }
    }
}

windlass_sdk::export_filter!(Jq);
