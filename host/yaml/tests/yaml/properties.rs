//! What holds for every value and every text.

use proptest::prelude::*;
use serde_json::{Map, Value};
use windlass_yaml::{Dialect, Limits, Style, emit, first_to_json, parse};

const STYLES: [Style; 3] = [Style::V2, Style::V3Pretty, Style::Kyaml];

/// Pieces that mean something to YAML, and any characters between them.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            " ", "\n", ": ", "- ", "#", " #", "'", "\"", "\\", "|", ">", "[", "]", "{", "}", ",", "&", "*", "!", "%", "@",
            "`", "?", "=", "<<", "~", "yes", "No", "on", "null", "true", "0", "1", "9", ".", "e", "E", "+", "-", "_", ":",
            "0x", "0o", "0b", "---", "...", "2001-01-01", "T1:1:1Z", "\t", "\r", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{0}",
            "long words to fold at the end of lines",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z]{1,12}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("finite, with a fraction", |float| float.is_finite() && float.fract() != 0.0)
            .prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => number,
        4 => text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn read(text: &str, dialect: Dialect) -> Value {
    let documents = parse(text.as_bytes(), dialect, &Limits::default()).expect(text);
    documents[0].root.to_json().expect(text)
}

/// The first scalar of a text, to a reader of YAML 1.2's core schema.
fn core_schema_reads_string(plain: &str) -> bool {
    let number = plain.trim_start_matches(['-', '+']);
    let numeric =
        number.starts_with(|first: char| first.is_ascii_digit() || first == '.') && number.parse::<f64>().is_ok();
    let word =
        matches!(plain, "" | "~" | "null" | "Null" | "NULL" | "true" | "True" | "TRUE" | "false" | "False" | "FALSE");
    let special = matches!(number, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
    !(numeric || word || special)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_back_in_both_dialects(value in value()) {
        for style in STYLES {
            let printed = emit(&value, style);
            prop_assert_eq!(&read(&printed, Dialect::V2), &value, "{:?} as v2: {}", style, printed);
            prop_assert_eq!(&read(&printed, Dialect::V3), &value, "{:?} as v3: {}", style, printed);
        }
    }

    #[test]
    fn a_string_without_quotes_is_a_string_to_yaml_1_2_too(text in text()) {
        for style in STYLES {
            let printed = emit(&Value::from(text.as_str()), style);
            let quoted = printed.starts_with(['"', '\'', '|']);
            prop_assert!(quoted || core_schema_reads_string(&text), "{}", printed);
        }
    }

    #[test]
    fn tree_and_direct_reading_agree(text in text()) {
        let direct = first_to_json(text.as_bytes(), &Limits::default());
        let tree = parse(text.as_bytes(), Dialect::V2, &Limits::default());
        if let (Ok(Some(direct)), Ok(tree)) = (direct, tree) {
            prop_assert_eq!(&direct.value, &tree[0].root.to_json().expect("as JSON"));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = parse(&bytes, Dialect::V3, &Limits::default());
        prop_assert!(read.is_ok() || !read.expect_err("refused").go_text().is_empty());
    }
}
