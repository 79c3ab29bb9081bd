//! The keywords of JSON Schema, in the order in which Helm's library looks at them.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::basic;
use super::document::{Document, Draft, Place};
use super::failure::{Failure, Reason, grouped, quote};

/// Schemas applied to values, over a whole document.
const MAX_STEPS: usize = 200_000;
const MAX_DEPTH: usize = 256;

pub(super) fn validate(document: &Document<'_>, value: &Value) -> Result<(), Failure> {
    let mut validator = Validator { document, steps: 0, scope: Vec::new() };
    let place = document.root.clone();
    let outcome = validator.apply(&place, value, "");
    if validator.steps > MAX_STEPS {
        return Err(Failure::schema("schema takes too many steps to validate"));
    }
    outcome.map(|_| ()).map_err(Failure::fault_or_self)
}

/// Which parts of a value some schema has looked at; only kept where `unevaluated…` asks.
#[derive(Debug, Default)]
pub(super) struct Evaluated {
    pub(super) properties: BTreeSet<String>,
    pub(super) items: BTreeSet<usize>,
}

impl Evaluated {
    fn absorb(&mut self, other: Self) {
        self.properties.extend(other.properties);
        self.items.extend(other.items);
    }
}

/// A schema being applied: to which value, in which resource.
struct Frame {
    schema: *const Value,
    value: *const Value,
    resource: Rc<str>,
}

pub(super) struct Validator<'a, 'd> {
    pub(super) document: &'d Document<'a>,
    steps: usize,
    scope: Vec<Frame>,
}

/// One application of a schema that has keywords.
pub(super) struct Application<'a, 'v> {
    pub(super) place: Place<'a>,
    keywords: &'a Map<String, Value>,
    pub(super) value: &'v Value,
    location: &'v str,
    pub(super) failures: Vec<Failure>,
    pub(super) evaluated: Evaluated,
}

impl<'a> Application<'a, '_> {
    pub(super) fn fail(&mut self, text: impl Into<String>) {
        self.failures.push(Failure::keyword(self.location, text));
    }

    pub(super) fn fail_with(&mut self, text: impl Into<String>, causes: Vec<Failure>) {
        let reason = Reason::Keyword(text.into());
        self.failures.push(Failure { location: self.location.to_owned(), reason, causes });
    }

    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.keywords.get(keyword)
    }

    pub(super) fn list(&self, keyword: &str) -> Option<&'a Vec<Value>> {
        self.get(keyword).and_then(Value::as_array)
    }

    pub(super) fn table(&self, keyword: &str) -> Option<&'a Map<String, Value>> {
        self.get(keyword).and_then(Value::as_object)
    }

    pub(super) fn number(&self, keyword: &str) -> Option<f64> {
        self.get(keyword).and_then(Value::as_f64)
    }

    pub(super) fn count(&mut self, keyword: &str, got: usize, fits: fn(f64, f64) -> bool) {
        if let Some(want) = self.number(keyword).filter(|want| !fits(got as f64, *want)) {
            self.fail(format!("{keyword}: got {}, want {}", grouped(got as f64), grouped(want)));
        }
    }
}

impl<'a> Validator<'a, '_> {
    pub(super) fn apply(&mut self, place: &Place<'a>, value: &Value, location: &str) -> Result<Evaluated, Failure> {
        let keywords = match place.schema {
            Value::Object(keywords) => keywords,
            Value::Bool(false) => return Err(Failure::keyword(location, "false schema")),
            _ => return Ok(Evaluated::default()),
        };
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Ok(Evaluated::default());
        }
        if self.scope.len() > MAX_DEPTH {
            return Err(Failure::schema("schema and values are nested too deep to validate"));
        }
        let frame = Frame { schema: place.schema, value, resource: place.resource.clone() };
        let on_same_value = self.scope.iter().rev().take_while(|outer| outer.value == frame.value);
        if on_same_value.into_iter().any(|outer| outer.schema == frame.schema) {
            return Err(Failure::keyword(location, "schema refers to itself causing reference cycle"));
        }
        self.scope.push(frame);
        let application = Application {
            place: place.clone(),
            keywords,
            value,
            location,
            failures: Vec::new(),
            evaluated: Evaluated::default(),
        };
        let outcome = self.keywords(application);
        self.scope.pop();
        outcome
    }

    fn keywords(&mut self, mut application: Application<'a, '_>) -> Result<Evaluated, Failure> {
        let on = &mut application;
        // Where the value is of the wrong kind, the rest of the schema says nothing of use.
        if let Some(text) = basic::refusal(on.keywords, on.value, self.document.draft) {
            return Err(Failure::keyword(on.location, text));
        }
        if let Some(reference) = on.get("$ref").and_then(Value::as_str) {
            self.reference(on, reference);
            if self.document.draft < Draft::Year2019 {
                return finish(application);
            }
        }
        match on.value {
            Value::Object(entries) => self.object(on, entries),
            Value::Array(items) => self.array(on, items),
            Value::String(text) => self.string(on, text),
            Value::Number(number) => {
                let broken = basic::bounds(on.keywords, number.as_f64().unwrap_or_default());
                broken.into_iter().for_each(|text| on.fail(text));
            }
            Value::Null | Value::Bool(_) => {}
        }
        self.dynamic_reference(on);
        self.combined(on);
        self.conditional(on);
        self.unevaluated(on);
        finish(application)
    }

    /// Applies a schema to the same value.
    pub(super) fn same(&mut self, on: &mut Application<'a, '_>, schema: &'a Value) -> Result<(), Failure> {
        let place = self.document.enter(&on.place, schema);
        let evaluated = self.apply(&place, on.value, on.location)?;
        on.evaluated.absorb(evaluated);
        Ok(())
    }

    /// Applies a schema to a part of the value.
    pub(super) fn part(&mut self, on: &mut Application<'a, '_>, schema: &'a Value, part: &Value, name: &str) -> bool {
        let outcome = self.part_outcome(on, schema, part, name);
        let fits = outcome.is_ok();
        on.failures.extend(outcome.err());
        fits
    }

    pub(super) fn part_outcome(
        &mut self,
        on: &Application<'a, '_>,
        schema: &'a Value,
        part: &Value,
        name: &str,
    ) -> Result<(), Failure> {
        let place = self.document.enter(&on.place, schema);
        let location = format!("{}/{}", on.location, name.replace('~', "~0").replace('/', "~1"));
        self.apply(&place, part, &location).map(|_| ())
    }

    fn reference(&mut self, on: &mut Application<'a, '_>, reference: &str) {
        match self.document.resolve(&on.place, reference) {
            Ok(target) => self.follow(on, &target),
            Err(reason) => on.failures.push(Failure::schema(reason.trim_end())),
        }
    }

    fn follow(&mut self, on: &mut Application<'a, '_>, target: &Place<'a>) {
        match self.apply(target, on.value, on.location) {
            Ok(evaluated) => on.evaluated.absorb(evaluated),
            Err(failure) => {
                let causes = if matches!(failure.reason, Reason::Group) { failure.causes } else { vec![failure] };
                on.failures.push(Failure { location: on.location.to_owned(), reason: Reason::Reference, causes });
            }
        }
    }

    fn dynamic_reference(&mut self, on: &mut Application<'a, '_>) {
        if self.document.draft < Draft::Year2019 {
            return;
        }
        if let Some(reference) = on.get("$recursiveRef").and_then(Value::as_str) {
            self.reference(on, reference);
        }
        let Some(reference) = on.get("$dynamicRef").and_then(Value::as_str) else { return };
        let anchor = reference.split_once('#').map_or("", |(_, anchor)| anchor);
        match self.document.resolve(&on.place, reference) {
            Err(reason) => on.failures.push(Failure::schema(reason.trim_end())),
            Ok(target) => {
                let is_dynamic = target.schema.get("$dynamicAnchor").and_then(Value::as_str) == Some(anchor);
                let outermost =
                    self.scope.iter().find_map(|frame| self.document.dynamic_anchor(&frame.resource, anchor));
                self.follow(on, &outermost.filter(|_| is_dynamic).unwrap_or(target));
            }
        }
    }

    fn string(&mut self, on: &mut Application<'a, '_>, text: &str) {
        if on.get("minLength").is_some() || on.get("maxLength").is_some() {
            let length = text.chars().count();
            on.count("minLength", length, |got, want| got >= want);
            on.count("maxLength", length, |got, want| got <= want);
        }
        if let Some(pattern) = on.get("pattern").and_then(Value::as_str) {
            match self.document.regex(pattern) {
                Ok(regex) if regex.is_match(text) => {}
                Ok(_) => on.fail(format!("{} does not match pattern {}", quote(text), quote(pattern))),
                Err(reason) => on.failures.push(Failure::schema(reason.trim_end())),
            }
        }
    }

    fn combined(&mut self, on: &mut Application<'a, '_>) {
        if let Some(schema) = on.get("not") {
            match self.same(on, schema) {
                Ok(()) => on.fail("'not' failed"),
                Err(failure) if failure.is_schema_fault() => on.failures.push(failure),
                Err(_) => {}
            }
        }
        if let Some(schemas) = on.list("allOf") {
            let failures: Vec<Failure> = schemas.iter().filter_map(|schema| self.same(on, schema).err()).collect();
            if !failures.is_empty() {
                on.fail_with("'allOf' failed", failures);
            }
        }
        if let Some(schemas) = on.list("anyOf") {
            self.any_of(on, schemas);
        }
        if let Some(schemas) = on.list("oneOf") {
            self.one_of(on, schemas);
        }
    }

    fn any_of(&mut self, on: &mut Application<'a, '_>, schemas: &'a [Value]) {
        let mut failures = Vec::new();
        let mut matched = false;
        for schema in schemas {
            match self.same(on, schema) {
                Ok(()) => {
                    matched = true;
                    if !self.document.tracks_evaluation {
                        break;
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
        if !matched {
            on.fail_with("'anyOf' failed", failures);
        }
    }

    fn one_of(&mut self, on: &mut Application<'a, '_>, schemas: &'a [Value]) {
        let mut failures = Vec::new();
        let mut matched = None;
        for (index, schema) in schemas.iter().enumerate() {
            match (self.same(on, schema), matched) {
                (Ok(()), None) => matched = Some(index),
                (Ok(()), Some(first)) => {
                    on.fail(format!("'oneOf' failed, subschemas {first}, {index} matched"));
                    return;
                }
                (Err(failure), None) => failures.push(failure),
                (Err(_), Some(_)) => {}
            }
        }
        if matched.is_none() {
            on.fail_with("'oneOf' failed, none matched", failures);
        }
    }

    fn conditional(&mut self, on: &mut Application<'a, '_>) {
        let Some(condition) = on.get("if").filter(|_| self.document.draft >= Draft::Seven) else { return };
        let branch = if self.same(on, condition).is_ok() { "then" } else { "else" };
        if let Some(schema) = on.get(branch) {
            let outcome = self.same(on, schema);
            on.failures.extend(outcome.err());
        }
    }

    fn unevaluated(&mut self, on: &mut Application<'a, '_>) {
        if !self.document.tracks_evaluation || self.document.draft < Draft::Year2019 {
            return;
        }
        match (on.value, on.get("unevaluatedProperties"), on.get("unevaluatedItems")) {
            (Value::Object(entries), Some(schema), _) => {
                let left = entries.iter().filter(|(name, _)| !on.evaluated.properties.contains(*name));
                for (name, value) in left.collect::<Vec<_>>() {
                    self.part(on, schema, value, name);
                    on.evaluated.properties.insert(name.clone());
                }
            }
            (Value::Array(items), _, Some(schema)) => {
                let left = (0..items.len()).filter(|index| !on.evaluated.items.contains(index));
                for index in left.collect::<Vec<_>>() {
                    self.part(on, schema, &items[index], &index.to_string());
                    on.evaluated.items.insert(index);
                }
            }
            _ => {}
        }
    }
}

fn finish(application: Application<'_, '_>) -> Result<Evaluated, Failure> {
    match Failure::group(application.location, application.failures) {
        None => Ok(application.evaluated),
        Some(failure) => Err(failure),
    }
}
