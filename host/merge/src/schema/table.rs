//! The committed table of Kubernetes' own types: plain lines, one type or field each, written and read here.
//!
//! `%name` opens a struct (`%name !` an atomic one), `%name = type` names any other type, `=version kind` states what
//! the type above stands for, every other line is a field: name, type, then `!` required, `+strategy`, `@key` and
//! last `=default`. Types: a scalar's word, `[]T` atomic list, `[*]T` set, `[a,b]T` map list with its keys, `{}T`
//! granular map, `{!}T` atomic map, `#name` a reference (`#!`, `#~`: made atomic, granular here), `any`, `raw`.

use std::borrow::Cow;

use super::openapi::SchemaError;
use super::{Field, ListRelation, ListType, MapRelation, MapType, Name, Patch, Scalar, Schema, Type, TypeId, Use};

const SCALARS: [(&str, Scalar); 12] = [
    ("string", Scalar::String),
    ("bytes", Scalar::Byte),
    ("time", Scalar::DateTime),
    ("integer", Scalar::Integer),
    ("int32", Scalar::Int32),
    ("int64", Scalar::Int64),
    ("number", Scalar::Number),
    ("double", Scalar::Double),
    ("bool", Scalar::Boolean),
    ("int-or-string", Scalar::IntOrString),
    ("quantity", Scalar::Quantity),
    ("untyped", Scalar::Untyped),
];

/// A line of the table that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("line {line} of the schema table: {problem}")]
    Line { line: usize, problem: &'static str },
    #[error(transparent)]
    Incomplete(#[from] SchemaError),
}

impl Schema {
    /// Reads a table written by [`Schema::to_table`]; names borrow from it.
    pub fn from_table(table: &'static str) -> Result<Schema, TableError> {
        let mut reader = Reader { schema: Schema::default(), any: None, current: None };
        for (index, line) in table.lines().enumerate() {
            reader.line(line).map_err(|problem| TableError::Line { line: index + 1, problem })?;
        }
        reader.close();
        reader.schema.check_defined()?;
        Ok(reader.schema)
    }

    /// Writes every named type as a table, sorted by name.
    pub fn to_table(&self) -> String {
        let mut named: Vec<(&Name, &TypeId)> = self.names.iter().collect();
        named.sort_by_key(|(name, _)| *name);
        let mut out = String::new();
        for (name, id) in named {
            if let Some(of) = self.types.get(id.0 as usize) {
                self.write_type(&mut out, name, *id, of);
            }
        }
        out
    }

    fn write_type(&self, out: &mut String, name: &str, id: TypeId, of: &Type) {
        let is_struct = of.scalar.is_none() && of.map.as_ref().is_some_and(|map| map.rest.is_none());
        let atomic = of.map.as_ref().is_some_and(|map| map.relation == MapRelation::Atomic);
        match (is_struct, atomic) {
            (true, true) => line(out, format_args!("%{name} !")),
            (true, false) => line(out, format_args!("%{name}")),
            (false, _) => line(out, format_args!("%{name} = {}", self.inline(of))),
        }
        for ((version, kind), _) in self.kinds.iter().filter(|(_, of)| **of == id) {
            line(out, format_args!("={version} {kind}"));
        }
        let fields = of.map.iter().filter(|_| is_struct).flat_map(|map| &map.fields);
        for field in fields {
            line(out, format_args!("{} {}{}", field.name, self.expression(field.of), attributes(field)));
        }
    }

    fn expression(&self, of: Use) -> String {
        let Some(target) = self.types.get(of.id.0 as usize) else { return String::new() };
        match (&target.name, of.relation) {
            (Some(name), None) => format!("#{name}"),
            (Some(name), Some(MapRelation::Atomic)) => format!("#!{name}"),
            (Some(name), Some(MapRelation::Granular)) => format!("#~{name}"),
            (None, _) => self.inline(target),
        }
    }

    fn inline(&self, of: &Type) -> String {
        match (of.scalar, &of.list, &of.map) {
            (Some(_), Some(_), Some(map)) if map.relation == MapRelation::Atomic => "raw".to_owned(),
            (Some(_), Some(_), Some(_)) => "any".to_owned(),
            (Some(scalar), _, _) => word(scalar).to_owned(),
            (None, Some(list), _) => format!("[{}]{}", list_mark(&list.relation), self.expression(list.element)),
            (None, None, Some(map)) => {
                let mark = if map.relation == MapRelation::Atomic { "!" } else { "" };
                format!("{{{mark}}}{}", map.rest.map(|rest| self.expression(rest)).unwrap_or_default())
            }
            (None, None, None) => String::new(),
        }
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
    out.push('\n');
}

fn word(scalar: Scalar) -> &'static str {
    SCALARS.iter().find(|(_, entry)| *entry == scalar).map_or("untyped", |(word, _)| word)
}

fn list_mark(relation: &ListRelation) -> String {
    match relation {
        ListRelation::Atomic => String::new(),
        ListRelation::Set => "*".to_owned(),
        ListRelation::Map(keys) => keys.join(","),
    }
}

fn attributes(field: &Field) -> String {
    let patch = &field.patch;
    let marks = [(field.required, " !"), (patch.merge, " +merge"), (patch.retain_keys, " +retainKeys")];
    let mut out: String = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark).collect();
    if patch.replace {
        out.push_str(" +replace");
    }
    if let Some(key) = &patch.merge_key {
        out.push_str(" @");
        out.push_str(key);
    }
    if let Some(default) = &field.default {
        out.push_str(" =");
        out.push_str(&default.to_string());
    }
    out
}

struct Reader {
    schema: Schema,
    /// One free-form type serves all uses.
    any: Option<TypeId>,
    /// The type whose kinds and fields follow.
    current: Option<(TypeId, MapType)>,
}

impl Reader {
    fn line(&mut self, line: &'static str) -> Result<(), &'static str> {
        match line.as_bytes() {
            [] | [b'/', ..] => Ok(()),
            [b'%', ..] => self.open(&line[1..]),
            [b'=', ..] => self.kind(&line[1..]),
            _ => self.field(line),
        }
    }

    fn open(&mut self, text: &'static str) -> Result<(), &'static str> {
        self.close();
        let mut map = MapType { fields: Vec::new(), rest: None, relation: MapRelation::Granular };
        let id = match text.split_once(' ') {
            None => self.schema.intern(Name::Borrowed(text)),
            Some((name, "!")) => {
                map.relation = MapRelation::Atomic;
                self.schema.intern(Name::Borrowed(name))
            }
            Some((name, rest)) => {
                let of = self.inline(rest.strip_prefix("= ").ok_or("expected '!' or '= type' after the name")?)?;
                let id = self.schema.define(Name::Borrowed(name), of);
                self.current = Some((id, map));
                return Ok(());
            }
        };
        self.schema.types[id.0 as usize].map = Some(map.clone());
        self.current = Some((id, map));
        Ok(())
    }

    /// Stores the fields collected for the open struct.
    fn close(&mut self) {
        if let Some((id, map)) = self.current.take()
            && let Some(of) = self.schema.types.get_mut(id.0 as usize)
            && !map.fields.is_empty()
        {
            of.map = Some(map);
        }
    }

    fn kind(&mut self, text: &'static str) -> Result<(), &'static str> {
        let (version, kind) = text.split_once(' ').ok_or("expected a version and a kind")?;
        let (id, _) = self.current.as_ref().ok_or("a kind before the first type")?;
        self.schema.kinds.insert((Name::Borrowed(version), Name::Borrowed(kind)), *id);
        Ok(())
    }

    fn field(&mut self, text: &'static str) -> Result<(), &'static str> {
        let (name, rest) = text.split_once(' ').ok_or("expected a name and a type")?;
        let (of, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut field = Field {
            name: Name::Borrowed(name),
            of: self.place(of)?,
            required: false,
            default: None,
            patch: Patch::default(),
        };
        while !rest.is_empty() {
            if let Some(default) = rest.strip_prefix('=') {
                field.default = Some(serde_json::from_str(default).map_err(|_| "the default is not JSON")?);
                break;
            }
            let (mark, after) = rest.split_once(' ').unwrap_or((rest, ""));
            mark_field(&mut field, mark)?;
            rest = after;
        }
        let (_, map) = self.current.as_mut().ok_or("a field before the first type")?;
        map.fields.push(field);
        Ok(())
    }

    fn place(&mut self, text: &'static str) -> Result<Use, &'static str> {
        if let Some(name) = text.strip_prefix('#') {
            let (name, relation) = match name.as_bytes() {
                [b'!', ..] => (&name[1..], Some(MapRelation::Atomic)),
                [b'~', ..] => (&name[1..], Some(MapRelation::Granular)),
                _ => (name, None),
            };
            return Ok(Use { id: self.schema.intern(Name::Borrowed(name)), relation });
        }
        if text == "any" {
            return Ok(Use::plain(self.any()));
        }
        let of = self.inline(text)?;
        Ok(Use::plain(self.schema.push(of)))
    }

    fn any(&mut self) -> TypeId {
        *self.any.get_or_insert_with(|| self.schema.any())
    }

    fn inline(&mut self, text: &'static str) -> Result<Type, &'static str> {
        if let Some((mark, element)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let list = ListType { relation: read_list_mark(mark), element: self.place(element)? };
            return Ok(Type { list: Some(list), ..Type::default() });
        }
        if let Some((mark, rest)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            let relation = if mark == "!" { MapRelation::Atomic } else { MapRelation::Granular };
            let map = MapType { fields: Vec::new(), rest: Some(self.place(rest)?), relation };
            return Ok(Type { map: Some(map), ..Type::default() });
        }
        match text {
            "raw" => Ok(self.schema.untyped_atomic()),
            "any" => {
                let id = self.any();
                Ok(self.schema.types[id.0 as usize].clone())
            }
            _ => {
                let found = SCALARS.iter().find(|(word, _)| *word == text).ok_or("unknown type")?;
                Ok(Type { scalar: Some(found.1), ..Type::default() })
            }
        }
    }
}

fn mark_field(field: &mut Field, mark: &'static str) -> Result<(), &'static str> {
    match mark {
        "!" => field.required = true,
        "+merge" => field.patch.merge = true,
        "+retainKeys" => field.patch.retain_keys = true,
        "+replace" => field.patch.replace = true,
        _ => field.patch.merge_key = Some(Cow::Borrowed(mark.strip_prefix('@').ok_or("unknown field mark")?)),
    }
    Ok(())
}

fn read_list_mark(mark: &'static str) -> ListRelation {
    match mark {
        "" => ListRelation::Atomic,
        "*" => ListRelation::Set,
        keys => ListRelation::Map(keys.split(',').map(Cow::Borrowed).collect()),
    }
}
