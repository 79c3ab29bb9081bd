//! `vars`: `$(NAME)` in certain fields, replaced by a value of an object.

use std::collections::BTreeMap;

use windlass_yaml::Value;

use crate::config::transforms::Var;
use crate::error::{Error, Result};
use crate::fieldspec::FieldSpec;
use crate::id::ResId;
use crate::node::{Node, Scalar, Tag, split_path_with_brackets};
use crate::resmap::{ResMap, named};

/// The variables of a layer and those below it, by name.
pub(crate) type Vars = BTreeMap<String, Var>;

/// Adds variables; a name can be used only once.
pub(crate) fn add(vars: &mut Vars, more: impl IntoIterator<Item = Var>) -> Result<()> {
    for var in more {
        let name = var.name.clone();
        if vars.insert(name.clone(), var).is_some() {
            return Err(Error::invalid(format!("var '{name}' already encountered")).in_field("vars"));
        }
    }
    Ok(())
}

/// Notes on the objects which variables point at them, while their names are still those the layer knows.
pub(crate) fn mark(vars: &[Var], resources: &mut ResMap) -> Result<()> {
    for var in vars {
        let wanted = ResId {
            gvk: var.object.gvk.clone(),
            name: var.object.name.clone(),
            namespace: var.object.namespace.clone(),
            cluster_scoped: false,
        };
        let matches = |id: &ResId| match wanted.namespace.is_empty() {
            true => wanted.has_same_kind_and_name(id),
            false => wanted.is_same_object(id),
        };
        let is_meant =
            |resource: &&mut crate::resource::Resource| !resource.is_deleted() && resource.was_called(matches);
        let mut found: Vec<_> = resources.list.iter_mut().filter(is_meant).collect();
        match &mut found[..] {
            [] => {}
            [resource] => resource.variables.push(var.name.clone()),
            _ => {
                let message = format!("found {} objects for var {} (unable to disambiguate)", found.len(), var.name);
                return Err(Error::invalid(message).in_field("vars"));
            }
        }
    }
    Ok(())
}

/// Replaces all variables in the fields of the specifications.
pub(crate) fn resolve(vars: &Vars, resources: &mut ResMap, specs: &[FieldSpec]) -> Result<()> {
    let values = vars.values().map(|var| Ok((var.name.as_str(), value(var, resources)?)));
    let values: BTreeMap<&str, Replacement> = values.collect::<Result<_>>()?;
    if values.is_empty() {
        return Ok(());
    }
    for resource in resources.list.iter_mut() {
        for spec in specs {
            spec.apply(&mut resource.body, None, &mut |field| expand_field(field, &values))
                .map_err(|error| named(error, resource))?;
        }
    }
    Ok(())
}

/// What stands for a variable. Collections cannot: the variable stays as it is.
type Replacement = Option<Scalar>;

fn value(var: &Var, resources: &ResMap) -> Result<Replacement> {
    let owner = resources.list.iter().find(|resource| resource.variables.contains(&var.name));
    let missing = |problem: &str| Error::invalid(format!("var '{}' {problem}", var.name)).in_field("vars");
    let owner = owner.ok_or_else(|| missing("cannot be mapped to a field in the set of known resources"))?;
    let path = split_indices(split_path_with_brackets(&var.field_path, '.'));
    let found = owner.body.lookup(&path).ok().flatten();
    match found.ok_or_else(|| missing("names a field that its object does not have"))? {
        Node::Scalar(scalar) => Ok(Some(typed(scalar))),
        Node::Map(_) | Node::Seq(_) => Ok(None),
    }
}

fn typed(scalar: &Scalar) -> Scalar {
    let tag = match (scalar.tag, scalar.meaning()) {
        (Tag::Int, Ok(Value::Int(_))) => Tag::Int,
        (Tag::Bool, Ok(Value::Bool(_))) => Tag::Bool,
        (Tag::Float, Ok(Value::Float(_))) => Tag::Float,
        _ => Tag::Str,
    };
    Scalar::tagged(scalar.text.as_str(), tag)
}

/// `ports[0]` is `ports` and `0`.
fn split_indices(parts: Vec<String>) -> Vec<String> {
    let split = |part: String| {
        let indexed = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        match indexed {
            Some((field, index)) if !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                let field = (!field.is_empty()).then(|| field.to_owned());
                field.into_iter().chain([index.to_owned()]).collect()
            }
            _ => vec![part],
        }
    };
    parts.into_iter().flat_map(split).collect()
}

fn expand_field(field: &mut Node, values: &BTreeMap<&str, Replacement>) -> Result<()> {
    match field {
        Node::Scalar(scalar) => expand(scalar, values)?,
        Node::Map(entries) => {
            for (key, value) in entries {
                if !key.is_string() {
                    return Err(Error::invalid(format!("invalid map key: {}", key.text)));
                }
                if let Node::Scalar(scalar) = value {
                    expand(scalar, values)?;
                }
            }
        }
        Node::Seq(items) => {
            for item in items {
                match item {
                    Node::Scalar(scalar) if scalar.is_string() => expand(scalar, values)?,
                    _ => return Err(Error::invalid("invalid value type: expected a string in the list")),
                }
            }
        }
    }
    Ok(())
}

fn expand(scalar: &mut Scalar, values: &BTreeMap<&str, Replacement>) -> Result<()> {
    if scalar.is_string() {
        *scalar = expanded(&scalar.text, values)?;
    }
    Ok(())
}

/// Longest text that variables may be expanded to, in bytes: as long as a whole file may be.
const LONGEST_TEXT: usize = 32 << 20;

/// Replaces `$(NAME)`; `$$` is a dollar sign. A text that is nothing but one variable takes the type of its value.
fn expanded(text: &str, values: &BTreeMap<&str, Replacement>) -> Result<Scalar> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        if out.len() > LONGEST_TEXT {
            return Err(Error::invalid(format!("variables expand to more than {LONGEST_TEXT} bytes")));
        }
        let after = &rest[at + 1..];
        let name = after.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        rest = match name {
            Some((name, remaining)) => {
                let found = values.get(name).and_then(Option::as_ref);
                if let Some(value) = found.filter(|_| text.len() == name.len() + 3) {
                    return Ok(value.clone());
                }
                match found {
                    Some(value) => out.push_str(&shown(value)),
                    None => out.push_str(&rest[at..at + name.len() + 3]),
                }
                remaining
            }
            None if after.starts_with('$') => {
                out.push('$');
                &after[1..]
            }
            None => {
                out.push('$');
                after
            }
        };
    }
    out.push_str(rest);
    Ok(Scalar::string(out))
}

/// A value inside of a longer text, as Go's `%v` shows it.
fn shown(value: &Scalar) -> String {
    match (value.tag, value.meaning()) {
        (Tag::Int, Ok(Value::Int(number))) => number.to_string(),
        (Tag::Bool, Ok(Value::Bool(flag))) => flag.to_string(),
        _ => value.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Scalar) {
        let values = BTreeMap::from([("PORT", Some(Scalar::tagged("80", Tag::Int))), ("MAP", None)]);
        assert_eq!(expanded(text, &values), Ok(expected), "{text}");
    }

    #[test]
    fn a_lone_variable_brings_its_type() {
        check("$(PORT)", Scalar::tagged("80", Tag::Int));
        check(":$(PORT)/", Scalar::string(":80/"));
    }

    #[test]
    fn what_is_no_known_variable_stays() {
        check("$(OTHER) $(MAP) $ $x", Scalar::string("$(OTHER) $(MAP) $ $x"));
        check("$$(PORT)", Scalar::string("$(PORT)"));
        check("$(PORT", Scalar::string("$(PORT"));
    }
}
