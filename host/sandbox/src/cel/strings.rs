//! Functions on strings. Positions count characters.

use regex::RegexBuilder;

use super::eval::{Budget, Failure, Outcome};
use super::value::Value;

const MOST_COMPILED: usize = 1 << 20;

/// # Errors
/// No such function for these arguments; positions outside; patterns that cannot be read.
pub fn method(text: &str, function: &str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    budget.read(text.len())?;
    match (function, arguments) {
        ("contains", [Value::Text(part)]) => Ok(Value::Bool(text.contains(&**part))),
        ("startsWith", [Value::Text(part)]) => Ok(Value::Bool(text.starts_with(&**part))),
        ("endsWith", [Value::Text(part)]) => Ok(Value::Bool(text.ends_with(&**part))),
        ("matches", [Value::Text(pattern)]) => Ok(Value::Bool(compiled(pattern, budget)?.is_match(text))),
        ("find", [Value::Text(pattern)]) => {
            let found = compiled(pattern, budget)?.find(text).map_or("", |found| found.as_str());
            Ok(Value::text(found))
        }
        ("findAll", [Value::Text(pattern)]) => find_all(text, pattern, i64::MAX, budget),
        ("findAll", [Value::Text(pattern), Value::Int(most)]) => find_all(text, pattern, *most, budget),
        ("lowerAscii", []) => Ok(Value::text(&text.to_ascii_lowercase())),
        ("upperAscii", []) => Ok(Value::text(&text.to_ascii_uppercase())),
        ("trim", []) => Ok(Value::text(text.trim())),
        ("reverse", []) => Ok(Value::text(&text.chars().rev().collect::<String>())),
        ("charAt", [Value::Int(at)]) => char_at(text, *at),
        ("indexOf", [Value::Text(part)]) => Ok(position(text, text.find(&**part))),
        ("indexOf", [Value::Text(part), Value::Int(from)]) => {
            let start = offset(text, *from)?;
            Ok(position(text, text[start..].find(&**part).map(|found| found + start)))
        }
        ("lastIndexOf", [Value::Text(part)]) => Ok(position(text, text.rfind(&**part))),
        ("replace", [Value::Text(old), Value::Text(new)]) => replace(text, old, new, i64::MAX, budget),
        ("replace", [Value::Text(old), Value::Text(new), Value::Int(most)]) => replace(text, old, new, *most, budget),
        ("split", [Value::Text(by)]) => Ok(split(text, by, -1)),
        ("split", [Value::Text(by), Value::Int(most)]) => Ok(split(text, by, *most)),
        ("substring", [Value::Int(from)]) => Ok(Value::text(&text[offset(text, *from)?..])),
        ("substring", [Value::Int(from), Value::Int(to)]) => {
            let (start, end) = (offset(text, *from)?, offset(text, *to)?);
            let part = text.get(start..end);
            part.map(Value::text)
                .ok_or_else(|| Failure::Because(format!("invalid substring range. start: {from}, end: {to}")))
        }
        _ => Err(Failure::overload()),
    }
}

pub const METHODS: [&str; 17] = [
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "find",
    "findAll",
    "lowerAscii",
    "upperAscii",
    "trim",
    "reverse",
    "charAt",
    "indexOf",
    "lastIndexOf",
    "replace",
    "split",
    "substring",
    "join",
];

fn compiled(pattern: &str, budget: &mut Budget) -> Result<regex::Regex, Failure> {
    budget.spend(pattern.len() * 10 + 100)?;
    RegexBuilder::new(pattern)
        .size_limit(MOST_COMPILED)
        .build()
        .map_err(|_| Failure::Because(format!("error parsing regexp: `{pattern}`")))
}

fn find_all(text: &str, pattern: &str, most: i64, budget: &mut Budget) -> Outcome {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let pattern = compiled(pattern, budget)?;
    let found: Vec<Value> = pattern.find_iter(text).take(most).map(|found| Value::text(found.as_str())).collect();
    budget.spend(found.len())?;
    Ok(Value::list(found))
}

fn char_at(text: &str, at: i64) -> Outcome {
    let start = offset(text, at)?;
    let found = text[start..].chars().next();
    Ok(Value::text(&found.map(String::from).unwrap_or_default()))
}

/// From a position in characters to one in bytes.
fn offset(text: &str, at: i64) -> Result<usize, Failure> {
    let outside = || Failure::Because(format!("index out of range: {at}"));
    let at = usize::try_from(at).map_err(|_| outside())?;
    let mut starts = text.char_indices().map(|(start, _)| start).chain([text.len()]);
    starts.nth(at).ok_or_else(outside)
}

fn position(text: &str, found: Option<usize>) -> Value {
    Value::Int(found.map_or(-1, |at| text[..at].chars().count() as i64))
}

fn replace(text: &str, old: &str, new: &str, most: i64, budget: &mut Budget) -> Outcome {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let times = text.matches(old).take(most).count();
    budget.read(times.saturating_mul(new.len()))?;
    Ok(Value::text(&text.replacen(old, new, most)))
}

fn split(text: &str, by: &str, most: i64) -> Value {
    let parts: Vec<Value> = match usize::try_from(most) {
        Ok(0) => Vec::new(),
        Ok(most) => text.splitn(most, by).map(Value::text).collect(),
        Err(_) if by.is_empty() => text.chars().map(|letter| Value::text(&letter.to_string())).collect(),
        Err(_) => text.split(by).map(Value::text).collect(),
    };
    Value::list(parts)
}

/// `list.join(between)`.
pub fn join(items: &[Value], between: &str, budget: &mut Budget) -> Outcome {
    let mut parts = Vec::with_capacity(items.len());
    for item in items {
        let Value::Text(text) = item else { return Err(Failure::overload()) };
        budget.read(text.len() + between.len())?;
        parts.push(text.as_ref());
    }
    Ok(Value::text(&parts.join(between)))
}
