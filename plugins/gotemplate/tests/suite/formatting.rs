//! Values as text.

use crate::check;

#[test]
fn large_floats_print_with_an_exponent() {
    check("{{.share}} {{100000.0}} {{0.00001}} {{1e21}}", "1.234567e+06 100000 1e-05 1e+21");
}

#[test]
fn containers_print_as_go_prints_them() {
    check("{{.labels}} {{.hosts}} {{.empty}}", "map[a:1 b:2] [x y] []");
    check("{{printf \"%#v\" .hosts}}", "[]interface {}{\"x\", \"y\"}");
}

#[test]
fn what_does_not_fit_a_verb_is_shown_in_place() {
    check("{{printf \"%d %s %d\" \"x\" 3}}", "%!d(string=x) %!s(int=3) %!d(MISSING)");
    check("{{printf \"%d\" 1 2}}", "1%!(EXTRA int=2)");
    check("{{printf \"%\" 1}}", "%!(NOVERB)%!(EXTRA int=1)");
}

#[test]
fn flags_widths_and_precisions_apply() {
    check("{{printf \"%5d|%-5d|%05d|%+d|%x\" 42 42 42 42 255}}", "   42|42   |00042|+42|ff");
    check("{{printf \"%.2f %8.3f %q %T\" 3.14159 2.5 \"a\\n\" 1}}", "3.14    2.500 \"a\\n\" int");
    check("{{printf \"%*d %[1]d\" 4 7}}", "   7 4");
}

#[test]
fn print_puts_blanks_between_operands_that_are_no_strings() {
    check("{{print 1 2 \"a\" \"b\" 3}}", "1 2a b3".replace("a b", "ab").as_str());
    check("{{println 1 \"a\"}}", "1 a\n");
}

#[test]
fn escapers_follow_their_languages() {
    check("{{html \"<a href='x'>&\"}}", "&lt;a href=&#39;x&#39;&gt;&amp;");
    check("{{js \"it's <b>\"}} {{urlquery \"a b&c\"}}", "it\\'s \\u003Cb\\u003E a+b%26c");
}
