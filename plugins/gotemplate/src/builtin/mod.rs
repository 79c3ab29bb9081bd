//! text/template's own functions.

mod access;
mod compare;
mod escape;

use crate::error::Failure;
use crate::exec::Slot;
use crate::fmt;
use crate::function::{Action, Functions, Signature};
use crate::types::Type;
use crate::value::Value;

const ONE: Signature = Signature::fixed(&[Type::Reflect]);
const TWO: Signature = Signature::fixed(&[Type::Reflect, Type::Reflect]);
const ONE_OR_MORE: Signature = Signature::variadic(&[Type::Reflect], Type::Reflect);
const ANY: Signature = Signature::variadic(&[], Type::Any);

pub(crate) fn register(functions: &mut Functions) {
    functions.insert("and", ONE_OR_MORE, Action::And);
    functions.insert("or", ONE_OR_MORE, Action::Or);
    functions.insert("call", ONE_OR_MORE, Action::Call);
    functions.insert("not", ONE, Action::Reflect(|args| Ok(answer(!args[0].value.truth()))));
    functions.insert("index", ONE_OR_MORE, Action::Reflect(access::index));
    functions.insert("slice", ONE_OR_MORE, Action::Reflect(access::slice));
    functions.insert("len", ONE, Action::Reflect(access::len));
    functions.insert("eq", ONE_OR_MORE, Action::Reflect(|args| compare::equal(args).map(answer)));
    functions.insert("ne", TWO, Action::Reflect(|args| compare::equal(args).map(|equal| answer(!equal))));
    functions.insert("lt", TWO, Action::Reflect(|args| compare::less(args).map(answer)));
    functions.insert("le", TWO, Action::Reflect(|args| compare::less_or_equal(args).map(answer)));
    functions.insert("gt", TWO, Action::Reflect(|args| compare::less_or_equal(args).map(|less| answer(!less))));
    functions.insert("ge", TWO, Action::Reflect(|args| compare::less(args).map(|less| answer(!less))));
    functions.add("print", ANY, |_, args| fmt::sprint(args).map(Value::string));
    functions.add("println", ANY, |_, args| fmt::sprintln(args).map(Value::string));
    functions.add("printf", Signature::variadic(&[Type::String], Type::Any), |_, args| printf(args));
    functions.add("html", ANY, |_, args| escape::operands(args).map(|text| Value::string(escape::html(&text))));
    functions.add("js", ANY, |_, args| escape::operands(args).map(|text| Value::string(escape::javascript(&text))));
    functions
        .add("urlquery", ANY, |_, args| escape::operands(args).map(|text| Value::string(escape::url_query(&text))));
}

fn answer(truth: bool) -> Slot {
    Slot::plain(Value::Bool(truth))
}

fn printf(args: &[Value]) -> Result<Value, Failure> {
    let format = args[0].as_text().map_or(&[][..], |text| text.as_bytes());
    fmt::sprintf(format, &args[1..]).map(Value::string)
}
