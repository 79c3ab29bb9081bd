//! The query parameters of API requests, parsed once.

use std::borrow::Cow;

use crate::error::ApiError;

/// How strict a server is about fields it does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// How `resourceVersion` of a list or watch is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionMatch {
    NotOlderThan,
    Exact,
}

#[derive(Clone, Debug, Default)]
pub struct Query {
    pub watch: bool,
    pub label_selector: String,
    pub field_selector: String,
    pub resource_version: String,
    pub version_match: Option<VersionMatch>,
    pub limit: usize,
    pub continue_token: String,
    pub timeout_seconds: Option<u64>,
    pub bookmarks: bool,
    pub send_initial_events: Option<bool>,
    pub dry_run: bool,
    pub field_manager: Option<String>,
    pub field_validation: FieldValidation,
    pub force: bool,
    pub propagation_policy: Option<String>,
    pub grace_period_seconds: Option<i64>,
    pub orphan_dependents: Option<bool>,
    pub include_object: Option<String>,
}

impl Query {
    /// # Errors
    /// A parameter whose value cannot be read, named in the message.
    pub fn parse(query: &str) -> Result<Self, ApiError> {
        let mut parsed = Query::default();
        // Some clients start with an empty parameter ("?&force=true").
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            parsed.set(&decode(key), decode(value).into_owned())?;
        }
        Ok(parsed)
    }

    fn set(&mut self, key: &str, value: String) -> Result<(), ApiError> {
        match key {
            "watch" => self.watch = flag(key, &value)?,
            "labelSelector" => self.label_selector = value,
            "fieldSelector" => self.field_selector = value,
            "resourceVersion" => self.resource_version = value,
            "resourceVersionMatch" => self.version_match = version_match(&value)?,
            "limit" => self.limit = number::<i64>(key, &value)?.max(0) as usize,
            "continue" => self.continue_token = value,
            "timeoutSeconds" => self.timeout_seconds = Some(number(key, &value)?),
            "allowWatchBookmarks" => self.bookmarks = flag(key, &value)?,
            "sendInitialEvents" => self.send_initial_events = Some(flag(key, &value)?),
            "dryRun" => self.dry_run = dry_run(&value)?,
            "fieldManager" => self.field_manager = Some(value).filter(|manager| !manager.is_empty()),
            "fieldValidation" => self.field_validation = field_validation(&value)?,
            "force" => self.force = flag(key, &value)?,
            "propagationPolicy" => self.propagation_policy = Some(value),
            "gracePeriodSeconds" => self.grace_period_seconds = Some(number(key, &value)?),
            "orphanDependents" => self.orphan_dependents = Some(flag(key, &value)?),
            "includeObject" => self.include_object = Some(value),
            _ => {}
        }
        Ok(())
    }
}

fn flag(key: &str, value: &str) -> Result<bool, ApiError> {
    match value {
        "true" | "1" | "" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(ApiError::bad_request(format!("invalid value {value:?} of the query parameter {key}"))),
    }
}

fn number<N: std::str::FromStr>(key: &str, value: &str) -> Result<N, ApiError> {
    value.parse().map_err(|_| ApiError::bad_request(format!("invalid value {value:?} of the query parameter {key}")))
}

fn dry_run(value: &str) -> Result<bool, ApiError> {
    match value {
        "All" => Ok(true),
        "" => Ok(false),
        _ => Err(ApiError::bad_request(format!("dryRun: Unsupported value: {value:?}: supported values: \"All\""))),
    }
}

fn version_match(value: &str) -> Result<Option<VersionMatch>, ApiError> {
    match value {
        "" => Ok(None),
        "NotOlderThan" => Ok(Some(VersionMatch::NotOlderThan)),
        "Exact" => Ok(Some(VersionMatch::Exact)),
        _ => Err(ApiError::bad_request(format!(
            "resourceVersionMatch: Unsupported value: {value:?}: supported values: \"Exact\", \"NotOlderThan\""
        ))),
    }
}

fn field_validation(value: &str) -> Result<FieldValidation, ApiError> {
    match value {
        "Ignore" => Ok(FieldValidation::Ignore),
        "Warn" | "" => Ok(FieldValidation::Warn),
        "Strict" => Ok(FieldValidation::Strict),
        _ => Err(ApiError::bad_request(format!(
            "fieldValidation: Unsupported value: {value:?}: supported values: \"Ignore\", \"Strict\", \"Warn\""
        ))),
    }
}

/// Undoes the encoding of a query, in which a plus is a space.
fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') { decode_percent(&text.replace('+', " ")).into_owned().into() } else { decode_percent(text) }
}

/// Undoes percent-encoding; what is not valid encoding stays as it is.
pub fn decode_percent(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_first_parameter_and_escapes_are_read() {
        let query = Query::parse("?&force=true&labelSelector=a%3Db%2Cc+in+(d)".trim_start_matches('?')).expect("valid");
        assert!(query.force);
        assert_eq!(query.label_selector, "a=b,c in (d)");
    }

    #[test]
    fn a_wrong_value_is_a_bad_request_that_names_the_parameter() {
        let error = Query::parse("limit=many").expect_err("not a number");
        assert!(error.message.contains("limit"), "{}", error.message);
    }
}
