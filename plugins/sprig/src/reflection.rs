//! Types and kinds.

use windlass_gotemplate::{Functions, Value};

use crate::args::{ANY, ANY_ANY, STRING_ANY, string};
use crate::deep::deep_equal;

pub(crate) fn register(functions: &mut Functions) {
    functions.add("typeOf", ANY, |_, args| Ok(type_of(&args[0]).into()));
    functions.add("typeIs", STRING_ANY, |_, args| Ok((string(args, 0) == type_of(&args[1])).into()));
    functions.add("typeIsLike", STRING_ANY, |_, args| {
        let (wanted, found) = (string(args, 0), type_of(&args[1]));
        Ok((wanted == found || found.strip_prefix('*') == Some(&wanted)).into())
    });
    functions.add("kindOf", ANY, |_, args| Ok(args[0].kind().name().into()));
    functions.add("kindIs", STRING_ANY, |_, args| Ok((string(args, 0) == args[1].kind().name()).into()));
    functions.add("deepEqual", ANY_ANY, |_, args| Ok(deep_equal(&args[0], &args[1]).into()));
}

/// `%T`
fn type_of(value: &Value) -> String {
    if value.is_nil() { "<nil>".to_owned() } else { value.type_of().to_string() }
}
