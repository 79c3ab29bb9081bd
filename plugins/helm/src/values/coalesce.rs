//! Puts user-supplied values over a chart's defaults, table by table, and hands globals down to subcharts.
//!
//! Tables are shared, not copied, exactly where Helm shares them: a table below `global` is one map for the parent and
//! its subcharts, so what one subchart merges into it the others see. Charts in the wild rely on the outcome.

use std::rc::Rc;

use windlass_gotemplate::{Map, Text, Value};

use crate::chart::Chart;

const GLOBAL: &str = "global";

/// What becomes of a null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// A null removes the key that it would set: the last pass, before rendering.
    Remove,
    /// Nulls stay, so that a later pass can still see them.
    Keep,
}

/// A subchart's values are not a table.
#[derive(Debug, thiserror::Error)]
#[error("type mismatch on {name}: values of a subchart must be a table")]
pub struct TypeMismatch {
    name: String,
}

/// Returns a new table: `values` over the defaults of `chart` and its subcharts. `values` itself stays as it is.
pub(crate) fn coalesce(
    chart: &Chart,
    values: &Map,
    nulls: Nulls,
    warnings: &mut Vec<String>,
) -> Result<Rc<Map>, TypeMismatch> {
    let target = Rc::new(deep_copy(values));
    Coalescing { nulls, warnings }.chart(chart, &target, "")?;
    Ok(target)
}

/// Returns `values` over the defaults of `chart` and its subcharts, as templates get them.
///
/// # Errors
/// The section of a subchart holds something other than a table.
pub fn coalesce_values(chart: &Chart, values: &Map) -> Result<Rc<Map>, TypeMismatch> {
    coalesce(chart, values, Nulls::Remove, &mut Vec::new())
}

/// Merges `defaults` below `target`, which wins.
pub(crate) fn merge_tables(target: &Rc<Map>, defaults: &Rc<Map>, nulls: Nulls, warnings: &mut Vec<String>) {
    Coalescing { nulls, warnings }.tables(target, defaults, "", nulls);
}

pub(crate) fn deep_copy(table: &Map) -> Map {
    Map::any(table.borrow().iter().map(|(key, value)| (key.clone(), deep_copy_value(value))))
}

fn deep_copy_value(value: &Value) -> Value {
    match value {
        Value::Map(table) => deep_copy(table).into(),
        Value::List(list) => Value::list(list.items().iter().map(deep_copy_value).collect()),
        other => other.clone(),
    }
}

struct Coalescing<'a> {
    nulls: Nulls,
    warnings: &'a mut Vec<String>,
}

impl Coalescing<'_> {
    fn chart(&mut self, chart: &Chart, target: &Rc<Map>, prefix: &str) -> Result<(), TypeMismatch> {
        let prefix = join(prefix, chart.name());
        self.defaults(chart, target, &prefix);
        for subchart in &chart.dependencies {
            let name = subchart.name();
            let table = match target.get(name) {
                None => {
                    let table = Rc::new(Map::any::<Text>([]));
                    target.insert(name, Value::Map(table.clone()));
                    table
                }
                Some(Value::Map(table)) => table,
                Some(_) => return Err(TypeMismatch { name: name.to_owned() }),
            };
            self.globals(&table, target, &prefix);
            self.chart(subchart, &table, &prefix)?;
        }
        Ok(())
    }

    /// Puts the chart's own `values.yaml` below `target`.
    fn defaults(&mut self, chart: &Chart, target: &Rc<Map>, prefix: &str) {
        for (key, default) in deep_copy(&chart.values).entries() {
            match target.get(&key) {
                Some(Value::Nil) if self.nulls == Nulls::Remove => {
                    target.remove(&key);
                }
                Some(Value::Map(table)) => self.table_default(chart, &table, &key, default, prefix),
                Some(_) => {}
                None if self.nulls == Nulls::Keep => target.insert(key, default),
                None => self.new_default(target, key, default),
            }
        }
    }

    fn new_default(&mut self, target: &Rc<Map>, key: Text, default: Value) {
        match &default {
            Value::Nil => return,
            Value::Map(table) => remove_nulls(table),
            _ => {}
        }
        target.insert(key, default);
    }

    fn table_default(&mut self, chart: &Chart, table: &Rc<Map>, key: &Text, default: Value, prefix: &str) {
        match default {
            Value::Map(defaults) => {
                // The nulls in a subchart's section are that subchart's to act upon.
                let belongs_to_subchart = chart.dependencies.iter().any(|sub| sub.name().as_bytes() == key.as_bytes());
                let nulls = if belongs_to_subchart { Nulls::Keep } else { self.nulls };
                if nulls == Nulls::Remove {
                    remove_nulls(&defaults);
                }
                self.tables(table, &defaults, &join(prefix, &key.to_str()), nulls);
            }
            Value::Nil => {}
            _ => self.warn(format!("warning: skipped value for {prefix}.{key}: Not a table.")),
        }
    }

    fn tables(&mut self, target: &Rc<Map>, defaults: &Rc<Map>, prefix: &str, nulls: Nulls) {
        if Rc::ptr_eq(target, defaults) {
            return;
        }
        for (key, default) in defaults.entries() {
            match (target.get(&key), &default) {
                (None, _) => target.insert(key, default),
                (Some(Value::Nil), default) if nulls == Nulls::Remove && !default.is_nil() => {
                    target.remove(&key);
                }
                (Some(Value::Map(inner)), Value::Map(defaults)) => {
                    self.tables(&inner, defaults, &join(prefix, &key.to_str()), nulls);
                }
                (Some(Value::Nil), _) => {}
                (Some(_), Value::Map(_)) => {
                    let full = join(prefix, &key.to_str());
                    self.warn(format!(
                        "warning: cannot overwrite table with non table for {full} ({})",
                        shown(&default)
                    ));
                }
                (Some(Value::Map(_)), default) if !default.is_nil() => {
                    let full = join(prefix, &key.to_str());
                    let shown = shown(default);
                    self.warn(format!(
                        "warning: destination for {full} is a table. Ignoring non-table value ({shown})"
                    ));
                }
                _ => {}
            }
        }
    }

    /// Puts the parent's globals over those of a subchart.
    fn globals(&mut self, target: &Rc<Map>, parent: &Rc<Map>, prefix: &str) {
        let (Some(own), Some(inherited)) =
            (self.global_table(target, "destination"), self.global_table(parent, "source"))
        else {
            return;
        };
        for (key, value) in inherited.entries() {
            match (value, own.get(&key)) {
                (Value::Map(table), present) => {
                    // One level is copied, what lies below it is shared with the parent.
                    let table = Rc::new(table.shallow_copy());
                    match present {
                        None => own.insert(key, Value::Map(table)),
                        Some(Value::Map(present)) => {
                            self.tables(&table, &present, &join(prefix, &key.to_str()), Nulls::Keep);
                            own.insert(key, Value::Map(table));
                        }
                        Some(_) => self.warn(format!("Conflict: cannot merge map onto non-map for {key:?}. Skipping.")),
                    }
                }
                (_, Some(Value::Map(_))) => self.warn(format!("key {key} is table. Skipping")),
                (value, _) => own.insert(key, value),
            }
        }
        target.insert(GLOBAL, Value::Map(own));
    }

    /// The table of globals, empty where there is none; nothing where something else has its name.
    fn global_table(&mut self, values: &Rc<Map>, side: &str) -> Option<Rc<Map>> {
        match values.get(GLOBAL) {
            None => Some(Rc::new(Map::any::<Text>([]))),
            Some(Value::Map(table)) => Some(table),
            Some(_) => {
                self.warn(format!("warning: skipping globals because {side} {GLOBAL} is not a table."));
                None
            }
        }
    }

    fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }
}

fn remove_nulls(table: &Map) {
    for (key, value) in table.entries() {
        match value {
            Value::Nil => {
                table.remove(&key);
            }
            Value::Map(inner) => remove_nulls(&inner),
            _ => {}
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// Values may hold secrets, so a warning shows what kind of value was passed over, not the value.
fn shown(value: &Value) -> String {
    value.type_of().to_string()
}
