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
    let limits = Limits { nodes: 100_000, ..Limits::default() };
    let start = Instant::now();
    assert_eq!(exceeded(&alias_bomb(9), &limits), Limit::Nodes);
    // Without the count in front of the copy this is 387 million nodes, far from the bound on any machine.
    assert!(start.elapsed() < Duration::from_secs(5));
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
fn many_possible_keys_cost_no_more_than_their_number() {
    let text = format!("{}{}", "[".repeat(200), "a,".repeat(200_000));
    let start = Instant::now();
    assert!(to_json(text.as_bytes(), &Limits::default()).is_err());
    assert!(start.elapsed() < Duration::from_secs(20));
}
