//! Server-side printing: objects as the rows that kubectl shows.
//!
//! Built-in kinds have their columns in the files of this folder, as the real server prints them; custom
//! resources print what their CRD says; anything else its name and age.

mod access;
mod age;
mod cells;
mod config;
mod custom;
mod network;
mod nodes;
mod storage;
mod workloads;

use serde_json::{Value, json};

use crate::catalog::Resource;
use crate::object::Object;
use cells::View;

/// A column as a literal: name, priority (0 is always shown, 1 with `-o wide`), and how it is filled.
pub(crate) struct Column {
    name: &'static str,
    kind: &'static str,
    priority: u8,
    fill: fn(&View<'_>) -> Value,
}

const fn column(name: &'static str, fill: fn(&View<'_>) -> Value) -> Column {
    Column { name, kind: "string", priority: 0, fill }
}

impl Column {
    const fn wide(mut self) -> Self {
        self.priority = 1;
        self
    }

    const fn date(mut self) -> Self {
        self.kind = "date";
        self
    }

    const fn boolean(mut self) -> Self {
        self.kind = "boolean";
        self
    }

    const fn integer(mut self) -> Self {
        self.kind = "integer";
        self
    }

    fn definition(&self) -> Value {
        let format = if self.name == "Name" { "name" } else { "" };
        json!({ "name": self.name, "type": self.kind, "format": format, "description": "", "priority": self.priority })
    }
}

const NAME: Column = column("Name", |view| view.name());
const AGE: Column = column("Age", |view| view.age());
const PLAIN: &[Column] = &[NAME, AGE];

fn builtin(resource: &Resource) -> &'static [Column] {
    let key = (resource.group.as_str(), resource.plural.as_str());
    workloads::columns(key)
        .or_else(|| network::columns(key))
        .or_else(|| config::columns(key))
        .or_else(|| storage::columns(key))
        .or_else(|| access::columns(key))
        .or_else(|| nodes::columns(key))
        .unwrap_or(PLAIN)
}

pub fn render(resource: &Resource, metadata: Value, rows: Vec<Value>, columns: bool) -> Value {
    let definitions = match &resource.custom {
        _ if !columns => Value::Null,
        Some(version) => custom::definitions(version).into(),
        None => builtin(resource).iter().map(Column::definition).collect(),
    };
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

/// The row of one object; `include` is the query's `includeObject`.
pub fn row(resource: &Resource, object: Object, include: Option<&str>) -> Value {
    let cells: Vec<Value> = match &resource.custom {
        Some(version) => custom::cells(version, &object),
        None => builtin(resource).iter().map(|column| (column.fill)(&View(&object))).collect(),
    };
    let shown = match include {
        Some("None") => Value::Null,
        Some("Object") => Value::Object(object),
        _ => Value::Object(crate::verbs::present::partial(&object)),
    };
    json!({ "cells": cells, "object": shown })
}

/// A Scale, whose columns are the same for whatever it scales.
pub fn scale(shown: &Object) -> Value {
    let view = View(shown);
    let column =
        |name: &str, kind: &str| json!({ "name": name, "type": kind, "format": "", "description": "", "priority": 0 });
    let columns = [("Name", "string"), ("Desired", "integer"), ("Available", "integer"), ("Age", "string")];
    let cells = json!([view.name(), shown["spec"]["replicas"], shown["status"]["replicas"], view.age()]);
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": { "resourceVersion": crate::object::resource_version(shown) },
        "columnDefinitions": columns.map(|(name, kind)| column(name, kind)),
        "rows": [{ "cells": cells, "object": crate::verbs::present::partial(shown) }],
    })
}
