//! Label selectors in Kubernetes' text form: `app=web,tier in (a, b),!legacy,size>3`.

use crate::error::{Error, Result};
use crate::resource::Labels;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    condition: Condition,
}

/// Requirements that all have to hold; none at all holds for everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

impl LabelSelector {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut tokens = Tokens { rest: text };
        let mut requirements = Vec::new();
        if tokens.peek().is_none() {
            return Ok(Self::default());
        }
        loop {
            requirements.push(tokens.requirement().map_err(|error| error.while_doing(format!("selector {text:?}")))?);
            match tokens.next() {
                None => return Ok(Self(requirements)),
                Some(",") => {}
                Some(other) => return Err(Error::invalid(format!("selector {text:?}: unexpected {other:?}"))),
            }
        }
    }

    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.condition {
            Condition::Exists => value.is_some(),
            Condition::Absent => value.is_none(),
            Condition::In(values) => value.is_some_and(|value| values.contains(value)),
            Condition::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Condition::Greater(bound) => number().is_some_and(|number| number > *bound),
            Condition::Less(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

struct Tokens<'a> {
    rest: &'a str,
}

const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

impl<'a> Tokens<'a> {
    fn peek(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if self.rest.is_empty() {
            return None;
        }
        let symbol = SYMBOLS.into_iter().find(|symbol| self.rest.starts_with(symbol)).map(str::len);
        let word = || self.rest.find([' ', '\t', '\r', '\n', '=', '!', '(', ')', ',', '>', '<']);
        Some(&self.rest[..symbol.or_else(word).unwrap_or(self.rest.len())])
    }

    fn next(&mut self) -> Option<&'a str> {
        let token = self.peek()?;
        self.rest = &self.rest[token.len()..];
        Some(token)
    }

    fn requirement(&mut self) -> Result<Requirement> {
        let is_negated = self.peek() == Some("!");
        if is_negated {
            self.next();
        }
        let key =
            self.next().filter(|key| is_key(key)).ok_or_else(|| Error::invalid("expected a label's name"))?.to_owned();
        let condition = match self.peek() {
            _ if is_negated => Condition::Absent,
            None | Some(",") => Condition::Exists,
            Some(_) => self.condition()?,
        };
        Ok(Requirement { key, condition })
    }

    fn condition(&mut self) -> Result<Condition> {
        match self.next().unwrap_or_default() {
            "=" | "==" => Ok(Condition::In(vec![self.value()?])),
            "!=" => Ok(Condition::NotIn(vec![self.value()?])),
            "in" => Ok(Condition::In(self.values()?)),
            "notin" => Ok(Condition::NotIn(self.values()?)),
            ">" => Ok(Condition::Greater(self.number()?)),
            "<" => Ok(Condition::Less(self.number()?)),
            other => Err(Error::invalid(format!("unexpected {other:?}, expected: in, notin, =, ==, !=, >, <"))),
        }
    }

    /// A value, which may be empty.
    fn value(&mut self) -> Result<String> {
        match self.peek() {
            None | Some("," | ")") => Ok(String::new()),
            Some(value) if is_value(value) => {
                self.next();
                Ok(value.to_owned())
            }
            Some(other) => Err(Error::invalid(format!("{other:?} is no label value"))),
        }
    }

    fn number(&mut self) -> Result<i64> {
        let value = self.value()?;
        value.parse().map_err(|_| Error::invalid(format!("{value:?} is no whole number")))
    }

    fn values(&mut self) -> Result<Vec<String>> {
        if self.next() != Some("(") {
            return Err(Error::invalid("expected '(' before the values"));
        }
        let mut values = vec![self.value()?];
        loop {
            match self.next() {
                Some(")") => return Ok(values),
                Some(",") => values.push(self.value()?),
                _ => return Err(Error::invalid("expected ',' or ')' in the values")),
            }
        }
    }
}

/// At most 63 letters, digits, `-`, `_` and `.`, the first and last a letter or digit.
fn is_name(text: &str) -> bool {
    let inner = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let ends = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    text.len() <= 63 && text.chars().all(inner) && ends(text.chars().next()) && ends(text.chars().last())
}

fn is_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => {
            !prefix.is_empty() && prefix.len() <= 253 && prefix.split('.').all(is_name) && is_name(name)
        }
        None => is_name(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(selector: &str, expected: bool) {
        let labels = Labels::from([("app".to_owned(), "web".to_owned()), ("size".to_owned(), "3".to_owned())]);
        assert_eq!(LabelSelector::parse(selector).unwrap().matches(&labels), expected, "{selector}");
    }

    #[test]
    fn all_requirements_have_to_hold() {
        check("", true);
        check("app=web, size in (2, 3)", true);
        check("app==web,size>3", false);
        check("!legacy,app", true);
        check("legacy!=x", true);
        check("app notin (web)", false);
    }

    #[test]
    fn a_selector_that_cannot_be_read_is_an_error() {
        for selector in ["=x", "app in web", "app=a b", "app,,", "app>x"] {
            assert!(LabelSelector::parse(selector).is_err(), "{selector}");
        }
    }
}
