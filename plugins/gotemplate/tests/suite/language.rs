//! Statements and expressions.

use windlass_gotemplate::{Budget, MissingKey};

use crate::{check, render_with};

#[test]
fn maps_are_visited_in_key_order() {
    check("{{range $k, $v := .labels}}{{$k}}={{$v}};{{end}}", "a=1;b=2;");
}

#[test]
fn a_range_over_a_number_counts() {
    check("{{range $i := 3}}{{$i}}{{end}}", "012");
}

#[test]
fn an_empty_range_takes_the_else_branch() {
    check("{{range .empty}}x{{else}}none{{end}}{{range .none}}x{{else}}nil{{end}}", "nonenil");
}

#[test]
fn break_and_continue_end_a_loop_and_a_turn() {
    check("{{range $i := 9}}{{if eq $i 1}}{{continue}}{{end}}{{if eq $i 3}}{{break}}{{end}}{{$i}}{{end}}", "02");
}

#[test]
fn an_assignment_outlives_its_block_and_a_declaration_does_not() {
    check("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2");
    check("{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1");
}

#[test]
fn else_with_and_else_if_chain() {
    check("{{with .none}}a{{else with .name}}{{.}}{{else}}b{{end}}", "web");
    check("{{if .none}}a{{else if .port}}b{{else}}c{{end}}", "b");
}

#[test]
fn trim_markers_eat_blanks_and_newlines() {
    check("a \n {{- 1 -}} \n b", "a1b");
    check("a {{-3}} b", "a -3 b");
    check("a {{- /* note */ -}} b", "ab");
}

#[test]
fn and_and_or_give_operands_and_stop_early() {
    check("{{or .none .name}} {{and .on 0}} {{or 1 (index .hosts 9)}}", "web 0 1");
}

#[test]
fn a_later_definition_replaces_an_earlier_one() {
    check("{{block \"b\" .port}}[{{.}}]{{end}}{{template \"b\" .name}}", "[80][web]");
}

#[test]
fn a_map_changed_by_a_function_is_changed_everywhere() {
    check("{{$l := .labels}}{{$_ := set $l \"c\" 3}}{{.labels}}", "map[a:1 b:2 c:3]");
}

#[test]
fn a_missing_key_is_what_the_option_says() {
    let with = |missing_key, template| render_with(template, missing_key, Budget::default());
    assert_eq!(with(MissingKey::Invalid, "{{.x}}{{.x.y}}").as_deref(), Ok("<no value><no value>"));
    assert_eq!(with(MissingKey::Zero, "{{.x}}").as_deref(), Ok("<no value>"));
    assert!(
        with(MissingKey::Zero, "{{.x.y}}").is_err_and(|error| error.ends_with("nil pointer evaluating interface {}.y"))
    );
    assert!(with(MissingKey::Error, "{{.x}}").is_err_and(|error| error.ends_with("map has no entry for key \"x\"")));
}
