//! What texts mean.

use serde_json::{Value, json};
use windlass_yaml::{Dialect, Limits, first_to_json, parse, to_json};

fn v2(text: &str) -> Value {
    let document = first_to_json(text.as_bytes(), &Limits::default()).expect(text);
    document.map_or(Value::Null, |document| document.value)
}

fn v3(text: &str) -> Value {
    let documents = parse(text.as_bytes(), Dialect::V3, &Limits::default()).expect(text);
    documents.first().map_or(Value::Null, |document| document.root.to_json().expect(text))
}

/// Each text as both dialects read it.
fn check(cases: &[(&str, Value, Value)]) {
    for (text, as_v2, as_v3) in cases {
        assert_eq!(v2(text), *as_v2, "v2 reads {text:?}");
        assert_eq!(v3(text), *as_v3, "v3 reads {text:?}");
    }
}

/// Each text as both dialects read it, where they agree.
fn check_both(cases: &[(&str, Value)]) {
    for (text, value) in cases {
        check(&[(text, value.clone(), value.clone())]);
    }
}

#[test]
fn booleans_of_yaml_1_1_are_booleans_to_v2_only() {
    for word in ["yes", "Yes", "YES", "y", "Y", "on", "On", "ON"] {
        check(&[(word, json!(true), json!(word))]);
    }
    for word in ["no", "No", "NO", "n", "N", "off", "Off", "OFF"] {
        check(&[(word, json!(false), json!(word))]);
    }
    check_both(&[("True", json!(true)), ("FALSE", json!(false)), ("yEs", json!("yEs")), ("tRue", json!("tRue"))]);
}

#[test]
fn integers_take_every_base_go_knows() {
    check_both(&[
        ("0x1F", json!(31)),
        ("0755", json!(493)),
        ("0o17", json!(15)),
        ("0b101", json!(5)),
        ("-0b101", json!(-5)),
        ("0b-1", json!(-1)),
        ("1_000", json!(1000)),
        ("+_1", json!(1)),
        ("_1", json!("_1")),
        ("08", json!(8)),
        ("0x", json!("0x")),
        ("-9223372036854775808", json!(i64::MIN)),
        ("18446744073709551615", json!(u64::MAX)),
        ("+18446744073709551615", json!(1.8446744073709552e19)),
    ]);
    check(&[("-0o17", json!(-15), json!(-15)), ("0o-7", json!("0o-7"), json!(-7))]);
}

#[test]
fn integers_beyond_64_bits_are_floats() {
    check_both(&[("123456789012345678901234567890", json!(1.2345678901234568e29))]);
}

#[test]
fn floats_without_fraction_are_integers() {
    check_both(&[
        ("1.0", json!(1)),
        ("1e3", json!(1000)),
        ("1.", json!(1)),
        (".5", json!(0.5)),
        (".5_0", json!(0.5)),
        ("+.5", json!(0.5)),
        ("1e400", json!("1e400")),
        ("123e4567", json!("123e4567")),
        ("1:30", json!("1:30")),
    ]);
}

#[test]
fn dates_are_text_to_v2_and_times_to_v3() {
    check(&[
        ("2001-01-02", json!("2001-01-02"), json!("2001-01-02T00:00:00Z")),
        ("2001-1-2 3:4:5.60", json!("2001-1-2 3:4:5.60"), json!("2001-01-02T03:04:05.6Z")),
        ("2001-1-2t3:4:5+02:00", json!("2001-1-2t3:4:5+02:00"), json!("2001-01-02T03:04:05+02:00")),
        ("2001-02-29", json!("2001-02-29"), json!("2001-02-29")),
    ]);
}

#[test]
fn tags_decide_the_type() {
    check_both(&[
        ("!!str 1", json!("1")),
        ("!!int \"3\"", json!(3)),
        ("!!float 1", json!(1)),
        ("!foo bar", json!("bar")),
        ("!!binary aGVsbG8=", json!("hello")),
        ("!<tag:yaml.org,2002:str> 1", json!("1")),
        ("%TAG !y! tag:yaml.org,2002:\n--- !y!str 1", json!("1")),
    ]);
    check(&[("! 12", json!("12"), json!(12))]);
}

#[test]
fn keys_become_the_strings_sigs_yaml_makes_of_them() {
    let text = "yes: a\n010: b\n1.0: c\n1234567.0: d\n0.1: e\n2001-01-01: f\n";
    assert_eq!(v2(text), json!({"true": "a", "8": "b", "1": "c", "1.234567e+06": "d", "0.1": "e", "2001-01-01": "f"}));
}

#[test]
fn a_merge_key_overwrites_in_v2_and_yields_in_v3() {
    let text = "b: &b {p: 1, q: 1}\nm:\n  p: 2\n  <<: *b\n  q: 3\n";
    assert_eq!(v2(text)["m"], json!({"p": 1, "q": 3}));
    assert_eq!(v3(text)["m"], json!({"p": 2, "q": 3}));
}

#[test]
fn of_several_merged_mappings_the_first_wins() {
    check_both(&[("<<: [{a: 1}, {a: 2, b: 2}]", json!({"a": 1, "b": 2}))]);
}

#[test]
fn a_quoted_merge_key_is_a_key() {
    check_both(&[("'<<': {a: 1}", json!({"<<": {"a": 1}}))]);
}

#[test]
fn block_scalars_keep_fold_and_chomp() {
    check_both(&[
        ("|\n a\n  b\n\n", json!("a\n b\n")),
        ("|-\n a\n", json!("a")),
        ("|+\n a\n\n", json!("a\n\n")),
        ("|2\n   a\n", json!(" a\n")),
        (">\n a\n b\n\n c\n  d\n e\n", json!("a b\nc\n d\ne\n")),
    ]);
}

#[test]
fn flow_scalars_fold_and_unescape() {
    check_both(&[
        ("a\n b\n\n c", json!("a b\nc")),
        ("'it''s'", json!("it's")),
        ("\"\\x41\\u00e9\\U0001F600\\n\\_\"", json!("A\u{e9}\u{1F600}\n\u{a0}")),
        ("\"a \\\n  b\"", json!("a b")),
        ("\"a\n\n  b\"", json!("a\nb")),
        ("a#b: c #d", json!({"a#b": "c"})),
        ("a:b", json!("a:b")),
    ]);
}

#[test]
fn flow_collections_read_as_go_reads_them() {
    check_both(&[
        ("[a, b: c, {d}, ]", json!(["a", {"b": "c"}, {"d": null}])),
        ("{a:1, \"b\":2}", json!({"a:1": null, "b": 2})),
        ("{\"a\": [], b: {}}", json!({"a": [], "b": {}})),
    ]);
}

#[test]
fn sequences_need_no_indentation_under_a_key() {
    check_both(&[("a:\n- 1\n-\n- - 2\nb:\n  - 3\n", json!({"a": [1, null, [2]], "b": [3]}))]);
}

#[test]
fn line_endings_and_a_byte_order_mark_make_no_difference() {
    check_both(&[("\u{FEFF}a: 1\r\nb: |\r\n  x\r\n", json!({"a": 1, "b": "x\n"}))]);
}

#[test]
fn empty_documents_are_left_out_but_numbered() {
    let documents = to_json(b"---\n# nothing\n---\na: 1\n---\n---\n- b\n", &Limits::default()).expect("stream");
    let found: Vec<_> = documents.iter().map(|document| (document.index, document.line, &document.value)).collect();
    assert_eq!(found, [(1, 4, &json!({"a": 1})), (3, 7, &json!(["b"]))]);
}

#[test]
fn the_first_document_is_read_without_looking_at_the_rest() {
    assert_eq!(v2("a: 1\n---\n}"), json!({"a": 1}));
}

#[test]
fn a_duplicate_key_is_told_and_the_last_one_wins() {
    let documents = to_json(b"a: 1\nb: 2\na: 3\n", &Limits::default()).expect("duplicate");
    assert_eq!(documents[0].value, json!({"a": 3, "b": 2}));
    let told: Vec<_> = documents[0].duplicate_keys.iter().map(|key| (key.key.as_str(), key.line, key.column)).collect();
    assert_eq!(told, [("a", 3, 1)]);
}

#[test]
fn nodes_know_their_place_and_their_order() {
    let documents = parse(b"b: 1\na:\n  - \xC3\xA9: x\n", Dialect::V3, &Limits::default()).expect("tree");
    let root = &documents[0].root;
    assert_eq!(root.get("b").map(|node| (node.line, node.column)), Some((1, 4)));
    assert_eq!(root.get("a").map(|node| (node.line, node.column)), Some((3, 3)));
    let keys: Vec<_> = root.entries().iter().filter_map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["b", "a"]);
    let inner = &root.get("a").expect("a").items()[0];
    assert_eq!(inner.get("\u{e9}").map(|node| (node.line, node.column)), Some((3, 8)));
}
