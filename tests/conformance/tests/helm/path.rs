//! The paths of helm-unittest: dotted, with indices, quoted keys, `[*]` and filters on one field.

use serde_json::Value;

enum Step {
    Key(String),
    Index(usize),
    All,
    /// Items whose field has this value.
    Where(String, String),
}

/// What `path` leads to in `document`.
pub fn find<'a>(document: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![document];
    for step in steps(path) {
        found = found.into_iter().flat_map(|value| follow(value, &step)).collect();
    }
    found
}

fn follow<'a>(value: &'a Value, step: &Step) -> Vec<&'a Value> {
    match (step, value) {
        (Step::Key(key), value) => value.get(key).into_iter().collect(),
        (Step::Index(index), value) => value.get(index).into_iter().collect(),
        (Step::All, Value::Array(items)) => items.iter().collect(),
        (Step::Where(field, wanted), Value::Array(items)) => {
            items.iter().filter(|item| find(item, field).iter().any(|found| *found == wanted)).collect()
        }
        (Step::Where(field, wanted), value) if find(value, field).iter().any(|found| *found == wanted) => vec![value],
        _ => Vec::new(),
    }
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (inside, after) = bracket(after);
            steps.push(step(inside));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    steps
}

/// The text up to the bracket that closes, quotes respected.
fn bracket(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, ']') => return (&text[..at], &text[at + 1..]),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    (text, "")
}

fn step(inside: &str) -> Step {
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    if inside == "*" {
        return Step::All;
    }
    let condition = inside.strip_prefix("?(@.").and_then(|rest| rest.strip_suffix(')'));
    if let Some((field, wanted)) = condition.and_then(|condition| condition.split_once("==")) {
        return Step::Where(field.trim().to_owned(), unquoted(wanted));
    }
    inside.parse().map_or_else(|_| Step::Key(unquoted(inside)), Step::Index)
}
