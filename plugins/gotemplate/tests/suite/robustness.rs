//! Whatever the input: an answer, never a panic.

use proptest::prelude::*;
use windlass_gotemplate::{Budget, MissingKey, Value, fmt};

use crate::render_with;

const BUDGET: Budget = Budget { depth: 20, steps: 20_000, output: 100_000, text: 100_000 };

/// Pieces that make up templates, so that random joins get past the lexer.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "{{",
        "}}",
        "{{- ",
        " -}}",
        "if ",
        "else",
        "end",
        "range ",
        "with ",
        "define ",
        "template ",
        "block ",
        "\"x\"",
        "`y`",
        ".",
        ".labels",
        ".none",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "|",
        "(",
        ")",
        " ",
        "\n",
        "1",
        "-2.5",
        "1i",
        "'c'",
        "0x1p4",
        "nil",
        "true",
        "printf ",
        "index ",
        "slice ",
        "include ",
        "set ",
        "eq ",
        "len ",
        "break",
        "continue",
        "/*",
        "*/",
        "{{end}}",
        "{{.hosts}}",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => ".{0,3}"]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::int),
        any::<f64>().prop_map(Value::float),
        any::<Vec<u8>>().prop_map(Value::string),
        ".{0,8}".prop_map(|text| Value::list(vec![text.into(), Value::Nil])),
    ]
}

proptest! {
    #[test]
    fn any_template_has_an_outcome(pieces in prop::collection::vec(piece(), 0..40)) {
        // The outcome itself is for the other tests.
        let _outcome = render_with(&pieces.concat(), MissingKey::Zero, BUDGET);
    }

    #[test]
    fn any_format_has_an_outcome(
        format in "(%[-+# 0]{0,3}(\\*|\\[[0-9]\\]|[0-9]{0,4})?(\\.[0-9*]{0,3})?[a-zA-Z%é]?|.){0,6}",
        args in prop::collection::vec(value(), 0..4),
    ) {
        prop_assert!(fmt::sprintf(format.as_bytes(), &args).is_ok());
    }

    #[test]
    fn shortest_floats_read_back_the_same(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        prop_assert_eq!(windlass_gotemplate::strconv::parse_float(&fmt::shortest(number)), Ok(number));
    }
}
