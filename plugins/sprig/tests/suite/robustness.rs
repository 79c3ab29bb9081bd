//! Whatever the input: an answer, never a panic.

use proptest::prelude::*;
use windlass_sprig::regexp::Regexp;
use windlass_sprig::semver::{Constraints, Version};
use windlass_sprig::time::{Time, format, parse, parse_duration};
use windlass_sprig::{Environment, json};

use crate::render;

/// An argument for a function picked at random.
fn argument() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "\"\"",
        "\"abc\"",
        "\"a,b\"",
        "\"é\\xff\"",
        "\"1.2.3\"",
        "\"2006-01-02\"",
        "0",
        "1",
        "-1",
        "7",
        "2.5",
        "1e300",
        "9223372036854775807",
        "-9223372036854775808",
        "true",
        "nil",
        "(list)",
        "(list 1 \"b\" nil)",
        "(dict)",
        "(dict \"a\" (dict \"b\" 1))",
        "(now)",
        "(splitList \",\" \"a,b\")",
        "(until 3)",
        "(semver \"1.2.3-a\")",
    ])
    .prop_map(str::to_owned)
}

fn function_names() -> Vec<String> {
    let mut functions = windlass_gotemplate::Functions::builtin();
    windlass_sprig::register(&mut functions, Environment::fixed());
    // Hashing passwords is slow by design.
    let slow = ["bcrypt", "htpasswd", "derivePassword"];
    let mut names: Vec<String> = functions.names().filter(|name| !slow.contains(name)).map(str::to_owned).collect();
    names.sort();
    names
}

proptest! {
    #[test]
    fn any_call_has_an_outcome(
        name in prop::sample::select(function_names()),
        args in prop::collection::vec(argument(), 0..6),
    ) {
        // The outcome itself is for the other tests.
        let _outcome = render(&format!("{{{{{name} {}}}}}", args.join(" ")), Environment::fixed());
    }

    #[test]
    fn any_regular_expression_compiles_or_is_refused(
        pattern in "([a-c.^$|()*+?]|\\[|\\]|\\{1,2\\}|\\\\[a-zA-Z0-9]|\\(\\?[imsUP<:=]|é){0,12}",
        text in "[a-cé\n]{0,8}",
    ) {
        match Regexp::compile(&pattern) {
            Ok(regexp) => prop_assert!(regexp.find_all(text.as_bytes(), -1).len() <= text.len() + 1),
            Err(error) => prop_assert!(error.starts_with("error parsing regexp: "), "{}", error),
        }
    }

    #[test]
    fn any_constraint_and_version_are_read_or_refused(
        constraint in "([<>=!~^]{0,2} ?v?[0-9x*]{1,2}(\\.[0-9x*]{1,2}){0,2}(-[a-z0-9.]{0,3})?( - | \\|\\| |, | )?){0,4}",
        version in "v?[0-9]{1,21}(\\.[0-9]{1,2}){0,2}(-[a-z0-9.]{0,4})?",
    ) {
        if let (Ok(constraint), Ok(version)) = (Constraints::parse(&constraint), Version::parse(&version)) {
            prop_assert_eq!(version.cmp(&version), std::cmp::Ordering::Equal);
            let _holds: bool = constraint.check(&version);
        }
    }

    #[test]
    fn a_written_time_reads_back_the_same(seconds in -62_135_596_800i64..253_402_300_799, nanos in 0u32..1_000_000_000) {
        let time = Time::utc(seconds, nanos);
        let layout = "2006-01-02T15:04:05.999999999Z07:00";
        prop_assert_eq!(parse(layout, &format(&time, layout)), Ok(time));
    }

    #[test]
    fn any_layout_and_time_have_an_outcome(
        layout in "([0-9_.,ZJMP:-]|Jan|Monday|MST|2006|-0700){0,8}",
        text in ".{0,12}",
        seconds in any::<i64>(),
    ) {
        let written = format(&Time::utc(seconds, 1), &layout);
        let _outcomes = (parse(&layout, &text), parse(&layout, &written), parse_duration(&text));
    }

    #[test]
    fn encoded_text_decodes_to_itself(text in ".{0,20}") {
        let value = windlass_gotemplate::Value::from(text.as_str());
        let encoded = json::encode(&value, json::Style::Compact).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let decoded = json::decode(encoded.as_bytes()).map_err(TestCaseError::fail)?;
        prop_assert!(windlass_sprig::deep_equal(&value, &decoded));
    }
}
