//! Charts that are meant to harm: each ends within its limits, in words that name what is at fault.

use windlass_helm::{RenderOptions, ValuesFile};

use crate::{CHART, check_refused, check_template_refused, gzipped, rendered, with_archive};

#[test]
fn a_regular_expression_that_grows_without_bound_is_refused_where_it_stands() {
    check_template_refused("{{ mustRegexMatch \"((a{1,500}){1,500}){1,500}\" \"a\" }}", "c/templates/t.yaml:1");
    check_template_refused("{{ mustRegexMatch (repeat 100000 \"(\") \"a\" }}", "c/templates/t.yaml:1");
    // Linear where others go back and forth for ages.
    let text = "a: {{ regexMatch \"^(a+)+$\" (print (repeat 100000 \"a\") \"b\") }}";
    let output = rendered(&[CHART, ("templates/t.yaml", text)], &RenderOptions::default()).unwrap();
    assert!(output.to_string().contains("a: false"));
}

#[test]
fn values_that_multiply_by_aliases_are_refused_by_the_name_of_their_file() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let before = level - 1;
        let items = vec![format!("*a{before}"); 10].join(",");
        bomb += &format!("a{level}: &a{level} [{items}]\n");
    }
    let mut options = RenderOptions::default();
    options.values.files.push(ValuesFile { name: "bomb.yaml".to_owned(), data: bomb.clone().into_bytes() });
    check_refused(&[CHART], &options, "bomb.yaml");
    check_refused(&[CHART, ("values.yaml", &bomb)], &RenderOptions::default(), "values.yaml");
}

#[test]
fn values_as_deep_as_a_well_are_refused() {
    let deep = format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    check_refused(&[CHART, ("values.yaml", &deep)], &RenderOptions::default(), "values.yaml");
}

#[test]
fn a_schema_that_leads_to_itself_or_elsewhere_is_refused_and_nothing_is_fetched() {
    let looped = r##"{"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}"##;
    let endless = r##"{"properties": {"x": {"$ref": "#"}}}"##;
    let remote = r#"{"$ref": "https://example.com/schema.json"}"#;
    check_refused(&[CHART, ("values.schema.json", looped)], &RenderOptions::default(), "c:");
    check_refused(
        &[CHART, ("values.schema.json", remote)],
        &RenderOptions::default(),
        "https://example.com/schema.json",
    );
    // Values have an end, so this has one too.
    let fine =
        rendered(&[CHART, ("values.yaml", "x: {x: {}}"), ("values.schema.json", endless)], &RenderOptions::default());
    assert!(fine.is_ok());
}

#[test]
fn archives_inside_archives_share_one_allowance() {
    let chart: &[u8] = b"apiVersion: v2\nname: s\nversion: 1.0.0\n";
    let mut inner = gzipped(&[("s/Chart.yaml", chart), ("s/big", &vec![0; 60 << 20])]);
    for _ in 0..2 {
        inner = gzipped(&[("s/Chart.yaml", chart), ("s/big", &vec![0; 30 << 20]), ("s/charts/s-1.0.0.tgz", &inner)]);
    }
    let error = with_archive(inner).unwrap_err().to_string();
    assert!(error.contains("larger than the maximum size"), "{error}");
}

#[test]
fn a_function_defined_by_itself_and_a_loop_in_loops_end() {
    check_template_refused(
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "c/templates/t.yaml:1",
    );
    check_template_refused(
        "{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}",
        "too many steps",
    );
    check_template_refused(
        "{{ $x := \"ab\" }}{{ range until 64 }}{{ $x = print $x $x }}{{ end }}",
        "c/templates/t.yaml:1",
    );
}

#[test]
fn random_values_without_end_are_refused() {
    check_template_refused("{{ randAlphaNum 1000000000 }}", "c/templates/t.yaml:1");
    check_template_refused("{{ genCA \"x\" 9223372036854775807 }}", "c/templates/t.yaml:1");
}
