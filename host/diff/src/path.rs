//! Places in an object, as comparisons name them: `spec.containers[0].image`, `metadata.labels["a/b"]`,
//! `spec.ports[{"port":80}]`.

use serde_json::Value;

/// A parsed place.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldPath(Vec<Step>);

/// One step down: a field by its name, or what stands in brackets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Field(String),
    /// A field in quotes, a list item by its index, by its value, or by the values of its key fields.
    Bracket(Value),
}

impl FieldPath {
    /// `None` where the text is no path.
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(bracket) = rest.strip_prefix('[') {
                let mut values = serde_json::Deserializer::from_str(bracket).into_iter::<Value>();
                steps.push(Step::Bracket(values.next()?.ok()?));
                rest = bracket.get(values.byte_offset()..)?.strip_prefix(']')?;
            } else {
                let plain = rest.strip_prefix('.').filter(|_| !steps.is_empty()).unwrap_or(rest);
                let end = plain.find(['.', '[']).unwrap_or(plain.len());
                let (name, after) = plain.split_at(end);
                if name.is_empty() {
                    return None;
                }
                steps.push(Step::Field(name.to_owned()));
                rest = after;
            }
        }
        Some(Self(steps))
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// What stands at the place.
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match value {
            Value::Object(map) => map.get(step.name()?),
            Value::Array(list) => list.get(step.position(list)?),
            _ => None,
        })
    }

    /// Takes away what stands at the place; a place that is not there needs nothing.
    pub fn remove(&self, value: &mut Value) {
        let Some((last, above)) = self.0.split_last() else { return };
        let parent = above.iter().try_fold(value, |value, step| match value {
            Value::Object(map) => map.get_mut(step.name()?),
            Value::Array(list) => {
                let place = step.position(list)?;
                list.get_mut(place)
            }
            _ => None,
        });
        match parent {
            Some(Value::Object(map)) => drop(last.name().and_then(|name| map.remove(name))),
            Some(Value::Array(list)) => {
                if let Some(place) = last.position(list) {
                    list.remove(place);
                }
            }
            _ => {}
        }
    }
}

impl Step {
    /// The field that the step names, on a map.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Field(name) => Some(name),
            Self::Bracket(value) => value.as_str(),
        }
    }

    /// The item that the step names, in a list.
    pub(crate) fn position(&self, list: &[Value]) -> Option<usize> {
        let Self::Bracket(wanted) = self else { return None };
        match wanted {
            Value::Number(index) => usize::try_from(index.as_u64()?).ok().filter(|index| *index < list.len()),
            Value::Object(keys) => {
                let fits = |item: &Value| keys.iter().all(|(name, value)| item.get(name) == Some(value));
                list.iter().position(fits)
            }
            value => list.iter().position(|item| item == value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object() -> Value {
        json!({"spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81}], "args": ["x", "y"]}, "labels": {"a.b/c": "d"}})
    }

    #[test]
    fn every_form_of_a_place_is_found() {
        let check = |path: &str, expected: Value| {
            assert_eq!(FieldPath::parse(path).unwrap().find(&object()), Some(&expected), "{path}");
        };
        check("spec.ports[0].name", json!("a"));
        check("spec.ports[{\"port\":81}]", json!({"port": 81}));
        check("spec.args[\"y\"]", json!("y"));
        check("labels[\"a.b/c\"]", json!("d"));
        check("", object());
    }

    #[test]
    fn a_place_that_is_not_there_is_not_found_and_no_place_is_not_parsed() {
        for path in ["spec.ports[2]", "spec.ports.name", "spec.args[\"z\"]", "labels[0]"] {
            assert_eq!(FieldPath::parse(path).unwrap().find(&object()), None, "{path}");
        }
        for path in ["spec..ports", "spec[", "spec[0", ".", "spec[x]"] {
            assert_eq!(FieldPath::parse(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_removed_is_gone_and_the_rest_stays() {
        let mut value = object();
        for path in ["spec.ports[{\"port\":80}]", "labels[\"a.b/c\"]", "spec.args[\"x\"]", "spec.none.there"] {
            FieldPath::parse(path).unwrap().remove(&mut value);
        }
        assert_eq!(value, json!({"spec": {"ports": [{"port": 81}], "args": ["y"]}, "labels": {}}));
    }
}
