//! `include`, `tpl`, `required`, `fail` and `lookup`: the functions that see the rendering itself.

use std::cell::Cell;
use std::rc::Rc;

use memchr::memmem;
use windlass_gotemplate::{Elem, Execution, Failure, Functions, Limit, Map, Namespace, Signature, Text, Type, Value};

use super::{TEXT, argument, failed, text};
use crate::trace;

/// How many templates may be inside one another. Helm allows one name 1,000 times; a component's stack does not, and
/// charts in the wild stay below 40.
const MAX_DEPTH: u32 = 256;
/// What text/template prints for a missing value, and Helm takes out again.
const NO_VALUE: &[u8] = b"<no value>";

/// What a template asks the cluster for; an empty name asks for the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupRequest {
    pub api_version: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

/// Answers with the object or list, none when there is no such object or no cluster may be asked.
pub type Lookup = dyn Fn(&LookupRequest) -> Result<Option<serde_json::Value>, String>;

pub(super) fn register(functions: &mut Functions, lint: bool, lookup: Option<Rc<Lookup>>) {
    let depth = Rc::new(Cell::new(0));
    let tpl_depth = depth.clone();
    functions.add("include", Signature::fixed(&[Type::String, Type::Any]), move |execution, arguments| {
        include(execution, &depth, &text(arguments, 0), argument(arguments, 1))
    });
    functions.add("tpl", Signature::fixed(&[Type::String, Type::Any]), move |execution, arguments| {
        tpl(execution, &tpl_depth, &text(arguments, 0), argument(arguments, 1))
    });
    functions.add("required", Signature::fixed(&[Type::String, Type::Any]), move |_, arguments| {
        required(&text(arguments, 0), argument(arguments, 1), lint)
    });
    functions.add("fail", Signature::fixed(TEXT), move |_, arguments| {
        if lint { Ok(Value::string("")) } else { Err(failed(trace::marked(&text(arguments, 0).to_str()))) }
    });
    functions.add("getHostByName", Signature::fixed(TEXT), |_, _| Ok(Value::string("")));
    let texts = Signature::fixed(&[Type::String, Type::String, Type::String, Type::String]);
    functions.add("lookup", texts, move |_, arguments| self::lookup(lookup.as_deref(), arguments));
}

fn include(execution: &mut Execution, depth: &Cell<u32>, name: &Text, data: Value) -> Result<Value, Failure> {
    if depth.get() >= MAX_DEPTH {
        let reason = format!("rendering template has a nested reference name: {name}: unable to execute template");
        return Err(Failure::limit(Limit::Depth, reason));
    }
    depth.set(depth.get() + 1);
    let outcome = execution.execute(&name.to_str(), data).map(Value::String);
    depth.set(depth.get() - 1);
    outcome
}

fn tpl(execution: &mut Execution, depth: &Cell<u32>, source: &Text, data: Value) -> Result<Value, Failure> {
    // Most of what charts pass through tpl is plain text.
    if memmem::find(source.as_bytes(), b"{{").is_none() {
        return Ok(Value::String(without_no_value(source.clone())));
    }
    if depth.get() >= MAX_DEPTH {
        return Err(Failure::limit(Limit::Depth, format!("templates are nested deeper than {MAX_DEPTH}")));
    }
    let mut namespace = Namespace::child(execution.namespace().clone());
    let name = namespace.name().to_owned();
    let quoted = || windlass_gotemplate::fmt::quote(source.as_bytes());
    let parsed = namespace.parse(&name, &source.to_str());
    parsed.map_err(|error| failed(format!("cannot parse template {}: {error}", quoted())))?;
    depth.set(depth.get() + 1);
    let outcome = execution.execute_in(Rc::new(namespace), &name, data);
    depth.set(depth.get() - 1);
    let written = outcome
        .map_err(|failure| failure.context(format!("error during tpl function execution for {}: ", quoted())))?;
    Ok(Value::String(without_no_value(written)))
}

fn required(message: &Text, value: Value, lint: bool) -> Result<Value, Failure> {
    let missing = value.is_nil() || value.as_text().is_some_and(Text::is_empty);
    match (missing, lint) {
        (false, _) => Ok(value),
        (true, true) => Ok(Value::string("")),
        (true, false) => Err(failed(trace::marked(&message.to_str()))),
    }
}

fn lookup(lookup: Option<&Lookup>, arguments: &[Value]) -> Result<Value, Failure> {
    let part = |index| text(arguments, index).to_str().into_owned();
    let request = LookupRequest { api_version: part(0), kind: part(1), namespace: part(2), name: part(3) };
    let found = lookup.map_or(Ok(None), |lookup| lookup(&request)).map_err(failed)?;
    let found = found.map(crate::values::number::as_go_floats).map(crate::convert::from_json);
    Ok(found.unwrap_or_else(|| Map::new(Elem::Any).into()))
}

/// The text without what stands for missing values.
pub(crate) fn without_no_value(text: Text) -> Text {
    if memmem::find(text.as_bytes(), NO_VALUE).is_none() {
        return text;
    }
    let mut kept = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = memmem::find(rest, NO_VALUE) {
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at + NO_VALUE.len()..];
    }
    kept.extend_from_slice(rest);
    kept.into()
}
