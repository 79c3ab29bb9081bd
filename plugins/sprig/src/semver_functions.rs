//! `semver`, `semverCompare`, and the version object with its methods.

use std::any::Any;
use std::rc::Rc;

use windlass_gotemplate::{Execution, Failure, Functions, Kind, Object, UintKind, Value};

use crate::args::{STRING, STRING_STRING, string};
use crate::cache::Cache;
use crate::semver::{Constraints, Increment, Version};

pub(crate) fn register(functions: &mut Functions) {
    functions
        .add("semver", STRING, |_, args| Version::parse(&string(args, 0)).map(Value::object).map_err(Failure::new));
    let cache = Cache::default();
    functions.add("semverCompare", STRING_STRING, move |_, args| {
        let constraints =
            cache.get(&string(args, 0), |text| Constraints::parse(text).map(Rc::new)).map_err(Failure::new)?;
        let version = Version::parse(&string(args, 1)).map_err(Failure::new)?;
        Ok(constraints.check(&version).into())
    });
}

const METHODS: [&str; 17] = [
    "Major",
    "Minor",
    "Patch",
    "Prerelease",
    "Metadata",
    "Original",
    "String",
    "Compare",
    "LessThan",
    "LessThanEqual",
    "GreaterThan",
    "GreaterThanEqual",
    "Equal",
    "IncMajor",
    "IncMinor",
    "IncPatch",
    "SetPrerelease",
];

impl Object for Version {
    fn type_name(&self) -> &'static str {
        "*semver.Version"
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn has_method(&self, name: &str) -> bool {
        METHODS.contains(&name)
    }

    fn call(&self, name: &str, args: &[Value], _: &mut Execution) -> Result<Value, Failure> {
        let number = |number: u64| Value::Uint(number, UintKind::Uint64);
        Ok(match (name, args) {
            ("Major", []) => number(self.major),
            ("Minor", []) => number(self.minor),
            ("Patch", []) => number(self.patch),
            ("Prerelease", []) => self.prerelease.as_str().into(),
            ("Metadata", []) => self.metadata.as_str().into(),
            ("Original", []) => self.original.as_str().into(),
            ("String", []) => self.to_string().into(),
            ("IncMajor", []) => Value::object(self.increment(Increment::Major)),
            ("IncMinor", []) => Value::object(self.increment(Increment::Minor)),
            ("IncPatch", []) => Value::object(self.increment(Increment::Patch)),
            ("SetPrerelease", [Value::String(text)]) => {
                let version = Version { prerelease: text.to_string(), ..self.clone() };
                let original = version.to_string();
                Value::object(Version { original, ..version })
            }
            (_, [other]) => return self.compared(name, other),
            _ => return Err(Failure::new(format!("wrong number of args for {name}: want 1 got {}", args.len()))),
        })
    }

    fn display(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn json(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Version>();
        other.is_some_and(|other| self == other && self.original == other.original)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Version {
    fn compared(&self, name: &str, other: &Value) -> Result<Value, Failure> {
        let Some(other) = other.downcast::<Version>() else {
            let found = other.type_of();
            return Err(Failure::new(format!("wrong type for value; expected *semver.Version; got {found}")));
        };
        let order = self.cmp(other);
        Ok(match name {
            "Compare" => Value::int(order as i64),
            "LessThan" => order.is_lt().into(),
            "LessThanEqual" => order.is_le().into(),
            "GreaterThan" => order.is_gt().into(),
            "GreaterThanEqual" => order.is_ge().into(),
            _ => order.is_eq().into(),
        })
    }
}
