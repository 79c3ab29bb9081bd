//! The `--set` language: `name=value` pairs that are written into a tree of values.
//!
//! Keys are dotted paths with `[n]` for list items; `\` quotes one character. The five flags differ in how the text
//! after `=` becomes a value, see [`Syntax`]. Sizes are bounded as in Helm: list indices by [`MAX_INDEX`], depth by
//! [`MAX_DEPTH`].

use serde_json::{Map, Value};
use thiserror::Error;

use super::number;

/// Highest list index that may be set.
const MAX_INDEX: usize = 65_536;
/// Deepest nesting of names, and of list indices.
const MAX_DEPTH: usize = 30;

/// Why a `--set` argument was refused; the texts are Helm's.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum SetError {
    #[error("key {0:?} has no value")]
    NoValue(String),
    #[error("key {0:?} has no value (cannot end with ,)")]
    EndsWithComma(String),
    #[error("key map {0:?} has no value")]
    EmptyMap(String),
    #[error("value name nested level is greater than maximum supported nested level of {MAX_DEPTH}")]
    TooDeep,
    #[error("error parsing index: {0}")]
    BadIndex(String),
    #[error("negative {0} index not allowed")]
    NegativeIndex(i64),
    #[error("index of {0} is greater than maximum supported index of {MAX_INDEX}")]
    IndexTooLarge(i64),
    #[error("unexpected data at end of array index: {0:?}")]
    AfterIndex(String),
    #[error("list must terminate with '}}'")]
    OpenList,
    #[error("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")]
    WrongType { found: &'static str, wanted: &'static str },
    #[error("invalid JSON value: {0}")]
    Json(String),
    #[error("{0}")]
    File(String),
}

/// How the text after `=` is read.
#[derive(Clone, Copy)]
pub enum Syntax<'a> {
    /// `--set`: `true`, `false`, `null` and integers are typed, `{a,b}` is a list.
    Typed,
    /// `--set-string`: every value is text.
    Text,
    /// `--set-file`: the value is a path, whose contents are set.
    File(&'a dyn Fn(&str) -> Result<String, String>),
    /// `--set-json`: the value is JSON.
    Json,
    /// `--set-literal`: everything after the first `=` is the value, and nothing is quoted.
    Literal,
}

/// Writes the assignments of one argument into `target`.
pub fn set(argument: &str, syntax: Syntax<'_>, target: &mut Map<String, Value>) -> Result<(), SetError> {
    let mut parser = Parser { rest: argument, syntax };
    while parser.assignment(target, 0)? == Progress::More {}
    Ok(())
}

/// Whether input may be left. Running out in the middle of a path is not an error, as in Helm.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    More,
    End,
}

struct Parser<'a> {
    rest: &'a str,
    syntax: Syntax<'a>,
}

impl Parser<'_> {
    fn is_literal(&self) -> bool {
        matches!(self.syntax, Syntax::Literal)
    }

    /// The text up to one of `stops` and that character, which is consumed.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let quotes = !self.is_literal();
        let mut text = String::new();
        let mut characters = self.rest.chars();
        let mut last = None;
        while let Some(next) = characters.next() {
            match next {
                next if stops.contains(&next) => {
                    last = Some(next);
                    break;
                }
                '\\' if quotes => text.extend(characters.next()),
                other => text.push(other),
            }
        }
        self.rest = characters.as_str();
        (text, last)
    }

    fn assignment(&mut self, target: &mut Map<String, Value>, depth: usize) -> Result<Progress, SetError> {
        let stops: &[char] = if self.is_literal() { &['=', '[', '.'] } else { &['=', '[', '.', ','] };
        match self.until(stops) {
            (key, None) if key.is_empty() => Ok(Progress::End),
            (key, None) => Err(SetError::NoValue(key)),
            (key, Some('[')) => self.indexed(key, target, depth),
            (key, Some('.')) => self.nested(key, target, depth),
            (key, Some('=')) => {
                let (value, progress) = self.value()?;
                store(target, key, value);
                Ok(progress)
            }
            (key, Some(_)) => Err(SetError::EndsWithComma(key)),
        }
    }

    fn indexed(&mut self, key: String, target: &mut Map<String, Value>, depth: usize) -> Result<Progress, SetError> {
        let index = self.index()?;
        let mut list = match target.get_mut(&key).map(Value::take) {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(wrong_type(&other, "[]interface {}")),
        };
        let progress = self.item(&mut list, index, depth)?;
        store(target, key, Value::Array(list));
        Ok(progress)
    }

    fn nested(&mut self, key: String, target: &mut Map<String, Value>, depth: usize) -> Result<Progress, SetError> {
        if depth >= MAX_DEPTH {
            return Err(SetError::TooDeep);
        }
        let mut inner = match target.get_mut(&key).map(Value::take) {
            None => Map::new(),
            Some(Value::Object(map)) => map,
            Some(other) => return Err(wrong_type(&other, "map[string]interface {}")),
        };
        let progress = self.assignment(&mut inner, depth + 1)?;
        if !inner.is_empty() {
            store(target, key, Value::Object(inner));
        } else if progress == Progress::More {
            return Err(SetError::EmptyMap(key));
        }
        Ok(progress)
    }

    fn index(&mut self) -> Result<usize, SetError> {
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            return Err(SetError::BadIndex("EOF".to_owned()));
        }
        let index: i64 =
            text.parse().map_err(|_| SetError::BadIndex(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
        match usize::try_from(index) {
            Err(_) => Err(SetError::NegativeIndex(index)),
            Ok(large) if large > MAX_INDEX => Err(SetError::IndexTooLarge(index)),
            Ok(index) => Ok(index),
        }
    }

    /// What follows `[index]`.
    fn item(&mut self, list: &mut Vec<Value>, index: usize, depth: usize) -> Result<Progress, SetError> {
        if depth >= MAX_DEPTH {
            return Err(SetError::TooDeep);
        }
        let (stray, last) = self.until(&['[', '.', '=']);
        if !stray.is_empty() {
            return Err(SetError::AfterIndex(stray));
        }
        let present = list.get_mut(index).map(Value::take);
        let (value, progress) = match last {
            None => return Ok(Progress::End),
            Some('=') => self.value()?,
            Some('[') => {
                let next = self.index()?;
                let mut inner = match present {
                    None | Some(Value::Null) => Vec::new(),
                    Some(Value::Array(list)) => list,
                    Some(other) => return Err(wrong_type(&other, "[]interface {}")),
                };
                let progress = self.item(&mut inner, next, depth + 1)?;
                (Value::Array(inner), progress)
            }
            Some(_) => {
                let mut inner = match present {
                    Some(Value::Object(map)) => map,
                    _ => Map::new(),
                };
                let progress = self.assignment(&mut inner, depth)?;
                (Value::Object(inner), progress)
            }
        };
        if list.len() <= index {
            list.resize(index + 1, Value::Null);
        }
        list[index] = value;
        Ok(progress)
    }

    fn value(&mut self) -> Result<(Value, Progress), SetError> {
        match self.syntax {
            Syntax::Json => self.json(),
            Syntax::Literal => {
                let text = std::mem::take(&mut self.rest);
                Ok((Value::String(text.to_owned()), Progress::More))
            }
            _ if self.rest.is_empty() => Ok((Value::String(String::new()), Progress::End)),
            _ => match self.rest.strip_prefix('{') {
                Some(rest) => {
                    self.rest = rest;
                    self.list()
                }
                None => {
                    let (text, _) = self.until(&[',']);
                    Ok((self.scalar(text)?, Progress::More))
                }
            },
        }
    }

    fn list(&mut self) -> Result<(Value, Progress), SetError> {
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            match last {
                None => return Err(SetError::OpenList),
                Some(last) => {
                    items.push(self.scalar(text)?);
                    if last == '}' {
                        self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
                        return Ok((Value::Array(items), Progress::More));
                    }
                }
            }
        }
    }

    fn json(&mut self) -> Result<(Value, Progress), SetError> {
        if self.skip_to_value() {
            return Ok((Value::Null, Progress::More));
        }
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
        let value = match values.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(SetError::Json(error.to_string())),
            None => Value::Null,
        };
        self.rest = self.rest.get(values.byte_offset()..).unwrap_or_default();
        self.skip_to_value();
        Ok((number::as_go_floats(value), Progress::More))
    }

    /// Skips blanks; true when a comma, which is consumed, or the end follows.
    fn skip_to_value(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(',') {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => self.rest.is_empty(),
        }
    }

    fn scalar(&self, text: String) -> Result<Value, SetError> {
        match self.syntax {
            Syntax::File(read) => read(&text).map(Value::String).map_err(SetError::File),
            Syntax::Typed => Ok(typed(text)),
            Syntax::Text | Syntax::Json | Syntax::Literal => Ok(Value::String(text)),
        }
    }
}

/// An empty key is dropped, as in Helm.
fn store(target: &mut Map<String, Value>, key: String, value: Value) {
    if !key.is_empty() {
        target.insert(key, value);
    }
}

fn typed(text: String) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Null;
    }
    // A leading zero keeps the text: it may be a file mode, an account number or a commit.
    let may_be_number = text == "0" || !text.starts_with('0');
    match text.parse::<i64>() {
        Ok(integer) if may_be_number => Value::from(integer),
        _ => Value::String(text),
    }
}

fn wrong_type(found: &Value, wanted: &'static str) -> SetError {
    let found = match found {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    };
    SetError::WrongType { found, wanted }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(argument: &str, syntax: Syntax<'_>, expected: Result<Value, SetError>) {
        let mut target = Map::new();
        let outcome = set(argument, syntax, &mut target).map(|()| Value::Object(target));
        assert_eq!(outcome, expected, "{argument}");
    }

    #[test]
    fn values_of_set_are_typed_unless_they_begin_with_zero() {
        check(
            "a=1,b=true,c=null,d=012,e=1.5",
            Syntax::Typed,
            Ok(json!({"a": 1, "b": true, "c": null, "d": "012", "e": "1.5"})),
        );
        check("a=1,b=true", Syntax::Text, Ok(json!({"a": "1", "b": "true"})));
    }

    #[test]
    fn paths_make_tables_and_lists() {
        check("a.b[1].c=x", Syntax::Typed, Ok(json!({"a": {"b": [null, {"c": "x"}]}})));
        check("a[0][1]=x", Syntax::Typed, Ok(json!({"a": [[null, "x"]]})));
        check("a={x,2},b=", Syntax::Typed, Ok(json!({"a": ["x", 2], "b": ""})));
        check(r"a\.b=c\,d", Syntax::Typed, Ok(json!({"a.b": "c,d"})));
    }

    #[test]
    fn a_literal_takes_the_rest_of_the_argument() {
        check(r"a.b=c\,d=e,{f", Syntax::Literal, Ok(json!({"a": {"b": r"c\,d=e,{f"}})));
    }

    #[test]
    fn json_values_may_stand_side_by_side() {
        check(r#"a={"x":1} ,b=[true],c="#, Syntax::Json, Ok(json!({"a": {"x": 1.0}, "b": [true], "c": null})));
    }

    #[test]
    fn files_are_read_through_the_callback() {
        let read = |path: &str| Ok(format!("<{path}>"));
        check("a=b.txt", Syntax::File(&read), Ok(json!({"a": "<b.txt>"})));
        let refuse = |_: &str| Err("denied".to_owned());
        check("a=b.txt", Syntax::File(&refuse), Err(SetError::File("denied".to_owned())));
    }

    #[test]
    fn sizes_are_bounded() {
        check("a[65537]=x", Syntax::Typed, Err(SetError::IndexTooLarge(65_537)));
        check("a[-1]=x", Syntax::Typed, Err(SetError::NegativeIndex(-1)));
        check(&format!("{}=x", ["a"; 40].join(".")), Syntax::Typed, Err(SetError::TooDeep));
        check(&format!("a{}=x", "[0]".repeat(5000)), Syntax::Typed, Err(SetError::TooDeep));
    }

    #[test]
    fn a_table_cannot_replace_a_scalar() {
        let expected = SetError::WrongType { found: "int64", wanted: "map[string]interface {}" };
        check("a=1,a.b=2", Syntax::Typed, Err(expected));
    }

    #[test]
    fn unfinished_arguments_are_errors() {
        check("a", Syntax::Typed, Err(SetError::NoValue("a".to_owned())));
        check("a,b=1", Syntax::Typed, Err(SetError::EndsWithComma("a".to_owned())));
        check("a={x", Syntax::Typed, Err(SetError::OpenList));
        check("a.=x", Syntax::Typed, Err(SetError::EmptyMap("a".to_owned())));
    }
}
