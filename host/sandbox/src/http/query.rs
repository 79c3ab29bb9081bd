//! The query parameters of API requests, parsed once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::json;

use super::duration;
use crate::api::Verb;
use crate::error::{ApiError, Cause, Subject};

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
    /// How long the client is ready to wait, as Go writes it. Nothing here takes long: it only has to be readable.
    timeout: String,
    pub send_initial_events: Option<bool>,
    pub dry_run: bool,
    pub field_manager: Option<String>,
    pub field_validation: FieldValidation,
    pub force: bool,
    pub propagation_policy: Option<String>,
    pub grace_period_seconds: Option<i64>,
    pub orphan_dependents: Option<bool>,
    pub include_object: Option<String>,
    /// Values that the options of the verb do not allow.
    invalid: Vec<Cause>,
}

impl Query {
    /// # Errors
    /// A parameter whose value cannot be read, named in the message.
    pub fn parse(query: &str) -> Result<Self, ApiError> {
        let (mut parsed, mut seen) = (Query::default(), BTreeSet::new());
        // Some clients start with an empty parameter ("?&force=true").
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let key = decode(key);
            // Of one that stands twice the first counts, but where it is a list.
            if key == "dryRun" || !seen.contains(&key) {
                parsed.set(&key, decode(value).into_owned())?;
                seen.insert(key);
            }
        }
        Ok(parsed)
    }

    /// # Errors
    /// Parameters whose values the verb's options do not allow.
    pub fn check(&self, verb: Verb) -> Result<(), ApiError> {
        let mut causes = self.invalid.clone();
        let options = match verb {
            Verb::Create => "CreateOptions",
            Verb::Update => "UpdateOptions",
            Verb::Patch => "PatchOptions",
            Verb::Delete => "DeleteOptions",
            Verb::Get => return Ok(()),
            Verb::List | Verb::Watch | Verb::DeleteCollection => {
                causes.extend(self.list_fault(verb == Verb::Watch));
                "ListOptions"
            }
        };
        let subject = Subject { group: "meta.k8s.io", resource: options, name: "" };
        if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(subject, causes)) }
    }

    /// # Errors
    /// A timeout that is none. Watches have another parameter for theirs.
    pub fn check_timeout(&self) -> Result<(), ApiError> {
        if self.watch {
            return Ok(());
        }
        duration::check(&self.timeout).map_err(|problem| {
            ApiError::bad_request(format!("invalid timeout specified in the request URL - time: {problem}"))
        })
    }

    fn list_fault(&self, watch: bool) -> Option<Cause> {
        let forbidden = |field: &str, detail: &str| Some(Cause::forbidden(field, detail));
        match (self.send_initial_events, self.version_match) {
            (Some(_), _) if !watch => forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"),
            (None, Some(_)) if watch => forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ),
            (None, Some(_)) if self.resource_version.is_empty() => forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ),
            (None, Some(VersionMatch::Exact)) if self.resource_version == "0" => forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ),
            _ => None,
        }
    }

    fn set(&mut self, key: &str, value: String) -> Result<(), ApiError> {
        match key {
            "watch" => self.watch = flag(&value),
            "labelSelector" => self.label_selector = value,
            "fieldSelector" => self.field_selector = value,
            "resourceVersion" => self.resource_version = value,
            "resourceVersionMatch" => self.set_version_match(&value),
            "limit" => self.limit = number::<i64>(&value)?.max(0) as usize,
            "continue" => self.continue_token = value,
            "timeout" => self.timeout = value,
            "timeoutSeconds" => self.timeout_seconds = Some(number(&value)?),
            "allowWatchBookmarks" => self.bookmarks = flag(&value),
            "sendInitialEvents" => self.send_initial_events = Some(flag(&value)),
            "dryRun" => self.set_dry_run(&value),
            "fieldManager" => self.set_manager(value),
            "fieldValidation" => self.set_validation(&value),
            "force" => self.force = flag(&value),
            "propagationPolicy" => self.propagation_policy = Some(value),
            "gracePeriodSeconds" => self.grace_period_seconds = Some(number(&value)?),
            "orphanDependents" => self.orphan_dependents = Some(flag(&value)),
            "includeObject" => self.include_object = Some(value),
            _ => {}
        }
        Ok(())
    }
}

impl Query {
    fn set_dry_run(&mut self, value: &str) {
        match value {
            "All" => self.dry_run = true,
            "" => {}
            _ => self.invalid.push(Cause::unsupported("dryRun", &json!([value]), &["All"])),
        }
    }

    fn set_manager(&mut self, manager: String) {
        const LONGEST: usize = 128;
        if manager.len() > LONGEST {
            self.invalid.push(Cause::too_long("fieldManager", LONGEST));
        }
        if let Some((at, letter)) = manager.char_indices().find(|(_, letter)| letter.is_control()) {
            let quoted = go_quoted(&manager);
            let code = u32::from(letter);
            self.invalid.push(Cause {
                reason: "FieldValueInvalid",
                message: format!("Invalid value: {quoted}: invalid character U+{code:04X} (at position {at})"),
                field: "fieldManager".into(),
            });
        }
        self.field_manager = Some(manager).filter(|manager| !manager.is_empty());
    }

    fn set_validation(&mut self, value: &str) {
        self.field_validation = match value {
            "Ignore" => FieldValidation::Ignore,
            "Warn" | "" => FieldValidation::Warn,
            "Strict" => FieldValidation::Strict,
            _ => {
                let allowed = ["", "Ignore", "Strict", "Warn"];
                self.invalid.push(Cause::unsupported("fieldValidation", &value.into(), &allowed));
                return;
            }
        };
    }

    fn set_version_match(&mut self, value: &str) {
        self.version_match = match value {
            "" => None,
            "NotOlderThan" => Some(VersionMatch::NotOlderThan),
            "Exact" => Some(VersionMatch::Exact),
            _ => {
                let allowed = ["Exact", "NotOlderThan", ""];
                self.invalid.push(Cause::unsupported("resourceVersionMatch", &value.into(), &allowed));
                return;
            }
        };
    }
}

/// As Go's conversion of query parameters reads it.
fn flag(value: &str) -> bool {
    !matches!(value.to_lowercase().as_str(), "false" | "0")
}

fn number<N: std::str::FromStr>(value: &str) -> Result<N, ApiError> {
    let message = || ApiError::bad_request(format!("strconv.ParseInt: parsing {value:?}: invalid syntax"));
    value.parse().map_err(|_| message())
}

/// A character as Go quotes it.
fn go_quoted(text: &str) -> String {
    let quoted = text.chars().map(|letter| match letter {
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        letter if letter.is_control() => format!("\\x{:02x}", u32::from(letter)),
        letter => letter.to_string(),
    });
    format!("\"{}\"", quoted.collect::<String>())
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
    fn a_wrong_number_is_a_bad_request_that_names_the_value() {
        let error = Query::parse("limit=many").expect_err("not a number");
        assert!(error.message.contains("many"), "{}", error.message);
    }
}
