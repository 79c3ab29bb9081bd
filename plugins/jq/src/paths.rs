//! The places that a jq expression names in a value, and their removal.
//!
//! They are taken out here and not by jaq's `del`, which removes one after the other and so hits other items of
//! a list than jq does, and makes objects on the way to what is not there.

use jaq_core::{Ctx, Vars, unwrap_valr};
use jaq_json::read;
use serde_json::Value;

use crate::language::{Data, compile};

/// One step of a path, as jq writes it: a name, an index, or `{"start", "end"}`.
type Path = Vec<Value>;

/// Every path that the expression names, or why it cannot be carried out. One error spoils all of it.
pub(crate) fn named(expression: &str, value: &Value) -> Result<Vec<Path>, String> {
    // A comment at its end must not swallow the bracket.
    let filter = compile(&format!("def test(re): test(re; null); path(\n{expression}\n)"))?;
    let input = read::parse_single(value.to_string().as_bytes()).map_err(|error| error.to_string())?;
    let context = Ctx::<Data>::new(&filter.lut, Vars::new([]));
    filter
        .id
        .run((context, input))
        .map(unwrap_valr)
        .map(|path| match path {
            Ok(path) => serde_json::from_str(&path.to_string()).map_err(|_| "names no path".to_owned()),
            Err(error) => Err(error.to_string()),
        })
        .collect()
}

/// Removes what the paths name. What is not there is no matter.
pub(crate) fn remove(value: &mut Value, mut paths: Vec<Path>) {
    // The last item of a list first, so that the others keep their places; and each once.
    paths.sort_by_key(|path| std::cmp::Reverse(rank(path)));
    paths.dedup();
    for path in paths {
        remove_one(value, &path);
    }
}

/// Indices by their number, names by their text.
fn rank(path: &Path) -> Vec<(i64, String)> {
    let step = |step: &Value| match step {
        Value::String(name) => (0, name.clone()),
        Value::Object(slice) => (slice.get("start").and_then(Value::as_i64).unwrap_or(0), String::new()),
        index => (index.as_i64().unwrap_or(0), String::new()),
    };
    path.iter().map(step).collect()
}

fn remove_one(value: &mut Value, path: &[Value]) {
    let Some((step, rest)) = path.split_first() else {
        *value = Value::Null;
        return;
    };
    match (value, step) {
        (Value::Object(map), Value::String(name)) if rest.is_empty() => drop(map.remove(name)),
        (Value::Object(map), Value::String(name)) => {
            if let Some(inner) = map.get_mut(name) {
                remove_one(inner, rest);
            }
        }
        (Value::Array(list), Value::Object(slice)) if rest.is_empty() => {
            let bound = |name: &str, default| place(list.len(), slice.get(name)).unwrap_or(default);
            let (start, end) = (bound("start", 0), bound("end", list.len()));
            list.drain(start.min(end)..end);
        }
        (Value::Array(list), index) => {
            let Some(at) = place(list.len(), Some(index)).filter(|at| *at < list.len()) else { return };
            if rest.is_empty() {
                list.remove(at);
            } else {
                remove_one(&mut list[at], rest);
            }
        }
        _ => {}
    }
}

/// A place in a list; below zero it counts from the end.
fn place(length: usize, index: Option<&Value>) -> Option<usize> {
    let index = index?.as_i64()?;
    let length = i64::try_from(length).ok()?;
    usize::try_from(if index < 0 { (length + index).max(0) } else { index.min(length) }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(expression: &str, left: Value) {
        let mut value = json!({
            "spec": {"replicas": 3, "list": ["a", "b", "c", "d"], "containers": [
                {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                {"name": "side", "image": "side:1"},
            ]},
        });
        let named = named(expression, &value).unwrap_or_else(|problem| panic!("{expression}: {problem}"));
        remove(&mut value, named);
        assert_eq!(value["spec"], left, "{expression}");
    }

    fn spec(change: impl FnOnce(&mut Value)) -> Value {
        let mut spec = json!({"replicas": 3, "list": ["a", "b", "c", "d"], "containers": [
            {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"name": "side", "image": "side:1"},
        ]});
        change(&mut spec);
        spec
    }

    #[test]
    fn what_an_expression_names_is_taken_out() {
        check(".spec.replicas", spec(|spec| drop(spec.as_object_mut().map(|map| map.remove("replicas")))));
        check(
            ".spec.containers[] | select(.name == \"web\") | .env[] | select(.name | startswith(\"A\"))",
            spec(|spec| spec["containers"][0]["env"] = json!([{"name": "B", "value": "2"}])),
        );
        check(".spec.list[0, 1]", spec(|spec| spec["list"] = json!(["c", "d"])));
        check(".spec.list[1:3]", spec(|spec| spec["list"] = json!(["a", "d"])));
        check(".spec.list[-1] # the last", spec(|spec| spec["list"] = json!(["a", "b", "c"])));
        check(
            ".spec.containers[].image",
            spec(|spec| {
                for container in spec["containers"].as_array_mut().into_iter().flatten() {
                    container.as_object_mut().map(|map| map.remove("image"));
                }
            }),
        );
        check(".spec.list[] | select(test(\"^[b-c]$\"))", spec(|spec| spec["list"] = json!(["a", "d"])));
    }

    #[test]
    fn what_is_not_there_leaves_everything_as_it_is() {
        check(".spec.nothing.deeper", spec(|_| {}));
        check(".metadata.annotations[\"a/b\"]", spec(|_| {}));
        check(".spec.missing[]?", spec(|_| {}));
    }

    #[test]
    fn an_expression_that_fails_is_told_and_not_carried_out() {
        for bad in [".spec[", "nonsense(.a)", ".spec.missing[]", "1 + 1"] {
            assert!(named(bad, &json!({"spec": {}})).is_err(), "{bad}");
        }
    }
}
