//! Walks over a value guided by its type: validation, owned fields, merging, comparing, removing.
//!
//! Types that take several shapes are settled by the value at hand; a null takes whatever shape the type has first.

mod compare;
mod element;
mod extract;
mod field_set;
mod merge;
mod reconcile;
mod validate;

use serde_json::Value;

pub use compare::{Comparison, compare};
pub(crate) use element::list_element;
pub use extract::{extract, remove};
pub use field_set::field_set;
pub use merge::merge;
pub use reconcile::reconcile;
pub use validate::{Duplicates, ValidationError, ValidationErrors, validate};

use crate::schema::{ListRef, MapRef, Scalar, TypeRef};

/// The side of a type that a value takes.
#[derive(Clone, Copy)]
enum Shape<'s> {
    Map(MapRef<'s>),
    Scalar(Scalar),
    List(ListRef<'s>),
}

/// Picks the side of the type for this value; when none fits, the first that the type has.
fn shape<'s>(of: TypeRef<'s>, value: Option<&Value>) -> Option<Shape<'s>> {
    let (map, scalar, list) = (of.map().map(Shape::Map), of.scalar().map(Shape::Scalar), of.list().map(Shape::List));
    let fitting = match value {
        None | Some(Value::Null) => None,
        Some(Value::Object(_)) => map,
        Some(Value::Array(_)) => list,
        Some(_) => scalar,
    };
    fitting.or(map).or(scalar).or(list)
}

impl Shape<'_> {
    fn same_side(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
