//! Maps. `set`, `unset` and `merge` change the map they are given, wherever else it is held.

use std::rc::Rc;

use windlass_gotemplate::{Elem, Failure, Functions, List, Map, Signature, Text, Type, Value};

use crate::args::{ANYS, Answer, bytes, map};
use crate::cast::to_text;
use crate::merge::merge_maps;

const MAP_STRING: Signature = Signature::fixed(&[Type::MAP, Type::String]);
const MAP_STRINGS: Signature = Signature::variadic(&[Type::MAP], Type::String);
const MAP: Signature = Signature::fixed(&[Type::MAP]);
const MAPS: Signature = Signature::variadic(&[], Type::MAP);
const MAP_MAPS: Signature = Signature::variadic(&[Type::MAP], Type::MAP);
const STRING_MAPS: Signature = Signature::variadic(&[Type::String], Type::MAP);
const SET: Signature = Signature::fixed(&[Type::MAP, Type::String, Type::Any]);

pub(crate) fn register(functions: &mut Functions) {
    functions.add("dict", ANYS, |_, args| dict(args));
    functions.add("get", MAP_STRING, |_, args| {
        Ok(map(args, 0).and_then(|map| map.get(bytes(args, 1))).unwrap_or_else(|| "".into()))
    });
    functions.add("set", SET, |_, args| match map(args, 0) {
        Some(map) => {
            map.insert(bytes(args, 1), args[2].clone());
            Ok(args[0].clone())
        }
        None => Err(Failure::new("assignment to entry in nil map")),
    });
    functions.add("unset", MAP_STRING, |_, args| {
        map(args, 0).and_then(|map| map.remove(bytes(args, 1)));
        Ok(args[0].clone())
    });
    functions
        .add("hasKey", MAP_STRING, |_, args| Ok(map(args, 0).is_some_and(|map| map.contains(bytes(args, 1))).into()));
    functions.add("pluck", STRING_MAPS, |_, args| {
        let found = args[1..].iter().filter_map(Value::as_map).filter_map(|map| map.get(bytes(args, 0)));
        Ok(Value::list(found.collect()))
    });
    functions.add("keys", MAPS, |_, args| {
        let keys = args.iter().filter_map(Value::as_map).flat_map(|map| map.keys());
        Ok(Value::from(List::strings(keys)))
    });
    functions.add("values", MAP, |_, args| {
        Ok(Value::list(map(args, 0).map(|map| map.borrow().values().cloned().collect()).unwrap_or_default()))
    });
    functions.add("pick", MAP_STRINGS, |_, args| Ok(filtered(args, true)));
    functions.add("omit", MAP_STRINGS, |_, args| Ok(filtered(args, false)));
    functions.add("dig", ANYS, |_, args| dig(args));
    merges(functions);
}

fn merges(functions: &mut Functions) {
    for (name, overwrite) in
        [("merge", false), ("mustMerge", false), ("mergeOverwrite", true), ("mustMergeOverwrite", true)]
    {
        functions.add(name, MAP_MAPS, move |_, args| {
            let target = map(args, 0).cloned().unwrap_or_else(|| Rc::new(Map::new(Elem::Any)));
            for source in args[1..].iter().filter_map(Value::as_map) {
                merge_maps(&target, source, overwrite)?;
            }
            Ok(Value::Map(target))
        });
    }
}

/// A key without a value gets the empty text.
fn dict(args: &[Value]) -> Answer {
    let map = Map::new(Elem::Any);
    for pair in args.chunks(2) {
        map.insert(to_text(&pair[0])?, pair.get(1).cloned().unwrap_or_else(|| "".into()));
    }
    Ok(Value::from(map))
}

fn filtered(args: &[Value], keep: bool) -> Value {
    let named = |key: &Text| args[1..].iter().any(|name| name.as_text() == Some(key));
    let Some(map) = map(args, 0) else {
        return Value::from(Map::new(Elem::Any));
    };
    let entries = map.borrow();
    let kept = entries.iter().filter(|(key, _)| named(key) == keep);
    Value::map(kept.map(|(key, value)| (key.clone(), value.clone())))
}

/// `dig "a" "b" default map`: the value at the path, or the default where a key is missing.
fn dig(args: &[Value]) -> Answer {
    let [path @ .., default, root] = args else {
        return Err(Failure::new("dig needs at least three arguments"));
    };
    if path.is_empty() {
        return Err(Failure::new("dig needs at least three arguments"));
    }
    let mut here = root.clone();
    // All keys are checked before the first step.
    let map_of = |value: &Value| value.as_map().cloned().ok_or_else(|| not_a(value, "map[string]interface {}"));
    map_of(&here)?;
    let keys: Result<Vec<&Text>, _> =
        path.iter().map(|key| key.as_text().ok_or_else(|| not_a(key, "string"))).collect();
    for key in keys? {
        match map_of(&here)?.get(key) {
            Some(value) => here = value,
            None => return Ok(default.clone()),
        }
    }
    Ok(here)
}

/// A failed type assertion in the runtime's words.
fn not_a(value: &Value, wanted: &str) -> Failure {
    let found = if value.is_nil() { "nil".to_owned() } else { value.type_of().to_string() };
    Failure::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
