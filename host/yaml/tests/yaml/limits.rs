//! What a text may cost.

use std::time::{Duration, Instant};

use windlass_yaml::{Dialect, ErrorKind, Limit, Limits, parse, to_json};

fn exceeded(text: &str, limits: &Limits) -> Limit {
    let errors = [
        to_json(text.as_bytes(), limits).expect_err("to_json"),
        parse(text.as_bytes(), Dialect::V3, limits).expect_err("parse"),
    ];
    let [Some(json), Some(tree)] = errors.each_ref().map(|error| match error.kind() {
        ErrorKind::Limit(limit, _) => Some(*limit),
        _ => None,
    }) else {
        panic!("{errors:?}")
    };
    assert_eq!(json, tree);
    json
}

fn alias_bomb(levels: usize) -> String {
    let mut text = "l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..levels {
        let aliases = vec![format!("*l{}", level - 1); 9].join(", ");
        text.push_str(&format!("l{level}: &l{level} [{aliases}]\n"));
    }
    text
}

#[test]
fn an_alias_bomb_is_refused_before_it_expands() {
    let bomb = alias_bomb(9);
    let start = Instant::now();
    assert_eq!(exceeded(&bomb, &Limits::default()), Limit::Aliases);
    // It would be 387 million nodes; the time is far above what a slow machine needs for the ten thousand looked at.
    assert!(start.elapsed() < Duration::from_secs(2));
    let error = to_json(bomb.as_bytes(), &Limits::default()).expect_err("bomb");
    assert_eq!(error.go_text(), "yaml: document contains excessive aliasing");
}

#[test]
fn nodes_count_as_often_as_aliases_repeat_them() {
    let text = format!("a: &a [{}]\nb: [{}]\n", "1,".repeat(90), "*a,".repeat(90));
    assert!(to_json(text.as_bytes(), &Limits::default()).is_ok());
    assert_eq!(exceeded(&text, &Limits { nodes: 8_000, ..Limits::default() }), Limit::Nodes);
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let limits = Limits::default();
    assert_eq!(exceeded(&"[".repeat(10_000), &limits), Limit::Depth);
    assert_eq!(exceeded(&"{a: ".repeat(10_000), &limits), Limit::Depth);
    assert_eq!(exceeded(&"- ".repeat(10_000), &limits), Limit::Depth);
    let boundless = Limits { depth: usize::MAX, ..limits };
    assert_eq!(exceeded(&"- ".repeat(10_000), &boundless), Limit::Depth);
}

#[test]
fn nesting_by_aliases_counts_as_nesting() {
    let mut text = format!("a0: &a0 {}{}\n", "[".repeat(100), "]".repeat(100));
    for level in 1..5 {
        let (open, close) = ("[".repeat(100), "]".repeat(100));
        text.push_str(&format!("a{level}: &a{level} {open}*a{}{close}\n", level - 1));
    }
    assert_eq!(exceeded(&text, &Limits::default()), Limit::Depth);
}

#[test]
fn a_text_at_every_limit_is_read_and_one_above_is_not() {
    let text = "---\na: [1]\n---\nb: 2\n";
    let limits = Limits { bytes: text.len(), depth: 2, nodes: 7, documents: 2 };
    assert_eq!(to_json(text.as_bytes(), &limits).expect("at the limits").len(), 2);
    assert_eq!(exceeded(text, &Limits { bytes: text.len() - 1, ..limits }), Limit::Bytes);
    assert_eq!(exceeded(text, &Limits { depth: 1, ..limits }), Limit::Depth);
    assert_eq!(exceeded(text, &Limits { nodes: 6, ..limits }), Limit::Nodes);
    assert_eq!(exceeded(text, &Limits { documents: 1, ..limits }), Limit::Documents);
}

#[test]
fn a_long_line_costs_about_what_its_text_costs_on_many_lines() {
    let time = |entry: &str| {
        let text = format!("{}{}", "[".repeat(200), entry.repeat(20_000));
        let start = Instant::now();
        assert!(to_json(text.as_bytes(), &Limits::default()).is_err());
        start.elapsed()
    };
    // Counting columns from the start of the line for each node makes this a factor of hundreds.
    assert!(time("a, ") < 30 * time("a,\n") + Duration::from_secs(1));
}
