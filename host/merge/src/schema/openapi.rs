//! Schemas out of OpenAPI v3 documents, Kubernetes' own and those inside custom resource definitions.
//!
//! The reading of list and map types is that of the API server when it tracks field owners: a list is atomic unless
//! it says otherwise, a map is granular, an object without properties is free-form.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Field, ListRelation, ListType, MapRelation, MapType, Name, Patch, Scalar, Schema, Type, TypeId, Use};
use crate::value::{TooDeep, check_depth};

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const RAW_EXTENSION: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";

/// Kinds that stand in every group and are bodies of requests, not objects.
const SHARED_BODIES: [&str; 2] = ["DeleteOptions", "WatchEvent"];

/// Why an OpenAPI schema could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    #[error("{at}: unknown type {found:?}, expected object, array, string, integer, number or boolean")]
    UnknownType { at: String, found: String },
    #[error("{at}: unknown {extension} {found:?}")]
    UnknownExtension { at: String, extension: &'static str, found: String },
    #[error("{at}: x-kubernetes-list-type is map but x-kubernetes-list-map-keys is missing")]
    MissingMapKeys { at: String },
    #[error("type {name:?} is referred to but not defined")]
    Undefined { name: String },
}

impl Schema {
    /// Reads the `components.schemas` of published documents: name and schema of each type.
    pub fn from_openapi<'v>(models: impl IntoIterator<Item = (&'v str, &'v Value)>) -> Result<Schema, SchemaError> {
        let mut schema = Schema::default();
        for (name, model) in models {
            check_depth(model)?;
            let of = match name {
                QUANTITY => Type { scalar: Some(Scalar::Quantity), ..Type::default() },
                RAW_EXTENSION => schema.untyped_atomic(),
                _ => Reader { schema: &mut schema, at: name.to_owned(), preserve: false }.type_of(model)?,
            };
            let id = schema.define(Cow::Owned(name.to_owned()), of);
            schema.add_kinds(id, model);
        }
        schema.check_defined()?;
        Ok(schema)
    }

    /// Reads the `openAPIV3Schema` of one version of a custom resource definition.
    ///
    /// `apiVersion`, `kind` and the standard `metadata` are added as the API server adds them.
    pub fn from_structural(api_version: &str, kind: &str, model: &Value) -> Result<Schema, SchemaError> {
        check_depth(model)?;
        let mut schema = Schema::default();
        schema.adopt(Schema::builtin(), OBJECT_META);
        let of = Reader { schema: &mut schema, at: kind.to_owned(), preserve: false }.object(model, true)?;
        let name = format!("{api_version}.{kind}");
        let id = schema.define(Cow::Owned(name), of);
        schema.kinds.insert((Cow::Owned(api_version.to_owned()), Cow::Owned(kind.to_owned())), id);
        schema.check_defined()?;
        Ok(schema)
    }

    /// Copies a type and all it refers to out of another schema.
    fn adopt(&mut self, from: &Schema, name: &str) -> TypeId {
        let known = self.names.get(name).copied();
        let source = from.names.get(name).and_then(|id| from.types.get(id.0 as usize));
        match (known, source) {
            (Some(id), _) => id,
            (None, None) => self.any(),
            (None, Some(source)) => {
                let id = self.intern(Cow::Owned(name.to_owned()));
                let copy = self.adopt_type(from, source);
                if let Some(slot) = self.types.get_mut(id.0 as usize) {
                    *slot = copy;
                }
                id
            }
        }
    }

    fn adopt_type(&mut self, from: &Schema, source: &Type) -> Type {
        let mut copy = source.clone();
        if let Some(list) = &mut copy.list {
            list.element = self.adopt_use(from, list.element);
        }
        if let Some(map) = &mut copy.map {
            map.rest = map.rest.map(|rest| self.adopt_use(from, rest));
            for field in &mut map.fields {
                field.of = self.adopt_use(from, field.of);
            }
        }
        copy
    }

    fn adopt_use(&mut self, from: &Schema, of: Use) -> Use {
        let Some(source) = from.types.get(of.id.0 as usize) else { return of };
        let id = match &source.name {
            Some(name) => self.adopt(from, name),
            None if source.scalar.is_some() && source.map.is_some() => self.any(),
            None => {
                let copy = self.adopt_type(from, source);
                self.push(copy)
            }
        };
        Use { id, relation: of.relation }
    }

    fn add_kinds(&mut self, id: TypeId, model: &Value) {
        let kinds = model.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        for entry in kinds.into_iter().flatten() {
            let part = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let (group, version, kind) = (part("group"), part("version"), part("kind"));
            if SHARED_BODIES.contains(&kind) {
                continue;
            }
            let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
            self.kinds.insert((Cow::Owned(api_version), Cow::Owned(kind.to_owned())), id);
        }
    }

    pub(super) fn check_defined(&self) -> Result<(), SchemaError> {
        let undefined = self.types.iter().find(|of| of.scalar.is_none() && of.list.is_none() && of.map.is_none());
        match undefined {
            Some(of) => Err(SchemaError::Undefined { name: of.name.clone().unwrap_or_default().into_owned() }),
            None => Ok(()),
        }
    }

    /// Anything, replaced as a whole.
    pub(super) fn untyped_atomic(&mut self) -> Type {
        let element = Use::plain(self.any());
        let map = MapType { fields: Vec::new(), rest: Some(element), relation: MapRelation::Atomic };
        let list = ListType { element, relation: ListRelation::Atomic };
        Type { name: None, scalar: Some(Scalar::Untyped), list: Some(list), map: Some(map) }
    }
}

/// Reads one schema and all below it.
struct Reader<'s> {
    schema: &'s mut Schema,
    /// Where we are, for errors.
    at: String,
    /// Whether an enclosing schema keeps fields it does not declare.
    preserve: bool,
}

impl Reader<'_> {
    fn below(&mut self, name: &str) -> Reader<'_> {
        Reader { at: format!("{}.{name}", self.at), preserve: self.preserve, schema: self.schema }
    }

    fn place(&mut self, model: &Value) -> Result<Use, SchemaError> {
        let Some(reference) = reference(model) else {
            let of = self.type_of(model)?;
            return Ok(Use::plain(self.schema.push(of)));
        };
        let name = reference.rsplit('/').next().unwrap_or(reference).to_owned();
        let relation = self.map_relation(model)?;
        Ok(Use { id: self.schema.intern(Cow::Owned(name)), relation })
    }

    fn type_of(&mut self, model: &Value) -> Result<Type, SchemaError> {
        let format = text(model, "format");
        match text(model, "type") {
            "object" => self.object(model, flag(model, "x-kubernetes-embedded-resource")),
            "array" => Ok(Type { list: Some(self.list(model)?), ..Type::default() }),
            "" if flag(model, "x-kubernetes-int-or-string") || format == "int-or-string" => {
                Ok(Type { scalar: Some(Scalar::IntOrString), ..Type::default() })
            }
            "" => {
                Ok(Type { list: Some(self.list(model)?), scalar: Some(Scalar::Untyped), ..self.object(model, false)? })
            }
            other => match scalar(other, format) {
                Some(scalar) => Ok(Type { scalar: Some(scalar), ..Type::default() }),
                None => Err(SchemaError::UnknownType { at: self.at.clone(), found: other.to_owned() }),
            },
        }
    }

    fn list(&mut self, model: &Value) -> Result<ListType, SchemaError> {
        let relation = self.list_relation(model)?;
        let element = match model.get("items") {
            Some(items) => self.below("items").place(items)?,
            None => Use::plain(self.schema.any()),
        };
        Ok(ListType { element, relation })
    }

    fn list_relation(&self, model: &Value) -> Result<ListRelation, SchemaError> {
        match text(model, "x-kubernetes-list-type") {
            "" => Ok(patched_list_relation(model)),
            "atomic" => Ok(ListRelation::Atomic),
            "set" => Ok(ListRelation::Set),
            "map" => {
                let keys = model.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
                let keys = keys.ok_or_else(|| SchemaError::MissingMapKeys { at: self.at.clone() })?;
                let keys = keys.iter().filter_map(Value::as_str).map(|key| Cow::Owned(key.to_owned()));
                Ok(ListRelation::Map(keys.collect()))
            }
            found => Err(self.unknown("x-kubernetes-list-type", found)),
        }
    }

    fn map_relation(&self, model: &Value) -> Result<Option<MapRelation>, SchemaError> {
        match text(model, "x-kubernetes-map-type") {
            "" => Ok(None),
            "atomic" => Ok(Some(MapRelation::Atomic)),
            "granular" => Ok(Some(MapRelation::Granular)),
            found => Err(self.unknown("x-kubernetes-map-type", found)),
        }
    }

    fn unknown(&self, extension: &'static str, found: &str) -> SchemaError {
        SchemaError::UnknownExtension { at: self.at.clone(), extension, found: found.to_owned() }
    }

    /// The map side; `is_resource` adds the fields that every object has.
    fn object(&mut self, model: &Value, is_resource: bool) -> Result<Type, SchemaError> {
        self.preserve |= flag(model, "x-kubernetes-preserve-unknown-fields");
        let none = Map::new();
        let properties = model.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let mut fields = Vec::new();
        for (name, property) in properties {
            if is_resource && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                continue;
            }
            fields.push(self.field(name, property, model)?);
        }
        if is_resource {
            fields.extend(self.resource_fields());
        }
        fields.sort_by(|left, right| left.name.cmp(&right.name));
        let rest = self.rest(model, properties.is_empty())?;
        let relation = self.map_relation(model)?.unwrap_or(MapRelation::Granular);
        Ok(Type { map: Some(MapType { fields, rest, relation }), ..Type::default() })
    }

    fn field(&mut self, name: &str, property: &Value, parent: &Value) -> Result<Field, SchemaError> {
        let required = parent.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().any(|entry| entry.as_str() == Some(name));
        let of = self.below(name).place(property)?;
        let default = property.get("default").cloned();
        Ok(Field { name: Cow::Owned(name.to_owned()), of, required, default, patch: patch(property) })
    }

    fn resource_fields(&mut self) -> [Field; 3] {
        let meta = self.schema.intern(Name::Borrowed(OBJECT_META));
        let string = self.schema.push(Type { scalar: Some(Scalar::String), ..Type::default() });
        [("apiVersion", string), ("kind", string), ("metadata", meta)].map(|(name, id)| Field {
            name: Name::Borrowed(name),
            of: Use::plain(id),
            required: false,
            default: None,
            patch: Patch::default(),
        })
    }

    fn rest(&mut self, model: &Value, bare: bool) -> Result<Option<Use>, SchemaError> {
        match model.get("additionalProperties") {
            None if self.preserve || bare => Ok(Some(Use::plain(self.schema.any()))),
            None | Some(Value::Bool(false)) => Ok(None),
            Some(Value::Bool(true)) => Ok(Some(Use::plain(self.schema.any()))),
            Some(values) => self.below("additionalProperties").place(values).map(Some),
        }
    }
}

fn text<'v>(model: &'v Value, key: &str) -> &'v str {
    model.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn flag(model: &Value, key: &str) -> bool {
    model.get(key).and_then(Value::as_bool).unwrap_or_default()
}

/// The reference itself, or the one inside an `allOf` that only exists to carry a default beside it.
fn reference(model: &Value) -> Option<&str> {
    let wrapped = || match model.get("allOf")?.as_array()?.as_slice() {
        [only] => only.get("$ref")?.as_str(),
        _ => None,
    };
    model.get("$ref").and_then(Value::as_str).or_else(wrapped)
}

fn scalar(of: &str, format: &str) -> Option<Scalar> {
    match (of, format) {
        ("string", "byte") => Some(Scalar::Byte),
        ("string", "date-time") => Some(Scalar::DateTime),
        ("string", "int-or-string") => Some(Scalar::IntOrString),
        ("string", _) => Some(Scalar::String),
        ("integer", "int32") => Some(Scalar::Int32),
        ("integer", "int64") => Some(Scalar::Int64),
        ("integer", _) => Some(Scalar::Integer),
        ("number", "double") => Some(Scalar::Double),
        ("number", _) => Some(Scalar::Number),
        ("boolean", _) => Some(Scalar::Boolean),
        _ => None,
    }
}

/// Lists that only state how strategic patches merge them are tracked the same way.
fn patched_list_relation(model: &Value) -> ListRelation {
    let patch = patch(model);
    match (patch.merge, patch.merge_key) {
        (true, Some(key)) => ListRelation::Map(vec![key]),
        (true, None) => ListRelation::Set,
        (false, _) => ListRelation::Atomic,
    }
}

fn patch(model: &Value) -> Patch {
    let mut patch = Patch::default();
    for strategy in text(model, "x-kubernetes-patch-strategy").split(',') {
        match strategy {
            "merge" => patch.merge = true,
            "retainKeys" => patch.retain_keys = true,
            "replace" => patch.replace = true,
            _ => {}
        }
    }
    let key = text(model, "x-kubernetes-patch-merge-key");
    patch.merge_key = (!key.is_empty()).then(|| Cow::Owned(key.to_owned()));
    patch
}
