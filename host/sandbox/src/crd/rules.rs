//! `x-kubernetes-validations`: the rules of a CRD, checked against objects and against their former state.

use std::collections::HashMap;

use serde_json::Value;

use super::CustomVersion;
use crate::cel::{Budget, Failure, Program, Value as CelValue};
use crate::error::Cause;
use crate::object::Object;

const KEY: &str = "x-kubernetes-validations";

/// The compiled rules and message expressions of a schema, by their text.
#[derive(Debug, Default)]
pub struct Rules(HashMap<String, Program>);

impl Rules {
    /// Compiles what can be compiled: a CRD with a rule that cannot was refused when it was written.
    pub fn compile(schema: &Value) -> Self {
        let mut rules = Rules::default();
        each(schema, "", true, &mut |place| {
            for text in [&place.rule["rule"], &place.rule["messageExpression"]].into_iter().filter_map(Value::as_str) {
                if let Ok(program) = Program::compile(text, &Value::Null) {
                    rules.0.insert(text.into(), program);
                }
            }
        });
        rules
    }
}

/// A rule, and where it stands.
struct Place<'a> {
    rule: &'a Value,
    schema: &'a Value,
    path: String,
    /// The schema is that of whole objects.
    whole: bool,
}

fn each<'a>(schema: &'a Value, path: &str, whole: bool, found: &mut impl FnMut(Place<'a>)) {
    for (index, rule) in schema[KEY].as_array().into_iter().flatten().enumerate() {
        found(Place { rule, schema, path: format!("{path}.{KEY}[{index}]"), whole });
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        each(property, &format!("{path}.properties[{name}]"), false, found);
    }
    for part in ["items", "additionalProperties"] {
        if schema[part].is_object() {
            each(&schema[part], &format!("{path}.{part}"), false, found);
        }
    }
}

/// The rules of a definition that cannot be compiled, or would cost too much.
pub fn check(schema: &Value, path: &str) -> Vec<Cause> {
    let (mut causes, mut total) = (Vec::new(), 0_u64);
    each(schema, path, true, &mut |place| {
        let whole = place.whole || place.schema["x-kubernetes-embedded-resource"] == true;
        for (key, wanted) in [("rule", "bool"), ("messageExpression", "string")] {
            let Some(text) = place.rule[key].as_str() else { continue };
            let path = format!("{}.{key}", place.path);
            if text.trim().is_empty() {
                causes.push(Cause::required(path, &format!("{key} is not specified")));
                continue;
            }
            match Program::compile_typed(text, place.schema, whole, wanted) {
                Err(problem) => causes.push(refusal(path, place.rule, &problem)),
                Ok(program) => {
                    total = total.saturating_add(program.least_cost());
                    causes.extend(too_dear("estimated rule cost", program.least_cost(), MOST_OF_A_RULE, path));
                }
            }
        }
    });
    let whole = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    causes.extend(too_dear(whole, total, MOST_OF_A_SCHEMA, path.to_owned()));
    causes
}

/// What the API server allows rules to cost before they run.
const MOST_OF_A_RULE: u64 = 10_000_000;
const MOST_OF_A_SCHEMA: u64 = 100_000_000;

fn too_dear(what: &str, cost: u64, most: u64, path: String) -> Option<Cause> {
    let times = cost as f64 / most as f64;
    let factor = match times {
        _ if cost <= most => return None,
        _ if times > 100.0 => "more than 100x".to_owned(),
        _ if times < 1.5 => format!("{times:.6}x"),
        _ => format!("{times:.1}x"),
    };
    let advice = "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and \
                  strings are declared";
    Some(Cause::forbidden(path, &format!("{what} exceeds budget by factor of {factor} ({advice})")))
}

/// The API server shows a rule as its own type writes it.
fn refusal(path: String, rule: &Value, problem: &str) -> Cause {
    let text = |key: &str| Value::from(rule[key].as_str().unwrap_or_default()).to_string();
    let shown = format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        text("rule"),
        text("message"),
        text("messageExpression"),
        rule["reason"],
        text("fieldPath"),
        rule["optionalOldSelf"],
    );
    let shown = shown.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    Cause { reason: "FieldValueInvalid", message: format!("Invalid value: {shown}: {problem}"), field: path }
}

/// The rules that an object breaks; `faults` are what its schema has against it already.
pub fn validate(version: &CustomVersion, object: &Object, live: Option<&Object>, faults: &[Cause]) -> Vec<Cause> {
    const BLOCKING: [&str; 5] = [
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
        "FieldValueNotSupported",
    ];
    if version.rules.0.is_empty() {
        return Vec::new();
    }
    if faults.iter().any(|fault| BLOCKING.contains(&fault.reason)) {
        let detail = "some validation rules were not checked because the object was invalid; \
                      correct the existing errors to complete validation";
        return vec![Cause::invalid("<nil>", &Value::Null, detail)];
    }
    let mut walk = Walk { rules: &version.rules, budget: Budget::of_an_object(), causes: Vec::new(), spent: false };
    let old = live.map(|live| Value::Object(live.clone()));
    walk.value(&version.schema, &Value::Object(object.clone()), old.as_ref(), "");
    walk.causes
}

struct Walk<'a> {
    rules: &'a Rules,
    budget: Budget,
    causes: Vec<Cause>,
    spent: bool,
}

impl Walk<'_> {
    fn value(&mut self, schema: &Value, value: &Value, old: Option<&Value>, path: &str) {
        if value.is_null() || self.spent {
            return;
        }
        if let Some(rules) = schema[KEY].as_array().filter(|rules| !rules.is_empty()) {
            let this = CelValue::of(value, schema);
            let before = old.map(|old| CelValue::of(old, schema));
            for rule in rules {
                self.rule(rule, &Subject { schema, value, this: &this, old: before.as_ref(), path });
            }
        }
        match value {
            Value::Object(object) => self.fields(schema, object, old, path),
            Value::Array(items) => self.items(schema, items, old, path),
            _ => {}
        }
    }

    fn fields(&mut self, schema: &Value, object: &Object, old: Option<&Value>, path: &str) {
        for (key, child) in object {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let old = old.and_then(|old| old.get(key));
            match &schema["properties"][key.as_str()] {
                Value::Null => {
                    let rest = &schema["additionalProperties"];
                    if rest.is_object() {
                        self.value(rest, child, old, &format!("{path}[{key}]"));
                    }
                }
                property => self.value(property, child, old, &below),
            }
        }
    }

    /// Members of a list are told again by their keys; those of other lists have no past.
    fn items(&mut self, schema: &Value, items: &[Value], old: Option<&Value>, path: &str) {
        let keys =
            schema["x-kubernetes-list-map-keys"].as_array().filter(|_| schema["x-kubernetes-list-type"] == "map");
        let same = |one: &Value, two: &Value| {
            keys.is_some_and(|keys| keys.iter().filter_map(Value::as_str).all(|key| one[key] == two[key]))
        };
        let before = old.and_then(Value::as_array).filter(|_| keys.is_some());
        for (index, item) in items.iter().enumerate() {
            let old = before.into_iter().flatten().find(|old| same(old, item));
            self.value(&schema["items"], item, old, &format!("{path}[{index}]"));
        }
    }

    fn rule(&mut self, rule: &Value, subject: &Subject<'_>) {
        let text = rule["rule"].as_str().unwrap_or_default();
        let Some(program) = self.rules.0.get(text).filter(|_| !self.spent) else { return };
        let optional = rule["optionalOldSelf"] == true;
        let old = match (program.uses_old(), optional) {
            (true, true) => Some(CelValue::Optional(subject.old.cloned().map(Into::into))),
            (true, false) if subject.old.is_none() => return,
            (true, false) => subject.old.cloned(),
            (false, _) => None,
        };
        match self.run(program, subject, old.as_ref()) {
            Ok(CelValue::Bool(true)) => {}
            Ok(CelValue::Bool(false)) => {
                let detail = self.message(rule, text, subject, old.as_ref());
                self.causes.push(subject.broken(rule, &detail));
            }
            Ok(_) => {
                self.causes.push(subject.failed(&format!("cel expression must evaluate to a bool: {}", text.trim())));
            }
            Err(Failure::Spent) => {
                self.spent = true;
                let detail = "no further validation rules will be run due to call cost exceeds limit for rule";
                self.causes.push(subject.failed(&format!("{detail}: {}", text.trim())));
            }
            Err(failure) => {
                self.causes.push(subject.failed(&format!("{failure} evaluating rule: {}", text.trim())));
            }
        }
    }

    fn run(&mut self, program: &Program, subject: &Subject<'_>, old: Option<&CelValue>) -> Result<CelValue, Failure> {
        let mut part = self.budget.part(Budget::of_a_rule());
        let given = part.left();
        let outcome = program.run(subject.this, old, &mut part);
        self.budget.settle(given, &part);
        outcome
    }

    /// What a broken rule says: its expression, else its message, else itself.
    fn message(&mut self, rule: &Value, text: &str, subject: &Subject<'_>, old: Option<&CelValue>) -> String {
        let expression = rule["messageExpression"].as_str().and_then(|text| self.rules.0.get(text));
        if let Some(Ok(CelValue::Text(message))) = expression.map(|program| self.run(program, subject, old)) {
            let message = message.trim();
            if !message.is_empty() && !message.contains('\n') {
                return message.into();
            }
        }
        match rule["message"].as_str().map(str::trim).filter(|message| !message.is_empty()) {
            Some(message) => message.into(),
            None => format!("failed rule: {}", text.trim()),
        }
    }
}

/// What a rule is about.
struct Subject<'a> {
    schema: &'a Value,
    value: &'a Value,
    this: &'a CelValue,
    old: Option<&'a CelValue>,
    path: &'a str,
}

impl Subject<'_> {
    fn broken(&self, rule: &Value, detail: &str) -> Cause {
        let below = rule["fieldPath"].as_str().unwrap_or_default();
        let field = format!("{}{below}", self.path);
        let field = if self.path.is_empty() { field.trim_start_matches('.').to_owned() } else { field };
        match rule["reason"].as_str() {
            Some("FieldValueForbidden") => Cause::forbidden(field, detail),
            Some("FieldValueRequired") => Cause::required(field, detail),
            Some("FieldValueDuplicate") => Cause::duplicate(field, self.value),
            // A whole object would say little: the real server leaves it out.
            _ if self.value.is_object() || self.value.is_array() => {
                Cause { reason: "FieldValueInvalid", message: format!("Invalid value: {detail}"), field }
            }
            _ => Cause::invalid(field, self.value, detail),
        }
    }

    fn failed(&self, detail: &str) -> Cause {
        Cause::invalid(self.path, &self.schema["type"], detail)
    }
}
