//! Go's types as far as a template can tell them apart: what `%T` and error messages call a value,
//! and what a function asks of its parameters.

use std::fmt;

/// A Go type. `Copy`, so that signatures can be constant tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `interface {}`: anything, nil included.
    Any,
    /// `reflect.Value`: anything; only the template's own functions ask for it.
    Reflect,
    Bool,
    String,
    Int(IntKind),
    Uint(UintKind),
    Float(FloatKind),
    Complex,
    /// `[]uint8`
    Bytes,
    List(Elem),
    /// A map with string keys.
    Map(Elem),
    /// A host object's type, such as `time.Time`.
    Named(&'static str),
}

/// Element types of the lists and maps that templates meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    Any,
    String,
    Int,
    Int64,
    Float64,
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
    /// `[]uint8`
    Bytes,
    /// `[]string`
    Strings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntKind {
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UintKind {
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatKind {
    Float32,
    Float64,
}

/// `reflect.Kind` of a value: the type with its name taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Invalid,
    Bool,
    String,
    Int(IntKind),
    Uint(UintKind),
    Float(FloatKind),
    Complex,
    Slice,
    Map,
    Struct,
    Ptr,
}

impl Type {
    pub const INT: Type = Type::Int(IntKind::Int);
    pub const INT64: Type = Type::Int(IntKind::Int64);
    pub const FLOAT64: Type = Type::Float(FloatKind::Float64);
    pub const LIST: Type = Type::List(Elem::Any);
    pub const STRINGS: Type = Type::List(Elem::String);
    pub const MAP: Type = Type::Map(Elem::Any);

    /// Whether an untyped nil may stand for a value of this type.
    pub fn can_be_nil(self) -> bool {
        match self {
            Type::Any | Type::Reflect | Type::Bytes | Type::List(_) | Type::Map(_) => true,
            Type::Named(name) => name.starts_with('*'),
            _ => false,
        }
    }
}

impl Elem {
    /// The element's own type.
    pub fn of(self) -> Type {
        match self {
            Elem::Any => Type::Any,
            Elem::String => Type::String,
            Elem::Int => Type::INT,
            Elem::Int64 => Type::INT64,
            Elem::Float64 => Type::FLOAT64,
            Elem::Map => Type::MAP,
            Elem::List => Type::LIST,
            Elem::Bytes => Type::Bytes,
            Elem::Strings => Type::STRINGS,
        }
    }
}

impl IntKind {
    pub fn name(self) -> &'static str {
        match self {
            IntKind::Int => "int",
            IntKind::Int8 => "int8",
            IntKind::Int16 => "int16",
            IntKind::Int32 => "int32",
            IntKind::Int64 => "int64",
        }
    }
}

impl UintKind {
    pub fn name(self) -> &'static str {
        match self {
            UintKind::Uint => "uint",
            UintKind::Uint8 => "uint8",
            UintKind::Uint16 => "uint16",
            UintKind::Uint32 => "uint32",
            UintKind::Uint64 => "uint64",
            UintKind::Uintptr => "uintptr",
        }
    }
}

impl FloatKind {
    pub fn name(self) -> &'static str {
        match self {
            FloatKind::Float32 => "float32",
            FloatKind::Float64 => "float64",
        }
    }
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Bool => "bool",
            Kind::String => "string",
            Kind::Int(kind) => kind.name(),
            Kind::Uint(kind) => kind.name(),
            Kind::Float(kind) => kind.name(),
            Kind::Complex => "complex128",
            Kind::Slice => "slice",
            Kind::Map => "map",
            Kind::Struct => "struct",
            Kind::Ptr => "ptr",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("interface {}"),
            Type::Reflect => f.write_str("reflect.Value"),
            Type::Bool => f.write_str("bool"),
            Type::String => f.write_str("string"),
            Type::Int(kind) => f.write_str(kind.name()),
            Type::Uint(kind) => f.write_str(kind.name()),
            Type::Float(kind) => f.write_str(kind.name()),
            Type::Complex => f.write_str("complex128"),
            Type::Bytes => f.write_str("[]uint8"),
            Type::List(elem) => write!(f, "[]{}", elem.of()),
            Type::Map(elem) => write!(f, "map[string]{}", elem.of()),
            Type::Named(name) => f.write_str(name),
        }
    }
}
