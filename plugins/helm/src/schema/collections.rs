//! The keywords about objects and arrays, and how their parts are checked.

use serde_json::{Map, Value};

use super::basic;
use super::document::Draft;
use super::failure::{Failure, quote, quote_all};
use super::keywords::{Application, Validator};

impl<'a> Validator<'a, '_> {
    pub(super) fn object(&mut self, on: &mut Application<'a, '_>, entries: &Map<String, Value>) {
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

    pub(super) fn array(&mut self, on: &mut Application<'a, '_>, items: &[Value]) {
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
}
