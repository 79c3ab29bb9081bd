//! `regexMatch` and its kin. The plain forms panic in Go where the `must` forms fail; both end the
//! template here.

use windlass_gotemplate::{Failure, Functions, Value};

use crate::args::{
    Answer, STRING, STRING_STRING, STRING_STRING_INT, STRING_STRING_STRING, bytes, found, int, string, strings,
};
use crate::cache::Cache;
use crate::regexp::{Regexp, quote_meta};

type Patterns = Cache<Regexp>;

pub(crate) fn register(functions: &mut Functions) {
    let cache = Patterns::default();
    let compiled = cache.clone();
    functions.add("regexMatch", STRING_STRING, move |_, args| {
        Ok(compile(&compiled, args, "").is_ok_and(|regexp| regexp.is_match(bytes(args, 1))).into())
    });
    let compiled = cache.clone();
    functions.add("mustRegexMatch", STRING_STRING, move |_, args| {
        Ok(compile(&compiled, args, "")?.is_match(bytes(args, 1)).into())
    });
    both(functions, &cache, "regexFind", STRING_STRING, |regexp, args| {
        Value::string(regexp.find(bytes(args, 1)).unwrap_or_default())
    });
    both(functions, &cache, "regexFindAll", STRING_STRING_INT, |regexp, args| {
        found(owned(regexp.find_all(bytes(args, 1), int(args, 2))))
    });
    both(functions, &cache, "regexReplaceAll", STRING_STRING_STRING, |regexp, args| {
        Value::string(regexp.replace_all(bytes(args, 1), bytes(args, 2)))
    });
    both(functions, &cache, "regexReplaceAllLiteral", STRING_STRING_STRING, |regexp, args| {
        Value::string(regexp.replace_all_literal(bytes(args, 1), bytes(args, 2)))
    });
    both(functions, &cache, "regexSplit", STRING_STRING_INT, |regexp, args| {
        let pieces = owned(regexp.split(bytes(args, 1), int(args, 2)));
        if int(args, 2) == 0 { found(pieces) } else { strings(pieces) }
    });
    functions.add("regexQuoteMeta", STRING, |_, args| Ok(quote_meta(&string(args, 0)).into()));
}

fn owned(pieces: Vec<&[u8]>) -> Vec<Vec<u8>> {
    pieces.into_iter().map(<[u8]>::to_vec).collect()
}

fn both(
    functions: &mut Functions,
    cache: &Patterns,
    name: &str,
    signature: windlass_gotemplate::Signature,
    body: fn(&Regexp, &[Value]) -> Value,
) {
    let compiled = cache.clone();
    functions.add(name, signature, move |_, args| -> Answer {
        let panic = format!("regexp: Compile(`{}`): ", string(args, 0));
        Ok(body(&compile(&compiled, args, &panic)?, args))
    });
    let compiled = cache.clone();
    let must = format!("must{}{}", name[..1].to_uppercase(), &name[1..]);
    functions.add(&must, signature, move |_, args| Ok(body(&compile(&compiled, args, "")?, args)));
}

fn compile(cache: &Patterns, args: &[Value], before: &str) -> Result<Regexp, Failure> {
    let compiled = cache.get(&string(args, 0), Regexp::compile);
    compiled.map_err(|error| Failure::new(format!("{before}{error}")))
}
