//! What is refused, where, and in which words.

use windlass_yaml::{Dialect, DuplicateKey, Error, ErrorKind, Limits, first_to_json, parse, to_json};

fn fault(text: &str) -> Error {
    first_to_json(text.as_bytes(), &Limits::default()).expect_err(text)
}

#[test]
fn faults_are_told_in_the_words_of_go_yaml() {
    for (text, words) in [
        ("a: b: c", "yaml: mapping values are not allowed in this context"),
        ("a: 1\nb: c: d", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: 1\nb", "yaml: line 3: could not find expected ':'"),
        ("a:\n  b: 1\n c: 2\n", "yaml: line 2: did not find expected key"),
        ("- a\nb: 1", "yaml: line 1: did not find expected '-' indicator"),
        ("a: [1", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: {b", "yaml: line 1: did not find expected ',' or '}'"),
        ("a: 'x", "yaml: found unexpected end of stream"),
        ("a:\n\t- b", "yaml: line 2: found character that cannot start any token"),
        ("a: @b", "yaml: found character that cannot start any token"),
        ("a: \"\\/\"", "yaml: found unknown escape character"),
        ("a: - b", "yaml: block sequence entries are not allowed in this context"),
        ("a: *x", "yaml: unknown anchor 'x' referenced"),
        ("a: &x [*x]", "yaml: anchor 'x' value contains itself"),
        ("<<: 1", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: !!int b", "yaml: cannot decode !!str `b` as a !!int"),
        ("a: !!binary b", "yaml: !!binary value contains invalid base64 data"),
        ("a: \u{1}", "yaml: control characters are not allowed"),
        ("%YAML 1.2\n---\na", "yaml: found incompatible YAML document"),
        ("!e!a b", "yaml: found undefined tag handle"),
        ("a: .inf", "json: unsupported value: +Inf"),
    ] {
        assert_eq!(fault(text).go_text(), words, "{text:?}");
    }
}

#[test]
fn an_unrendered_template_is_shown_as_go_shows_it() {
    assert_eq!(
        fault("a: {{ .Values.b }}").go_text(),
        "yaml: invalid map key: map[interface {}]interface {}{\".Values.b\":interface {}(nil)}"
    );
}

#[test]
fn a_fault_of_the_text_goes_before_an_earlier_fault_of_meaning() {
    assert_eq!(fault("a: {{ b }}\nc: ]").go_text(), "yaml: line 1: did not find expected node content");
}

#[test]
fn faults_name_line_and_column() {
    let error = fault("a: 1\n\u{e9}: b: c\n");
    assert_eq!((error.line(), error.column()), (2, 5));
    assert_eq!(error.to_string(), "line 2, column 5: mapping values are not allowed in this context");
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let error = to_json(b"a: b\nc: \xFF\n", &Limits::default()).expect_err("no UTF-8");
    assert_eq!((error.line(), error.column()), (2, 4));
    assert_eq!(error.go_text(), "yaml: invalid leading UTF-8 octet");
}

#[test]
fn v3_names_the_line_where_the_collection_began() {
    let error = parse(b"a: 1\nb:\n  - [1\n  - 2\n", Dialect::V3, &Limits::default()).expect_err("open bracket");
    assert_eq!(error.go_text(), "yaml: line 2: did not find expected ',' or ']'");
}

#[test]
fn keys_json_cannot_name_are_refused() {
    for text in ["~: 1", "18446744073709551615: 1", "[a]: 1", "? {a: b}\n: c"] {
        assert!(matches!(fault(text).kind(), ErrorKind::Key(_)), "{text:?}");
    }
}

#[test]
fn a_strict_caller_turns_a_duplicate_key_into_an_error() {
    let duplicate = DuplicateKey { key: "a".to_owned(), line: 3, column: 1 };
    let error = Error::from(&duplicate);
    assert_eq!(error.to_string(), "line 3, column 1: key \"a\" already set in map");
    assert_eq!(error.go_text(), "yaml: unmarshal errors:\n  line 3: key \"a\" already set in map");
}
