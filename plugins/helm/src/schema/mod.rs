//! `values.schema.json`: JSON Schema of the drafts 4, 6, 7, 2019-09 and 2020-12 over a chart's values.
//!
//! The texts of failures, and how they nest, are those of the library in Helm, which users know and tests match. That
//! is why this is a validator of its own rather than a crate. Nothing is fetched: a reference that leads out of the
//! schema is refused. Work and depth are bounded, so references that lead in circles come to an end.

mod basic;
mod collections;
mod document;
mod failure;
mod format;
mod keywords;

use serde_json::Value;
use thiserror::Error;
use windlass_gotemplate::Map;

use crate::chart::Chart;
use crate::convert;
use document::Document;

/// Values that a schema refuses; one block for each chart concerned.
#[derive(Debug, Error)]
#[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
pub struct SchemaError(String);

/// Checks the coalesced `values` of a chart and those of its subcharts.
pub(crate) fn validate(chart: &Chart, values: &Map) -> Result<(), SchemaError> {
    let report = report(chart, values);
    if report.is_empty() { Ok(()) } else { Err(SchemaError(report)) }
}

fn report(chart: &Chart, values: &Map) -> String {
    let mut report = String::new();
    if let Some(Err(reason)) = chart.schema.as_ref().map(|schema| check(schema.as_bytes(), values)) {
        report = format!("{}:\n{reason}", chart.name());
    }
    for subchart in &chart.dependencies {
        match values.get(subchart.name()) {
            None | Some(windlass_gotemplate::Value::Nil) => {}
            Some(windlass_gotemplate::Value::Map(values)) => report += &self::report(subchart, &values),
            Some(other) => {
                let found = other.type_of();
                let name = subchart.name();
                report += &format!("{name}:\ninvalid type for values: expected object (map), got {found}\n");
            }
        }
    }
    report
}

fn check(schema: &[u8], values: &Map) -> Result<(), String> {
    let schema: Value = serde_json::from_slice(schema).map_err(|error| error.to_string())?;
    let value = windlass_gotemplate::Value::from(values.shallow_copy());
    let values = convert::to_json(&value, 0).map_err(|error| error.to_string())?;
    let document = Document::new(&schema)?;
    keywords::validate(&document, &values).map_err(|failure| failure.to_string())
}

#[cfg(test)]
mod tests;
