//! What each type is made of and how its lists and maps merge.
//!
//! One [`Schema`] is an arena of types; [`TypeRef`] is a cheap handle into it. The types of Kubernetes itself come
//! from a committed table ([`Schema::builtin`]), those of custom resources from their definition
//! ([`Schema::from_structural`]); both end in the same shape, so every walk is written once.

mod openapi;
mod table;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::Value;

pub use openapi::SchemaError;
pub use table::TableError;

type Name = Cow<'static, str>;

/// Types by name and by the group, version and kind they stand for.
#[derive(Debug, Default)]
pub struct Schema {
    types: Vec<Type>,
    names: HashMap<Name, TypeId>,
    kinds: BTreeMap<(Name, Name), TypeId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TypeId(u32);

/// What a value of this type may be: more than one of the three for types that take anything.
#[derive(Debug, Default, Clone, PartialEq)]
struct Type {
    name: Option<Name>,
    scalar: Option<Scalar>,
    list: Option<ListType>,
    map: Option<MapType>,
}

/// The kinds of leaf that the published documents tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    String,
    /// Base64 text.
    Byte,
    /// RFC 3339 text.
    DateTime,
    Integer,
    Int32,
    Int64,
    Number,
    Double,
    Boolean,
    IntOrString,
    /// A resource amount: text or a number.
    Quantity,
    Untyped,
}

#[derive(Debug, Clone, PartialEq)]
struct ListType {
    element: Use,
    relation: ListRelation,
}

/// How two versions of a list become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListRelation {
    /// Replaced as a whole.
    Atomic,
    /// Scalars, each its own identity.
    Set,
    /// Maps, told apart by these fields.
    Map(Vec<Cow<'static, str>>),
}

/// How two versions of a map become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapRelation {
    Granular,
    Atomic,
}

#[derive(Debug, Clone, PartialEq)]
struct MapType {
    /// Sorted by name.
    fields: Vec<Field>,
    /// The type of every key that is not a declared field; `None` refuses such keys.
    rest: Option<Use>,
    relation: MapRelation,
}

/// A type at the place where it is used: the place may override how its map merges.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Use {
    id: TypeId,
    relation: Option<MapRelation>,
}

#[derive(Debug, Clone, PartialEq)]
struct Field {
    name: Name,
    of: Use,
    required: bool,
    default: Option<Value>,
    patch: Patch,
}

/// The strategic merge patch attributes of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Lists merge by item and maps by key instead of being replaced.
    pub merge: bool,
    /// Keys that the patch does not name are removed.
    pub retain_keys: bool,
    /// Maps are replaced instead of being merged.
    pub replace: bool,
    /// The field that tells the items of a merging list of maps apart.
    pub merge_key: Option<Cow<'static, str>>,
}

impl Schema {
    /// The types of Kubernetes 1.37, read from the committed table on first use.
    pub fn builtin() -> &'static Schema {
        static BUILTIN: LazyLock<Schema> = LazyLock::new(|| {
            // The table is generated and a test reads it back: a fault in it cannot reach a release.
            Schema::from_table(include_str!("kubernetes.txt")).unwrap_or_default()
        });
        &BUILTIN
    }

    /// A schema in which every value is free-form: granular maps, atomic lists.
    pub fn untyped() -> &'static Schema {
        static UNTYPED: LazyLock<Schema> = LazyLock::new(|| {
            let mut schema = Schema::default();
            schema.any();
            schema
        });
        &UNTYPED
    }

    /// The type of [`Schema::untyped`].
    pub fn any_type() -> TypeRef<'static> {
        Schema::untyped().type_ref(Use::plain(TypeId(0)))
    }

    /// The type of objects with this `apiVersion` and `kind`.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<TypeRef<'_>> {
        let key = (Name::Owned(api_version.to_owned()), Name::Owned(kind.to_owned()));
        self.kinds.get(&key).map(|id| self.type_ref(Use::plain(*id)))
    }

    /// The type of this object, by the `apiVersion` and `kind` it states.
    pub fn of(&self, object: &Value) -> Option<TypeRef<'_>> {
        self.kind(object.get("apiVersion")?.as_str()?, object.get("kind")?.as_str()?)
    }

    /// The type with this full name, such as `io.k8s.api.core.v1.Container`.
    pub fn named(&self, name: &str) -> Option<TypeRef<'_>> {
        self.names.get(name).map(|id| self.type_ref(Use::plain(*id)))
    }

    /// Every `apiVersion` and `kind` with its type, in order.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str, TypeRef<'_>)> {
        self.kinds.iter().map(|((version, kind), id)| (version.as_ref(), kind.as_ref(), self.type_ref(Use::plain(*id))))
    }

    /// Every type that has a name, in the order of the table.
    pub fn types(&self) -> impl Iterator<Item = TypeRef<'_>> {
        let ids = 0..u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        ids.map(|id| self.type_ref(Use::plain(TypeId(id)))).filter(|of| of.name().is_some())
    }

    fn type_ref(&self, of: Use) -> TypeRef<'_> {
        TypeRef { schema: self, of }
    }

    fn push(&mut self, of: Type) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(of);
        id
    }

    /// The id of a name, reserved when the definition comes later.
    fn intern(&mut self, name: Name) -> TypeId {
        if let Some(id) = self.names.get(&name) {
            return *id;
        }
        let id = self.push(Type { name: Some(name.clone()), ..Type::default() });
        self.names.insert(name, id);
        id
    }

    fn define(&mut self, name: Name, of: Type) -> TypeId {
        let id = self.intern(name.clone());
        if let Some(slot) = self.types.get_mut(id.0 as usize) {
            *slot = Type { name: Some(name), ..of };
        }
        id
    }

    /// A free-form type: scalars, atomic lists, and maps whose values are free-form again.
    fn any(&mut self) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        let map = MapType { fields: Vec::new(), rest: Some(Use::plain(id)), relation: MapRelation::Granular };
        let list = ListType { element: Use::plain(id), relation: ListRelation::Atomic };
        self.push(Type { name: None, scalar: Some(Scalar::Untyped), list: Some(list), map: Some(map) })
    }
}

impl Use {
    fn plain(id: TypeId) -> Self {
        Use { id, relation: None }
    }
}

impl Scalar {
    /// Whether a value of this scalar may be a JSON number.
    pub fn takes_number(self) -> bool {
        !matches!(self, Scalar::String | Scalar::Byte | Scalar::DateTime | Scalar::Boolean)
    }

    /// Whether a value of this scalar may be a JSON string.
    pub fn takes_string(self) -> bool {
        let text = matches!(self, Scalar::String | Scalar::Byte | Scalar::DateTime);
        text || matches!(self, Scalar::IntOrString | Scalar::Quantity | Scalar::Untyped)
    }

    /// Whether a value of this scalar may be a JSON boolean.
    pub fn takes_boolean(self) -> bool {
        matches!(self, Scalar::Boolean | Scalar::Untyped)
    }
}

/// A type of a [`Schema`].
#[derive(Clone, Copy)]
pub struct TypeRef<'s> {
    schema: &'s Schema,
    of: Use,
}

/// The list side of a type.
#[derive(Clone, Copy)]
pub struct ListRef<'s> {
    schema: &'s Schema,
    list: &'s ListType,
}

/// The map side of a type.
#[derive(Clone, Copy)]
pub struct MapRef<'s> {
    schema: &'s Schema,
    map: &'s MapType,
    relation: MapRelation,
}

/// A declared field of a map.
#[derive(Clone, Copy)]
pub struct FieldRef<'s> {
    schema: &'s Schema,
    field: &'s Field,
}

impl<'s> TypeRef<'s> {
    fn get(self) -> Option<&'s Type> {
        self.schema.types.get(self.of.id.0 as usize)
    }

    /// The full name, if the type is not written in place.
    pub fn name(self) -> Option<&'s str> {
        self.get()?.name.as_deref()
    }

    /// The scalar that a value may be.
    pub fn scalar(self) -> Option<Scalar> {
        self.get()?.scalar
    }

    /// The list that a value may be.
    pub fn list(self) -> Option<ListRef<'s>> {
        let list = self.get()?.list.as_ref()?;
        Some(ListRef { schema: self.schema, list })
    }

    /// The map or struct that a value may be.
    pub fn map(self) -> Option<MapRef<'s>> {
        let map = self.get()?.map.as_ref()?;
        Some(MapRef { schema: self.schema, map, relation: self.of.relation.unwrap_or(map.relation) })
    }

    /// A declared field of the map side.
    pub fn field(self, name: &str) -> Option<FieldRef<'s>> {
        self.map()?.field(name)
    }
}

impl<'s> ListRef<'s> {
    pub fn element(self) -> TypeRef<'s> {
        self.schema.type_ref(self.list.element)
    }

    pub fn relation(self) -> &'s ListRelation {
        &self.list.relation
    }
}

impl<'s> MapRef<'s> {
    /// The declared fields, sorted by name.
    pub fn fields(self) -> impl Iterator<Item = FieldRef<'s>> {
        self.map.fields.iter().map(move |field| FieldRef { schema: self.schema, field })
    }

    pub fn field(self, name: &str) -> Option<FieldRef<'s>> {
        let place = self.map.fields.binary_search_by(|field| field.name.as_ref().cmp(name)).ok()?;
        self.map.fields.get(place).map(|field| FieldRef { schema: self.schema, field })
    }

    /// The type of keys that are not declared; `None` when such keys are refused.
    pub fn rest(self) -> Option<TypeRef<'s>> {
        self.map.rest.map(|of| self.schema.type_ref(of))
    }

    /// The type under this key, declared or not.
    pub fn child(self, name: &str) -> Option<TypeRef<'s>> {
        self.field(name).map(FieldRef::of).or_else(|| self.rest())
    }

    pub fn relation(self) -> MapRelation {
        self.relation
    }
}

impl<'s> FieldRef<'s> {
    pub fn name(self) -> &'s str {
        &self.field.name
    }

    pub fn of(self) -> TypeRef<'s> {
        self.schema.type_ref(self.field.of)
    }

    pub fn required(self) -> bool {
        self.field.required
    }

    pub fn default(self) -> Option<&'s Value> {
        self.field.default.as_ref()
    }

    pub fn patch(self) -> &'s Patch {
        &self.field.patch
    }
}
