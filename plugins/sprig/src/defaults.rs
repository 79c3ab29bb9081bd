//! Emptiness and choice.

use windlass_gotemplate::{Elem, Failure, Functions, Kind, List, Signature, Type, Value};

use crate::args::{ANY, ANY_ANYS, ANYS, Answer, STRING, items, string};
use crate::deep::deep_copy;

const TERNARY: Signature = Signature::fixed(&[Type::Any, Type::Any, Type::Bool]);

pub(crate) fn register(functions: &mut Functions) {
    functions.add("default", ANY_ANYS, |_, args| {
        Ok(args.get(1).filter(|given| !is_empty(given)).unwrap_or(&args[0]).clone())
    });
    functions.add("empty", ANY, |_, args| Ok(is_empty(&args[0]).into()));
    functions.add("coalesce", ANYS, |_, args| Ok(args.iter().find(|arg| !is_empty(arg)).cloned().unwrap_or_default()));
    functions.add("all", ANYS, |_, args| Ok((!args.iter().any(is_empty)).into()));
    functions.add("any", ANYS, |_, args| Ok(args.iter().any(|arg| !is_empty(arg)).into()));
    functions.add("ternary", TERNARY, |_, args| Ok(if args[2].truth() { args[0].clone() } else { args[1].clone() }));
    functions.add("fail", STRING, |_, args| Err(Failure::new(string(args, 0))));
    for name in ["compact", "mustCompact"] {
        functions.add(name, ANY, |_, args| compact(&args[0]));
    }
    for name in ["deepCopy", "mustDeepCopy"] {
        functions.add(name, ANY, |_, args| deep_copy(&args[0]));
    }
}

/// The zero value of its type; structs never are.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(object) if object.kind() == Kind::Struct => false,
        value => !value.truth(),
    }
}

fn compact(list: &Value) -> Answer {
    let items = items(list, "Cannot compact on type")?;
    let kept = items.iter().filter(|item| !is_empty(item)).cloned().collect();
    Ok(Value::from(List::new(Elem::Any, kept)))
}
