//! Server-side printing: objects as the rows that kubectl shows.

use serde_json::{Value, json};

use crate::catalog::Resource;
use crate::object::{self, Object};

mod age;

/// A column: name, type, format, description, priority.
pub struct Column {
    pub name: String,
    pub kind: String,
    pub format: String,
    pub description: String,
    pub priority: i64,
}

pub fn render(resource: &Resource, metadata: Value, rows: Vec<Value>, columns: bool) -> Value {
    let definitions: Vec<Value> = if columns { columns_of(resource).iter().map(Column::json).collect() } else { Vec::new() };
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

impl Column {
    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.kind,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        })
    }
}

fn columns_of(_resource: &Resource) -> Vec<Column> {
    let column = |name: &str, format: &str| Column {
        name: name.into(),
        kind: "string".into(),
        format: format.into(),
        description: String::new(),
        priority: 0,
    };
    vec![column("Name", "name"), column("Age", "")]
}

/// The row of one object; `include` is the query's `includeObject`.
pub fn row(_resource: &Resource, object: Object, include: Option<&str>) -> Value {
    let cells = json!([object::name(&object), age::since(object::text(object::metadata(&object), "creationTimestamp"))]);
    let shown = match include {
        Some("None") => Value::Null,
        Some("Object") => Value::Object(object),
        _ => Value::Object(crate::verbs::present::partial(&object)),
    };
    if shown.is_null() { json!({ "cells": cells }) } else { json!({ "cells": cells, "object": shown }) }
}
