//! What values look like.

use serde_json::{Value, json};
use windlass_yaml::{Style, emit};

fn check(style: Style, cases: &[(Value, &str)]) {
    for (value, text) in cases {
        assert_eq!(emit(value, style), *text, "{value}");
    }
}

#[test]
fn sequences_stand_where_each_style_puts_them() {
    let value = json!({"a": [1, [2, 3], {"b": [4], "c": {}}], "d": []});
    check(Style::V2, &[(value.clone(), "a:\n- 1\n- - 2\n  - 3\n- b:\n  - 4\n  c: {}\nd: []\n")]);
    check(Style::Kyaml, &[(value.clone(), "a:\n- 1\n- - 2\n  - 3\n- b:\n  - 4\n  c: {}\nd: []\n")]);
    check(Style::V3Pretty, &[(value, "a:\n  - 1\n  - - 2\n    - 3\n  - b:\n      - 4\n    c: {}\nd: []\n")]);
}

#[test]
fn text_that_reads_as_something_else_is_quoted() {
    for word in ["yes", "y", "on", "null", "~", "", "1", "0x1", "010", "1e3", ".5", "1_000", "2001-01-01", "1:30"] {
        check(Style::V2, &[(json!(word), &format!("\"{word}\"\n"))]);
        check(Style::V3Pretty, &[(json!(word), &format!("\"{word}\"\n"))]);
    }
    for word in ["a", "yEs", "1e400", "1:60:x", "<<", "=", "a:b", "-a"] {
        check(Style::V2, &[(json!(word), &format!("{word}\n"))]);
    }
}

#[test]
fn text_with_indicators_gets_single_quotes() {
    for word in ["a: b", "- a", "#a", "a #b", "{a}", "[a]", "@a", "*a", "&a", "!a", "%a", " a", "a "] {
        check(Style::V2, &[(json!(word), &format!("'{word}'\n"))]);
    }
    check(Style::V2, &[(json!("'a"), "'''a'\n")]);
}

#[test]
fn text_that_cannot_stand_for_itself_is_escaped() {
    check(
        Style::V2,
        &[
            (json!("a\tb"), "\"a\\tb\"\n"),
            (json!("\u{1F600}"), "\"\\U0001F600\"\n"),
            (json!("a\r\nb"), "\"a\\r\\nb\"\n"),
            (json!("a \nb"), "\"a \\nb\"\n"),
            (json!("\u{0}\u{1b}\u{85}\u{7f}"), "\"\\0\\e\\N\\x7F\"\n"),
        ],
    );
    check(Style::V3Pretty, &[(json!("a\tb\nc"), "|-\n  a\tb\n  c\n")]);
}

#[test]
fn text_of_several_lines_is_a_block() {
    check(
        Style::V2,
        &[
            (json!({"a": "b\nc\n"}), "a: |\n  b\n  c\n"),
            (json!({"a": "b\n\nc"}), "a: |-\n  b\n\n  c\n"),
            (json!({"a": "b\n\n", "c": 1}), "a: |+\n  b\n\nc: 1\n"),
            (json!(["  b\nc\n"]), "- |2\n    b\n  c\n"),
        ],
    );
}

#[test]
fn only_v2_folds_behind_column_80() {
    let long = format!("{} {}", "x".repeat(80), "y");
    check(Style::V2, &[(json!({"a": long}), &format!("a: {}\n  y\n", "x".repeat(80)))]);
    check(Style::V3Pretty, &[(json!({"a": long}), &format!("a: {long}\n"))]);
}

#[test]
fn keys_come_in_the_order_of_go_yaml() {
    let value = json!({"a10": 1, "a2": 1, "A": 1, "_": 1, "a": 1, "v1beta1": 1, "v1": 1, "10": 1, "9": 1});
    check(Style::V2, &[(value, "_: 1\n\"9\": 1\n\"10\": 1\nA: 1\na: 1\na2: 1\na10: 1\nv1: 1\nv1beta1: 1\n")]);
    let value = json!({"a1b": 1, "a1-": 1});
    check(Style::V2, &[(value.clone(), "a1-: 1\na1b: 1\n")]);
    check(Style::V3Pretty, &[(value, "a1b: 1\na1-: 1\n")]);
}

#[test]
fn keys_too_long_or_of_several_lines_are_asked_for() {
    let long = "k".repeat(129);
    check(
        Style::V2,
        &[
            (json!({ &long: {"a": [1]} }), &format!("? {long}\n: a:\n  - 1\n")),
            (json!({"a\nb": 1}), "? |-\n  a\n  b\n: 1\n"),
        ],
    );
}

#[test]
fn numbers_are_printed_as_go_prints_them() {
    check(
        Style::V2,
        &[
            (json!(1234567.0), "1234567\n"),
            (json!(1e20), "1e+20\n"),
            (json!(0.000001), "1e-06\n"),
            (json!(1.5), "1.5\n"),
            (json!(u64::MAX), "18446744073709551615\n"),
        ],
    );
    check(Style::V3Pretty, &[(json!(1234567.0), "1.234567e+06\n"), (json!(1234567), "1234567\n"), (json!(2.0), "2\n")]);
}

#[test]
fn scalars_and_empty_collections_are_documents_too() {
    check(Style::V2, &[(json!(null), "null\n"), (json!({}), "{}\n"), (json!([]), "[]\n"), (json!(true), "true\n")]);
}
