//! Nothing a template does goes on for ever.

use windlass_gotemplate::{Budget, MissingKey, Value};

use crate::{render, render_with};

fn fails_with(template: &str, budget: Budget, words: &str) {
    let result = render_with(template, MissingKey::Invalid, budget);
    assert!(result.as_ref().is_err_and(|error| error.contains(words)), "{template}: {result:?}");
}

#[test]
fn endless_recursion_ends_at_the_depth() {
    let template = "{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}";
    fails_with(template, Budget { depth: 100, ..Budget::default() }, "exceeded maximum template depth (100)");
    let template = "{{define \"x\"}}{{include \"x\" .}}{{end}}{{include \"x\" .}}";
    fails_with(template, Budget { depth: 50, ..Budget::default() }, "exceeded maximum template depth (50)");
}

#[test]
fn endless_loops_end_at_the_steps() {
    let budget = Budget { steps: 10_000, ..Budget::default() };
    fails_with("{{range 1000000000000}}{{end}}", budget, "too many steps");
}

#[test]
fn endless_output_ends_at_the_bytes() {
    let budget = Budget { output: 1000, ..Budget::default() };
    fails_with("{{range 1000000}}text{{end}}", budget, "wrote too much");
}

#[test]
fn text_that_doubles_ends_at_its_length() {
    let budget = Budget { text: 1000, ..Budget::default() };
    fails_with("{{$x := \"ab\"}}{{range 64}}{{$x = print $x $x}}{{end}}", budget, "text became too long");
}

#[test]
fn nesting_beyond_the_bound_is_a_parse_error() {
    let deep = format!("{{{{{}1{}}}}}", "(".repeat(5000), ")".repeat(5000));
    assert!(render(&deep).is_err_and(|error| error.contains("max expression depth exceeded")));
    let deep = format!("{}{}", "{{if 1}}".repeat(5000), "{{end}}".repeat(5000));
    assert!(render(&deep).is_err_and(|error| error.contains("max expression depth exceeded")));
}

#[test]
fn a_map_that_contains_itself_is_not_printed() {
    let result = render("{{$_ := set .labels \"me\" .labels}}{{.labels}}");
    assert!(result.is_err_and(|error| error.contains("nested too deeply")));
}

#[test]
fn a_chain_of_many_maps_is_dropped_without_recursion() {
    let mut value = Value::Nil;
    for _ in 0..500_000 {
        value = Value::map([("next", value)]);
    }
    drop(value);
}
