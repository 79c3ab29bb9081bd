//! Which subcharts take part: aliases, conditions, tags, and the values that a parent imports from them.

use std::rc::Rc;

use windlass_gotemplate::{Map, Text, Value};

use crate::chart::{Chart, Dependency, ImportValue};
use crate::values::coalesce::{Nulls, TypeMismatch, coalesce, deep_copy, merge_tables};
use crate::version;

/// Removes the disabled subcharts, names the aliased ones, and imports values. `values` are the user's.
pub(crate) fn process(chart: &mut Chart, values: &Map, warnings: &mut Vec<String>) -> Result<(), TypeMismatch> {
    enable(chart, values, "", warnings)?;
    import_values(chart, warnings)
}

/// The names that `Chart.yaml` lists and `charts/` does not hold.
pub(crate) fn missing(chart: &Chart) -> Vec<&str> {
    let listed = chart.metadata.dependencies.iter().flatten().map(|dependency| dependency.name.as_str());
    listed.filter(|name| !chart.dependencies.iter().any(|present| present.name() == *name)).collect()
}

fn enable(chart: &mut Chart, values: &Map, path: &str, warnings: &mut Vec<String>) -> Result<(), TypeMismatch> {
    let Some(mut listed) = chart.metadata.dependencies.take() else { return Ok(()) };
    chart.dependencies = resolve(&chart.dependencies, &mut listed);
    let values = coalesce(chart, values, Nulls::Remove, warnings)?;
    for dependency in &mut listed {
        dependency.enabled = true;
        apply_tags(dependency, &values, warnings);
        apply_condition(dependency, &values, path, warnings);
    }
    let disabled: Vec<String> = listed.iter().filter(|one| !one.enabled).map(|one| one.name.clone()).collect();
    chart.dependencies.retain(|subchart| !disabled.iter().any(|name| name == subchart.name()));
    listed.retain(|dependency| !disabled.contains(&dependency.name));
    for subchart in &mut chart.dependencies {
        let path = format!("{path}{}.", subchart.name());
        enable(subchart, &values, &path, warnings)?;
    }
    // As in Helm, a list that has become empty is no list.
    chart.metadata.dependencies = (!listed.is_empty()).then_some(listed);
    Ok(())
}

/// The subcharts in use: first those that `Chart.yaml` does not list, then one for each entry that it does.
fn resolve(present: &[Chart], listed: &mut [Dependency]) -> Vec<Chart> {
    let fits = |chart: &Chart, dependency: &Dependency| {
        chart.name() == dependency.name && version::satisfies(&dependency.version, &chart.metadata.version)
    };
    let unlisted = present.iter().filter(|chart| !listed.iter().any(|dependency| fits(chart, dependency)));
    let mut resolved: Vec<Chart> = unlisted.cloned().collect();
    for dependency in listed {
        let found = present.iter().find(|chart| fits(chart, dependency)).cloned();
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
        if let Some(mut subchart) = found {
            subchart.metadata.name.clone_from(&dependency.name);
            resolved.push(subchart);
        }
    }
    resolved
}

/// A dependency with tags is off when some of them are false and none is true.
fn apply_tags(dependency: &mut Dependency, values: &Map, warnings: &mut Vec<String>) {
    let Some(Value::Map(tags)) = values.get("tags") else { return };
    let mut answers = Vec::new();
    for tag in &dependency.tags {
        match tags.get(tag) {
            Some(Value::Bool(answer)) => answers.push(answer),
            Some(_) => {
                warnings.push(format!("returned non-bool value tag={tag} chart={}", dependency.name));
            }
            None => {}
        }
    }
    dependency.enabled = answers.is_empty() || answers.contains(&true);
}

/// The first path of the condition that holds a bool decides, whatever the tags say.
fn apply_condition(dependency: &mut Dependency, values: &Map, path: &str, warnings: &mut Vec<String>) {
    for condition in dependency.condition.trim().split(',').filter(|condition| !condition.is_empty()) {
        match path_value(values, &format!("{path}{condition}")) {
            Some(Value::Bool(enabled)) => {
                dependency.enabled = enabled;
                return;
            }
            Some(_) => warnings.push(format!("returned non-bool value path={condition} chart={}", dependency.name)),
            None => {}
        }
    }
}

/// The value at a dotted path, unless it is a table.
fn path_value(values: &Map, path: &str) -> Option<Value> {
    let (tables, last) = path.rsplit_once('.').map_or((None, path), |(tables, last)| (Some(tables), last));
    let value = match tables {
        None => values.get(last),
        Some(tables) => table(values, tables)?.get(last),
    };
    value.filter(|value| !matches!(value, Value::Map(_)))
}

fn table(values: &Map, path: &str) -> Option<Rc<Map>> {
    let mut parts = path.split('.');
    let step = |values: &Map, part: &str| values.get(part).and_then(|value| value.as_map().cloned());
    let first = step(values, parts.next()?)?;
    parts.try_fold(first, |values, part| step(&values, part))
}

/// Replaces the defaults of every chart that lists dependencies by its defaults over those of its subcharts and what
/// it imports from them.
fn import_values(chart: &mut Chart, warnings: &mut Vec<String>) -> Result<(), TypeMismatch> {
    for subchart in &mut chart.dependencies {
        import_values(subchart, warnings)?;
    }
    let Some(listed) = &chart.metadata.dependencies else { return Ok(()) };
    let values = coalesce(chart, &Map::any::<Text>([]), Nulls::Keep, warnings)?;
    let imported = Rc::new(Map::any::<Text>([]));
    for dependency in listed {
        for import in &dependency.import_values {
            match import_table(&values, &dependency.name, import) {
                Some(table) => merge_tables(&imported, &table, Nulls::Keep, warnings),
                None => warnings.push(format!("ImportValues missing table from chart {}", dependency.name)),
            }
        }
    }
    // What is imported may share tables with the values it was taken from.
    let merged = Rc::new(deep_copy(&values));
    merge_tables(&merged, &imported, Nulls::Keep, warnings);
    chart.values = merged;
    Ok(())
}

/// What one entry of `import-values` brings, nested as the parent wants it.
fn import_table(values: &Map, name: &str, import: &ImportValue) -> Option<Rc<Map>> {
    match import {
        ImportValue::Export(export) => table(values, &format!("{name}.exports.{export}")),
        ImportValue::Pair { child, parent } => {
            let found = table(values, &format!("{name}.{child}"))?;
            if parent == "." {
                return Some(found);
            }
            Some(parent.split('.').rev().fold(found, |inner, part| Rc::new(Map::any([(part, Value::Map(inner))]))))
        }
    }
}
