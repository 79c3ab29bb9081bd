//! The jq that expressions are written in: jaq's core and what of its library is pure. There is no clock, no
//! environment and no output here, and of the regular expressions only `test`.

use jaq_core::{
    Compiler, Cv, Error, Filter, ValR, ValXs, data,
    load::{Arena, File, Loader},
    native::{bome, run, v},
};
use jaq_json::Val;
use jaq_std::ValT as _;
use regex_bites::RegexBuilder;

pub(crate) type Data = data::JustLut<Val>;

/// Definitions of jaq's library that stand on native functions which are left out.
const LEFT_OUT: [&str; 29] = [
    "stderr",
    "debug",
    "halt",
    "halt_error",
    "logb",
    "significand",
    "pow10",
    "drem",
    "nexttoward",
    "scalb",
    "gamma",
    "capture_of_match",
    "test",
    "scan_",
    "scan",
    "match",
    "capture",
    "splits",
    "sub",
    "gsub",
    "todate",
    "fromdate",
    "@sh",
    "@html",
    "@htmld",
    "@uri",
    "@urid",
    "@base64",
    "@base64d",
];

/// Compiles a program, or says what it cannot be.
pub(crate) fn compile(code: &str) -> Result<Filter<Data>, String> {
    let is_kept = |def: &jaq_core::load::parse::Def<&str>| !LEFT_OUT.contains(&def.name) && !takes_flags(def);
    let library = jaq_std::defs().filter(is_kept);
    let loader = Loader::new(jaq_core::defs().chain(library).chain(jaq_json::defs()));
    let arena = Arena::default();
    let modules = loader.load(&arena, File { code, path: () }).map_err(|_| "does not parse")?;
    let test = run(("test", v(2), |cv: Cv<'_, Data>| -> ValXs<'_, Val> { bome(test(cv)) }));
    let functions = jaq_core::funs().chain(jaq_std::base_funs()).chain(jaq_json::funs()).chain([test]);
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let unknown: Vec<&str> = errors.iter().flat_map(|(_, names)| names.iter().map(|(name, _)| *name)).collect();
        format!("uses what is unknown here: {}", unknown.join(", "))
    })
}

/// `split` with flags is a regular expression; without, it is not.
fn takes_flags(def: &jaq_core::load::parse::Def<&str>) -> bool {
    def.name == "split" && def.args.len() > 1
}

/// `test(re; flags)`: whether a text matches.
fn test(mut cv: Cv<'_, Data>) -> ValR<Val> {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let text = |value: &Val| {
        let bytes = value.as_bytes().ok_or_else(|| Error::str("test: not a text"))?;
        String::from_utf8(bytes.to_vec()).map_err(Error::str)
    };
    let flags = if flags == Val::Null { String::new() } else { text(&flags)? };
    let regex = RegexBuilder::new(&text(&pattern)?)
        .case_insensitive(flags.contains('i'))
        .ignore_whitespace(flags.contains('x'))
        .dot_matches_new_line(flags.contains('s'))
        .build();
    let regex = regex.map_err(Error::str)?;
    Ok(Val::Bool(regex.is_match(&text(&cv.1)?)))
}
