//! Error texts and positions.

use crate::check_error;

#[test]
fn parse_errors_name_file_and_line() {
    check_error("\n{{if}}", "template: file:2: missing value for if");
    check_error("{{foo}}", "template: file:1: function \"foo\" not defined");
    check_error("{{if .x}}", "template: file:1: unexpected EOF");
    check_error("{{end}}", "template: file:1: unexpected {{end}}");
    check_error("{{$x}}", "template: file:1: undefined variable \"$x\"");
    check_error("{{break}}", "template: file:1: {{break}} outside {{range}}");
    check_error("{{.x | 3}}", "template: file:1: non executable command in pipeline stage 2");
    check_error("{{\n\n\"a", "template: file:3: unterminated quoted string in action started at file:1");
}

#[test]
fn execution_errors_point_at_the_failing_node() {
    check_error(
        "line\n  {{.none.y}}",
        "template: file:2:9: executing \"file\" at <.none.y>: nil pointer evaluating interface {}.y",
    );
    check_error(
        "{{define \"x\"}}{{index .hosts 5}}{{end}}{{template \"x\" .}}",
        "template: file:1:16: executing \"x\" at <index .hosts 5>: error calling index: index out of range: 5",
    );
    check_error(
        "{{eq 1 1.0}}",
        "template: file:1:2: executing \"file\" at <eq 1 1.0>: error calling eq: incompatible types for comparison: \
         int and float64",
    );
}

#[test]
fn arguments_are_checked_by_the_signature() {
    check_error("{{printf 3}}", "template: file:1:9: executing \"file\" at <3>: expected string; found 3");
    check_error(
        "{{set .name \"k\" 1}}",
        "template: file:1:6: executing \"file\" at <.name>: wrong type for value; expected map[string]interface {}; \
         got string",
    );
    check_error(
        "{{not}}",
        "template: file:1:2: executing \"file\" at <not>: wrong number of args for not: want 1 got 0",
    );
}

#[test]
fn a_failure_in_an_included_template_is_told_from_the_outside_in() {
    check_error(
        "{{define \"x\"}}{{.none.y}}{{end}}{{include \"x\" .}}",
        "template: file:1:34: executing \"file\" at <include \"x\" .>: error calling include: template: file:1:21: \
         executing \"x\" at <.none.y>: nil pointer evaluating interface {}.y",
    );
}
