//! One or two telling cases for each family.

use crate::{check, check_error};

#[test]
fn numbers_convert_loosely_and_wrap() {
    check("{{int \"0x10\"}} {{int \"1.0\"}} {{int \"abc\"}} {{int64 3.9}} {{float64 \"1.5\"}}", "16 1 0 3 1.5");
    check("{{add 1 \"2\" 3.9}} {{div 7 2}} {{mod 7 4}} {{add1 9223372036854775807}}", "6 3 3 -9223372036854775808");
    check_error("{{div 1 0}}", "integer divide by zero");
}

#[test]
fn float_arithmetic_is_decimal() {
    check("{{addf 0.1 0.2}} {{mulf 1.2 2.4 10 4}} {{divf 1 3}} {{subf 1.1 0.1}}", "0.3 115.2 0.3333333333333333 1");
    check("{{round 123.555555 3}} {{round 1.5 0}} {{ceil 1.1}} {{floor 1.9}}", "123.556 2 2 1");
}

#[test]
fn text_is_cut_by_bytes() {
    check("{{trunc 3 \"hello\"}} {{trunc -2 \"hello\"}} {{substr 1 3 \"hello\"}}", "hel lo el");
    check_error("{{substr 9 -1 \"abc\"}}", "slice bounds out of range [9:3]");
}

#[test]
fn words_change_case() {
    check(
        "{{snakecase \"HTTPServer2xx\"}} {{kebabcase \"FirstName\"}} {{camelcase \"http_server\"}}",
        "http_server_2xx first-name HttpServer",
    );
    check("{{title \"hello world\"}} {{untitle \"Hello World\"}} {{swapcase \"aBC\"}}", "Hello World hello world Abc");
}

#[test]
fn quoting_skips_nil() {
    check("{{quote \"a\\\"b\" nil 3}} {{squote 1 nil}} {{cat 1 nil \"b\"}}", "\"a\\\"b\" \"3\" '1' 1 b");
}

#[test]
fn indenting_pads_empty_lines_too() {
    check("{{indent 2 \"a\\n\\nb\"}}|{{nindent 1 \"x\"}}", "  a\n  \n  b|\n x");
}

#[test]
fn merging_keeps_what_is_not_empty_and_shares_what_it_takes() {
    check("{{merge (dict \"a\" 1 \"b\" false) (dict \"a\" 2 \"b\" true \"c\" 3)}}", "map[a:1 b:true c:3]");
    check("{{mergeOverwrite (dict \"a\" 1) (dict \"a\" \"\")}}", "map[a:]");
    let shared = "{{$x := dict \"n\" (dict)}}{{$y := merge (dict) $x}}{{$_ := set $y.n \"k\" 1}}{{$x}}";
    check(shared, "map[n:map[k:1]]");
    let copied = "{{$x := dict \"n\" (dict)}}{{$y := merge (dict) (deepCopy $x)}}{{$_ := set $y.n \"k\" 1}}{{$x}}";
    check(copied, "map[n:map[]]");
}

#[test]
fn dig_answers_with_the_default_where_a_key_is_missing() {
    check("{{dig \"a\" \"b\" 9 (dict \"a\" (dict \"b\" 1))}} {{dig \"a\" \"x\" 9 (dict \"a\" (dict))}}", "1 9");
    check_error(
        "{{dig \"a\" \"b\" 9 (dict \"a\" 1)}}",
        "interface conversion: interface {} is int, not map[string]interface {}",
    );
}

#[test]
fn lists_grow_into_new_lists() {
    check("{{$l := list 1 2}}{{append $l 3}} {{prepend $l 0}} {{$l}}", "[1 2 3] [0 1 2] [1 2]");
    check(
        "{{uniq (list 1 1 \"1\")}} {{without (list 1 2 3) 2}} {{has 2 (list 1 2)}} {{chunk 2 (list 1 2 3)}}",
        "[1 1] [1 3] true [[1 2] [3]]",
    );
    check("{{until 3}} {{untilStep 5 0 -2}} {{seq 1 2 7}}", "[0 1 2] [5 3 1] 1 3 5 7");
    check_error("{{first 3}}", "Cannot find first on type int");
}

#[test]
fn json_escapes_as_go_does() {
    check("{{toJson (dict \"b\" \"<a>\" \"a\" 1.0)}}", "{\"a\":1,\"b\":\"\\u003ca\\u003e\"}");
    check("{{toRawJson \"<a>\"}} {{toJson 1e21}} {{toJson 1234567.0}}", "\"<a>\" 1e+21 1234567");
    check("{{toPrettyJson (list 1 (dict))}}", "[\n  1,\n  {}\n]");
    check("{{(fromJson \"{\\\"a\\\": 10000000}\").a}} {{fromJson \"no\"}}", "1e+07 <no value>");
}

#[test]
fn encodings_answer_with_the_fault() {
    check("{{b64enc \"hi\"}} {{b64dec \"aGk=\"}} {{b32enc \"hi\"}} {{b32dec \"NBUQ====\"}}", "aGk= hi NBUQ==== hi");
    check("{{b64dec \"a!\"}}", "illegal base64 data at input byte 1");
}

#[test]
fn digests_are_hexadecimal() {
    check("{{sha1sum \"abc\"}} {{adler32sum \"abc\"}}", "a9993e364706816aba3e25717850c26c9cd0d89d 38600999");
    check("{{sha256sum \"\" | trunc 8}} {{sha512sum \"\" | trunc 8}}", "e3b0c442 cf83e135");
}

#[test]
fn versions_follow_masterminds_rules() {
    check(
        "{{semverCompare \">=1.19-0\" \"v1.20.3-gke.1\"}} {{semverCompare \">=1.19\" \"1.20.0-rc.1\"}}",
        "true false",
    );
    check("{{semverCompare \"^1.2.x || 3 - 4.1\" \"3.9.9\"}} {{semverCompare \"~1.2\" \"1.3.0\"}}", "true false");
    check("{{(semver \"v1.2.3-rc+b\").Minor}} {{semver \"1.2\"}}", "2 1.2.0");
    check_error("{{semverCompare \"x y\" \"1\"}}", "improper constraint: \"x y\"");
}

#[test]
fn regular_expressions_are_re2() {
    check("{{regexMatch \"^\\\\d+$\" \"123\"}} {{regexFind \"\\\\Qa.b\\\\E\" \"axb a.b\"}}", "true a.b");
    check(
        "{{regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\"}} {{regexReplaceAll \"a(x*)b\" \"-ab-\" \"$1W\"}}",
        "-W-xxW- --",
    );
    check("{{regexSplit \"z+\" \"pizza\" -1}} {{regexFindAll \"[2,4,6,8]\" \"123456789\" -1}}", "[pi a] [2 4 6 8]");
    check_error("{{regexFind \"a**\" \"a\"}}", "invalid nested repetition operator: `**`");
    check_error("{{regexFind \"a{1001}\" \"a\"}}", "invalid repeat count: `{1001}`");
    check_error("{{regexFind \"\\\\C\" \"a\"}}", "invalid escape sequence: `\\C`");
}

#[test]
fn urls_come_apart_and_together() {
    check("{{(urlParse \"http://u:p@h:80/a?b=c#d\").userinfo}}", "u:p");
    check(
        "{{urlJoin (dict \"scheme\" \"https\" \"host\" \"h\" \"path\" \"/a b\" \"query\" \"q\")}}",
        "https://h/a%20b?q",
    );
}

#[test]
fn types_are_named_as_go_names_them() {
    check(
        "{{kindOf (list)}} {{typeOf (dict)}} {{typeOf nil}} {{kindIs \"string\" \"\"}}",
        "slice map[string]interface {} <nil> true",
    );
    check("{{typeOf (splitList \",\" \"a\")}} {{typeOf (until 1)}}", "[]string []int");
}

#[test]
fn dates_are_written_by_gos_layouts() {
    check("{{date \"Mon, 02 Jan 2006 15:04:05 MST\" 0}}", "Thu, 01 Jan 1970 00:00:00 UTC");
    check("{{toDate \"2006-01-02\" \"2024-02-29\" | date \"January _2, 06\"}}", "February 29, 24");
    check("{{dateModify \"-36h\" (toDate \"2006-01-02\" \"2024-03-01\") | htmlDate}}", "2024-02-28");
    check("{{durationRound \"2400h5s\"}} {{duration \"95\"}} {{durationRound \"x\"}}", "3mo 1m35s 0s");
    check_error("{{mustToDate \"2006-01-02\" \"2024-02-30\"}}", "day out of range");
}

#[test]
fn a_derived_password_is_the_published_one() {
    check("{{derivePassword 1 \"long\" \"password\" \"user\" \"example.com\"}}", "ZedaFaxcZaso9*");
    check("{{derivePassword 1 \"none\" \"p\" \"u\" \"s\"}}", "cannot find password template none");
}
