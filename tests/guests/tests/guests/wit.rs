//! The rules that `wit/README.md` gives for every version of the interface.

use std::{fs, path::Path};

use wit_parser::{Resolve, TypeDefKind, WorldItem};

/// Keywords of the languages that plugins are written in, where they would come out as they are.
const KEYWORDS: &str = "as async await break case chan class const continue def default del delete do else enum export \
    extends except extern false final finally fn for from func function gen global go goto if impl import in interface \
    is lambda let loop map match mod move mut new nil none nonlocal not null or package pass pub raise range ref return \
    select self static struct super switch this throw trait true try type typeof use var void while with yield";
/// Variants that are closed on purpose: both sides must know how to act on every case.
const CLOSED: [&str; 2] = ["outcome", "part"];

fn resolve() -> Resolve {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/0.1.0");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    // The file that names the package comes first in a text of several.
    files.sort_by_key(|path| (!path.ends_with("types.wit"), path.clone()));
    let text: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut resolve = Resolve::default();
    resolve.push_source("0.1.0", &text).unwrap();
    resolve
}

fn check_name(name: &str) {
    assert!(!KEYWORDS.split_whitespace().any(|keyword| keyword == name), "{name} is a keyword somewhere");
}

#[test]
fn worlds_export_interfaces_only() {
    for (_, world) in &resolve().worlds {
        assert!(world.docs.contents.is_some(), "world {} says nothing", world.name);
        for item in world.exports.values() {
            assert!(matches!(item, WorldItem::Interface { .. }), "world {} exports a bare name", world.name);
        }
    }
}

#[test]
fn every_interface_and_function_says_what_it_promises_and_no_name_is_a_keyword() {
    for (_, interface) in &resolve().interfaces {
        let name = interface.name.as_deref().unwrap();
        check_name(name);
        assert!(interface.docs.contents.is_some(), "interface {name} says nothing");
        for function in interface.functions.values() {
            check_name(&function.name);
            assert!(function.docs.contents.is_some(), "{name}.{} says nothing", function.name);
        }
    }
}

#[test]
fn variants_that_report_can_grow() {
    for (_, ty) in &resolve().types {
        let Some(name) = &ty.name else { continue };
        check_name(name);
        if let TypeDefKind::Variant(variant) = &ty.kind
            && !CLOSED.contains(&name.as_str())
        {
            assert_eq!(variant.cases.last().unwrap().name, "other", "variant {name} cannot grow");
        }
    }
}
