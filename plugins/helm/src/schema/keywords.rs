//! The keywords of JSON Schema, in the order in which Helm's library looks at them.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::basic;
use super::document::{Document, Draft, Place};
use super::failure::{Failure, Reason, grouped, quote, quote_all};

/// Schemas applied to values, over a whole document.
const MAX_STEPS: usize = 500_000;
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
struct Evaluated {
    properties: BTreeSet<String>,
    items: BTreeSet<usize>,
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

struct Validator<'a, 'd> {
    document: &'d Document<'a>,
    steps: usize,
    scope: Vec<Frame>,
}

/// One application of a schema that has keywords.
struct Application<'a, 'v> {
    place: Place<'a>,
    keywords: &'a Map<String, Value>,
    value: &'v Value,
    location: &'v str,
    failures: Vec<Failure>,
    evaluated: Evaluated,
}

impl<'a> Application<'a, '_> {
    fn fail(&mut self, text: impl Into<String>) {
        self.failures.push(Failure::keyword(self.location, text));
    }

    fn fail_with(&mut self, text: impl Into<String>, causes: Vec<Failure>) {
        let reason = Reason::Keyword(text.into());
        self.failures.push(Failure { location: self.location.to_owned(), reason, causes });
    }

    fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.keywords.get(keyword)
    }

    fn list(&self, keyword: &str) -> Option<&'a Vec<Value>> {
        self.get(keyword).and_then(Value::as_array)
    }

    fn table(&self, keyword: &str) -> Option<&'a Map<String, Value>> {
        self.get(keyword).and_then(Value::as_object)
    }

    fn number(&self, keyword: &str) -> Option<f64> {
        self.get(keyword).and_then(Value::as_f64)
    }

    fn count(&mut self, keyword: &str, got: usize, fits: fn(f64, f64) -> bool) {
        if let Some(want) = self.number(keyword).filter(|want| !fits(got as f64, *want)) {
            self.fail(format!("{keyword}: got {}, want {}", grouped(got as f64), grouped(want)));
        }
    }
}

impl<'a> Validator<'a, '_> {
    fn apply(&mut self, place: &Place<'a>, value: &Value, location: &str) -> Result<Evaluated, Failure> {
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
    fn same(&mut self, on: &mut Application<'a, '_>, schema: &'a Value) -> Result<(), Failure> {
        let place = self.document.enter(&on.place, schema);
        let evaluated = self.apply(&place, on.value, on.location)?;
        on.evaluated.absorb(evaluated);
        Ok(())
    }

    /// Applies a schema to a part of the value.
    fn part(&mut self, on: &mut Application<'a, '_>, schema: &'a Value, part: &Value, name: &str) -> bool {
        let outcome = self.part_outcome(on, schema, part, name);
        let fits = outcome.is_ok();
        on.failures.extend(outcome.err());
        fits
    }

    fn part_outcome(
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

    fn object(&mut self, on: &mut Application<'a, '_>, entries: &Map<String, Value>) {
        on.count("minProperties", entries.len(), |got, want| got >= want);
        on.count("maxProperties", entries.len(), |got, want| got <= want);
        if let Some(missing) = basic::missing(on.list("required"), entries) {
            on.fail(missing);
        }
        self.dependencies(on, entries, "dependencies");
        self.properties(on, entries);
        if self.document.draft >= Draft::Six {
            self.property_names(on, entries);
        }
        if self.document.draft >= Draft::Year2019 {
            self.dependencies(on, entries, "dependentSchemas");
            self.dependencies(on, entries, "dependentRequired");
        }
    }

    fn dependencies(&mut self, on: &mut Application<'a, '_>, entries: &Map<String, Value>, keyword: &str) {
        for (property, dependency) in on.table(keyword).into_iter().flatten() {
            if !entries.contains_key(property) {
                continue;
            }
            match dependency {
                Value::Array(required) => {
                    let absent: Vec<&str> = basic::absent(required, entries);
                    if !absent.is_empty() {
                        on.fail(format!("properties {} required, if {} exists", quote_all(absent), quote(property)));
                    }
                }
                schema => {
                    let outcome = self.same(on, schema);
                    on.failures.extend(outcome.err());
                }
            }
        }
    }

    fn properties(&mut self, on: &mut Application<'a, '_>, entries: &Map<String, Value>) {
        let (properties, patterns) = (on.table("properties"), on.table("patternProperties"));
        let additional = on.get("additionalProperties");
        let mut refused = Vec::new();
        for (name, value) in entries {
            let mut evaluated = false;
            if let Some(schema) = properties.and_then(|properties| properties.get(name)) {
                evaluated = true;
                self.part(on, schema, value, name);
            }
            for (pattern, schema) in patterns.into_iter().flatten() {
                match self.document.regex(pattern) {
                    Ok(regex) if regex.is_match(name) => {
                        evaluated = true;
                        self.part(on, schema, value, name);
                    }
                    Ok(_) => {}
                    Err(reason) => on.failures.push(Failure::schema(reason.trim_end())),
                }
            }
            match additional {
                Some(Value::Bool(false)) if !evaluated => refused.push(name.as_str()),
                Some(schema) if !evaluated => {
                    evaluated = true;
                    self.part(on, schema, value, name);
                }
                _ => {}
            }
            if evaluated && self.document.tracks_evaluation {
                on.evaluated.properties.insert(name.clone());
            }
        }
        if !refused.is_empty() {
            on.fail(format!("additional properties {} not allowed", quote_all(refused)));
        }
    }

    fn property_names(&mut self, on: &mut Application<'a, '_>, entries: &Map<String, Value>) {
        let Some(schema) = on.get("propertyNames") else { return };
        let place = self.document.enter(&on.place, schema);
        for name in entries.keys() {
            let value = Value::String(name.clone());
            if let Err(failure) = self.apply(&place, &value, "") {
                on.fail_with(format!("invalid propertyName {}", quote(name)), vec![failure]);
            }
        }
    }

    fn array(&mut self, on: &mut Application<'a, '_>, items: &[Value]) {
        on.count("minItems", items.len(), |got, want| got >= want);
        on.count("maxItems", items.len(), |got, want| got <= want);
        let must_differ = on.get("uniqueItems") == Some(&Value::Bool(true));
        if let Some((first, second)) = basic::duplicates(items).filter(|_| must_differ) {
            on.fail(format!("items at {first} and {second} are equal"));
        }
        let (prefix, rest) = if self.document.draft < Draft::Year2020 {
            match on.get("items") {
                Some(Value::Array(prefix)) => (prefix.as_slice(), on.get("additionalItems")),
                all => (&[][..], all),
            }
        } else {
            (on.list("prefixItems").map_or(&[][..], Vec::as_slice), on.get("items"))
        };
        self.items(on, items, prefix, rest);
        self.contains(on, items);
    }

    fn items(&mut self, on: &mut Application<'a, '_>, items: &[Value], prefix: &'a [Value], rest: Option<&'a Value>) {
        let refuses_rest = self.document.draft < Draft::Year2020 && !prefix.is_empty();
        for (index, item) in items.iter().enumerate() {
            let schema = match (prefix.get(index), rest) {
                (Some(schema), _) => schema,
                (None, Some(Value::Bool(false))) if refuses_rest => {
                    on.fail(format!("last {} additionalItem(s) not allowed", items.len() - index));
                    return;
                }
                (None, Some(schema)) => schema,
                (None, None) => return,
            };
            self.part(on, schema, item, &index.to_string());
            if self.document.tracks_evaluation {
                on.evaluated.items.insert(index);
            }
        }
    }

    fn contains(&mut self, on: &mut Application<'a, '_>, items: &[Value]) {
        let Some(schema) = on.get("contains").filter(|_| self.document.draft >= Draft::Six) else { return };
        let (mut causes, mut matched) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match self.part_outcome(on, schema, item, &index.to_string()) {
                Ok(()) => matched.push(index),
                Err(failure) => causes.push(failure),
            }
        }
        let counts = self.document.draft >= Draft::Year2019;
        let at = matched.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let count = matched.len();
        match on.number("minContains").filter(|_| counts) {
            Some(want) if (count as f64) < want && count == 0 => {
                on.fail_with(format!("min {want} items required to match contains schema, but none matched"), causes);
            }
            Some(want) if (count as f64) < want => {
                let text =
                    format!("min {want} items required to match contains schema, but matched {count} items at {at}");
                on.fail_with(text, causes);
            }
            None if count == 0 => on.fail_with("no items match contains schema", causes),
            _ => {}
        }
        if let Some(want) = on.number("maxContains").filter(|want| counts && count as f64 > *want) {
            on.fail(format!("max {want} items required to match contains schema, but matched {count} items at {at}"));
        }
        on.evaluated.items.extend(matched);
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
