//! Text functions. They work on bytes where Go's do.

use windlass_gotemplate::fmt::quote;
use windlass_gotemplate::{Elem, Execution, Failure, Functions, Map, Signature, Text, Type, Value};

use crate::args::{
    ANY, ANYS, Answer, INT_INT_STRING, INT_STRING, STRING, STRING_ANY, STRING_STRING, STRING_STRING_INT,
    STRING_STRING_STRING, bytes, int, string, strings,
};
use crate::cast::to_text;
use crate::wrap;

const SPLITN: Signature = Signature::fixed(&[Type::String, Type::INT, Type::String]);
const WRAP_WITH: Signature = Signature::fixed(&[Type::INT, Type::String, Type::String]);

pub(crate) fn register(functions: &mut Functions) {
    functions.add("hello", Signature::fixed(&[]), |_, _| Ok("Hello!".into()));
    affixes(functions);
    lengths(functions);
    quoting(functions);
    lists(functions);
    functions.add("toString", ANY, |_, args| to_text(&args[0]).map(Value::string));
    functions.add("repeat", INT_STRING, repeat);
    functions.add("indent", INT_STRING, |execution, args| indent(execution, args, ""));
    functions.add("nindent", INT_STRING, |execution, args| indent(execution, args, "\n"));
    functions.add("replace", STRING_STRING_STRING, replace_function);
    functions.add("plural", STRING_STRING_INT, |_, args| Ok(args[usize::from(int(args, 2) != 1)].clone()));
    functions
        .add("wrap", INT_STRING, |_, args| Ok(Value::string(wrap::wrap(bytes(args, 1), int(args, 0), b"", false))));
    functions.add("wrapWith", WRAP_WITH, |_, args| {
        Ok(Value::string(wrap::wrap(bytes(args, 2), int(args, 0), bytes(args, 1), true)))
    });
}

fn affixes(functions: &mut Functions) {
    functions.add("trim", STRING, |_, args| Ok(string(args, 0).trim().into()));
    for name in ["trimall", "trimAll"] {
        functions.add(name, STRING_STRING, |_, args| {
            let cut = string(args, 0);
            Ok(string(args, 1).trim_matches(|char| cut.contains(char)).into())
        });
    }
    functions.add("trimSuffix", STRING_STRING, |_, args| {
        Ok(bytes(args, 1).strip_suffix(bytes(args, 0)).map_or_else(|| args[1].clone(), Value::string))
    });
    functions.add("trimPrefix", STRING_STRING, |_, args| {
        Ok(bytes(args, 1).strip_prefix(bytes(args, 0)).map_or_else(|| args[1].clone(), Value::string))
    });
    functions.add("contains", STRING_STRING, |_, args| Ok(find(bytes(args, 1), bytes(args, 0)).is_some().into()));
    functions.add("hasPrefix", STRING_STRING, |_, args| Ok(bytes(args, 1).starts_with(bytes(args, 0)).into()));
    functions.add("hasSuffix", STRING_STRING, |_, args| Ok(bytes(args, 1).ends_with(bytes(args, 0)).into()));
}

fn lengths(functions: &mut Functions) {
    functions.add("trunc", INT_STRING, |_, args| Ok(truncate(&args[1], int(args, 0))));
    functions.add("substr", INT_INT_STRING, |_, args| substring(bytes(args, 2), int(args, 0), int(args, 1)));
    functions.add("abbrev", INT_STRING, |_, args| {
        let width = int(args, 0);
        if width < 4 {
            return Ok(args[1].clone());
        }
        Ok(Value::string(wrap::abbreviate(bytes(args, 1), 0, width as usize)))
    });
    functions.add("abbrevboth", INT_INT_STRING, |_, args| {
        let (left, right) = (int(args, 0), int(args, 1));
        if right < 4 || (left > 0 && right < 7) {
            return Ok(args[2].clone());
        }
        Ok(Value::string(wrap::abbreviate(bytes(args, 2), left.max(0) as usize, right as usize)))
    });
    functions.add("nospace", STRING, |_, args| Ok(Value::string(wrap::delete_space(bytes(args, 0)))));
    functions.add("initials", STRING, |_, args| Ok(Value::string(wrap::initials(bytes(args, 0)))));
}

fn quoting(functions: &mut Functions) {
    functions.add("quote", ANYS, |_, args| joined(args, b" ", |arg| Ok(quote(&to_text(arg)?).into_bytes())));
    functions.add("squote", ANYS, |_, args| {
        joined(args, b" ", |arg| {
            let mut out = b"'".to_vec();
            windlass_gotemplate::fmt::write_value(&mut out, arg)?;
            out.push(b'\'');
            Ok(out)
        })
    });
    functions.add("cat", ANYS, |_, args| {
        joined(args, b" ", |arg| {
            let mut out = Vec::new();
            windlass_gotemplate::fmt::write_value(&mut out, arg)?;
            Ok(out)
        })
    });
}

fn lists(functions: &mut Functions) {
    functions.add("split", STRING_STRING, |_, args| Ok(numbered(split(bytes(args, 1), bytes(args, 0), None))));
    functions.add("splitList", STRING_STRING, |_, args| Ok(strings(split(bytes(args, 1), bytes(args, 0), None))));
    functions.add("splitn", SPLITN, |_, args| {
        let count = usize::try_from(int(args, 1)).ok();
        Ok(numbered(split(bytes(args, 2), bytes(args, 0), count)))
    });
    functions.add("toStrings", ANY, |_, args| string_items(&args[0]).map(strings));
    functions.add("join", STRING_ANY, |_, args| Ok(Value::string(string_items(&args[1])?.join(bytes(args, 0)))));
    functions.add("sortAlpha", ANY, |_, args| {
        let mut items = string_items(&args[0])?;
        if args[0].is_nil() {
            items.push(b"<nil>".to_vec());
        }
        items.sort();
        Ok(strings(items))
    });
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    let first = needle[0];
    let last = haystack.len().checked_sub(needle.len())?;
    (0..=last).find(|at| haystack[*at] == first && haystack[*at..].starts_with(needle))
}

/// Every argument but the nil ones.
fn joined(args: &[Value], separator: &[u8], shown: impl Fn(&Value) -> Result<Vec<u8>, Failure>) -> Answer {
    let parts: Result<Vec<_>, _> = args.iter().filter(|arg| !arg.is_nil()).map(shown).collect();
    Ok(Value::string(parts?.join(separator)))
}

/// A list as texts, without its nils; anything else is a list of one.
pub(crate) fn string_items(value: &Value) -> Result<Vec<Vec<u8>>, Failure> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => list.items().iter().filter(|item| !item.is_nil()).map(to_text).collect(),
        Value::Bytes(bytes) => Ok(bytes.iter().map(|byte| byte.to_string().into_bytes()).collect()),
        other => Ok(vec![to_text(other)?]),
    }
}

/// `strings.SplitN`; without a count, all parts. An empty separator splits into characters.
pub(crate) fn split(text: &[u8], separator: &[u8], count: Option<usize>) -> Vec<Vec<u8>> {
    let limit = count.unwrap_or(usize::MAX);
    if limit == 0 {
        return Vec::new();
    }
    if separator.is_empty() {
        return characters(text, limit);
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while parts.len() + 1 < limit {
        let Some(at) = find(rest, separator) else { break };
        parts.push(rest[..at].to_vec());
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest.to_vec());
    parts
}

fn characters(text: &[u8], limit: usize) -> Vec<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = if parts.len() + 1 < limit { char_length(rest) } else { rest.len() };
        parts.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    parts
}

fn char_length(text: &[u8]) -> usize {
    let chunk = text.utf8_chunks().next();
    chunk.and_then(|chunk| chunk.valid().chars().next()).map_or(1, char::len_utf8)
}

/// `map[string]string{"_0": …}`
fn numbered(parts: Vec<Vec<u8>>) -> Value {
    let entries = parts.into_iter().enumerate().map(|(index, part)| (format!("_{index}"), Value::string(part)));
    Value::from(Map::collect(Elem::String, entries))
}

fn truncate(value: &Value, count: i64) -> Value {
    let text = value.as_text().map_or(&[][..], Text::as_bytes);
    let length = text.len() as i64;
    if count < 0 && length + count > 0 {
        return Value::string(&text[(length + count) as usize..]);
    }
    if count >= 0 && length > count {
        return Value::string(&text[..count as usize]);
    }
    value.clone()
}

/// Byte ranges; what lies outside fails in the runtime's words.
fn substring(text: &[u8], start: i64, end: i64) -> Answer {
    let length = text.len() as i64;
    let out_of_range = |what: String| Failure::new(format!("runtime error: slice bounds out of range {what}"));
    if start < 0 {
        return match end {
            end if end < 0 => Err(out_of_range(format!("[:{end}]"))),
            end if end > length => Err(out_of_range(format!("[:{end}] with length {length}"))),
            end => Ok(Value::string(&text[..end as usize])),
        };
    }
    let stop = if end < 0 || end > length { length } else { end };
    if start > stop {
        return Err(out_of_range(format!("[{start}:{stop}]")));
    }
    Ok(Value::string(&text[start as usize..stop as usize]))
}

fn repeat(execution: &mut Execution, args: &[Value]) -> Answer {
    let Ok(count) = usize::try_from(int(args, 0)) else {
        return Err(Failure::new("strings: negative Repeat count"));
    };
    let text = bytes(args, 1);
    spend_bytes(execution, text.len().saturating_mul(count))?;
    Ok(Value::string(text.repeat(count)))
}

/// Text made out of nothing counts as steps, or a loop of a few turns could fill the memory.
fn spend_bytes(execution: &mut Execution, count: usize) -> Result<(), Failure> {
    execution.spend(count as u64)
}

/// Pads every line, empty ones too.
fn indent(execution: &mut Execution, args: &[Value], before: &str) -> Answer {
    let Ok(count) = usize::try_from(int(args, 0)) else {
        return Err(Failure::new("strings: negative Repeat count"));
    };
    let text = bytes(args, 1);
    let lines = 1 + text.iter().filter(|byte| **byte == b'\n').count();
    spend_bytes(execution, lines.saturating_mul(count))?;
    let mut out = Vec::with_capacity(before.len() + text.len() + lines * count);
    out.extend_from_slice(before.as_bytes());
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.resize(out.len() + count, b' ');
        out.extend_from_slice(line);
    }
    Ok(Value::string(out))
}

fn replace_function(execution: &mut Execution, args: &[Value]) -> Answer {
    let (old, new, text) = (bytes(args, 0), bytes(args, 1), bytes(args, 2));
    if find(text, old).is_none() {
        return Ok(args[2].clone());
    }
    let out = replace(text, old, new);
    spend_bytes(execution, out.len())?;
    Ok(Value::string(out))
}

/// `strings.ReplaceAll`; an empty text to replace stands before every character and at the end.
pub(crate) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    if old.is_empty() {
        let mut out = new.to_vec();
        for character in characters(text, usize::MAX) {
            out.extend_from_slice(&character);
            out.extend_from_slice(new);
        }
        return out;
    }
    split(text, old, None).join(new)
}
