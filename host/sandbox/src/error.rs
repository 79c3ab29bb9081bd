//! The errors of the API, as the `Status` objects that Kubernetes clients expect.
//!
//! Invariant: every failure a client can meet has a code, a reason and a message that
//! clients of the real API server already know how to read.

use http::StatusCode;
use serde_json::{Map, Value, json};

/// Why a request was refused: the machine-readable word of a `Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    AlreadyExists,
    BadRequest,
    Conflict,
    Expired,
    Forbidden,
    InternalError,
    Invalid,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Timeout,
    TooManyRequests,
    Unauthorized,
    /// An error that the real server gives no reason for.
    Unknown,
    UnsupportedMediaType,
}

impl Reason {
    pub fn code(self) -> StatusCode {
        match self {
            Reason::AlreadyExists | Reason::Conflict => StatusCode::CONFLICT,
            Reason::BadRequest => StatusCode::BAD_REQUEST,
            Reason::Expired => StatusCode::GONE,
            Reason::Forbidden => StatusCode::FORBIDDEN,
            Reason::InternalError | Reason::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
            Reason::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Reason::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Reason::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Reason::NotFound => StatusCode::NOT_FOUND,
            Reason::RequestEntityTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Reason::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Reason::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Reason::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Reason::Unauthorized => StatusCode::UNAUTHORIZED,
            Reason::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

/// One field that is wrong: an entry of `status.details.causes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub reason: &'static str,
    pub message: String,
    pub field: String,
}

impl Cause {
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        let message = if detail.is_empty() { "Required value".into() } else { format!("Required value: {detail}") };
        Cause { reason: "FieldValueRequired", message, field: field.into() }
    }

    /// A fault for which the real server names neither field nor value.
    pub fn nowhere(detail: String) -> Self {
        Self::invalid("<nil>", &"".into(), detail)
    }

    pub fn invalid(field: impl Into<String>, value: &Value, detail: impl AsRef<str>) -> Self {
        let message = format!("Invalid value: {}: {}", shown(value), detail.as_ref());
        Cause { reason: "FieldValueInvalid", message, field: field.into() }
    }

    /// Shows the value in words of the caller's.
    pub fn invalid_shown(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        let message = format!("Invalid value: {shown}{detail}");
        Cause { reason: "FieldValueInvalid", message, field: field.into() }
    }

    /// Shows no value.
    pub fn invalid_alone(field: impl Into<String>, detail: &str) -> Self {
        Cause { reason: "FieldValueInvalid", message: format!("Invalid value: {detail}"), field: field.into() }
    }

    pub fn type_invalid(field: impl Into<String>, kind_of: &str, detail: impl AsRef<str>) -> Self {
        let message = format!("Invalid value: \"{kind_of}\": {}", detail.as_ref());
        Cause { reason: "FieldValueTypeInvalid", message, field: field.into() }
    }

    pub fn unsupported(field: impl Into<String>, value: &Value, allowed: &[&str]) -> Self {
        Self::unsupported_shown(field, &shown(value), allowed)
    }

    pub fn unsupported_shown(field: impl Into<String>, shown: &str, allowed: &[&str]) -> Self {
        let allowed: Vec<String> = allowed.iter().map(|word| format!("\"{word}\"")).collect();
        let message = format!("Unsupported value: {shown}: supported values: {}", allowed.join(", "));
        Cause { reason: "FieldValueNotSupported", message, field: field.into() }
    }

    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Cause { reason: "FieldValueForbidden", message: format!("Forbidden: {detail}"), field: field.into() }
    }

    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::duplicate_shown(field, &shown(value))
    }

    pub fn duplicate_shown(field: impl Into<String>, shown: &str) -> Self {
        Cause { reason: "FieldValueDuplicate", message: format!("Duplicate value: {shown}"), field: field.into() }
    }

    pub fn too_long(field: impl Into<String>, limit: usize) -> Self {
        let message = format!("Too long: may not be more than {limit} bytes");
        Cause { reason: "FieldValueTooLong", message, field: field.into() }
    }
}

/// A value as the API server prints it inside a message.
fn shown(value: &Value) -> String {
    value.to_string()
}

/// A refused request.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub reason: Reason,
    pub message: String,
    pub details: Option<Box<Details>>,
    /// What the client is to be warned of besides.
    pub warnings: Vec<String>,
}

/// Which object a refusal is about, and which of its fields.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub name: String,
    pub group: String,
    pub kind: String,
    pub uid: String,
    pub causes: Vec<Cause>,
    pub retry_after_seconds: u32,
}

/// The object or collection an error message names.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub group: &'a str,
    /// The plural resource name; for validation errors, the kind.
    pub resource: &'a str,
    pub name: &'a str,
}

impl Subject<'_> {
    /// `deployments.apps`, or `pods` in the core group.
    fn qualified(&self) -> String {
        if self.group.is_empty() { self.resource.into() } else { format!("{}.{}", self.resource, self.group) }
    }

    fn details(&self) -> Details {
        Details { name: self.name.into(), group: self.group.into(), kind: self.resource.into(), ..Details::default() }
    }
}

impl ApiError {
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        ApiError { reason, message: message.into(), details: None, warnings: Vec::new() }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Reason::InternalError, message)
    }

    /// What a path that no resource answers to gets.
    pub fn no_such_path() -> Self {
        let mut error = Self::new(Reason::NotFound, "the server could not find the requested resource");
        error.details = Some(Box::default());
        error
    }

    pub fn not_found(subject: Subject<'_>) -> Self {
        let message = format!("{} \"{}\" not found", subject.qualified(), subject.name);
        Self::new(Reason::NotFound, message).about(subject)
    }

    pub fn already_exists(subject: Subject<'_>) -> Self {
        let message = format!("{} \"{}\" already exists", subject.qualified(), subject.name);
        Self::new(Reason::AlreadyExists, message).about(subject)
    }

    pub fn conflict(subject: Subject<'_>, detail: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} \"{}\": {detail}", subject.qualified(), subject.name);
        Self::new(Reason::Conflict, message).about(subject)
    }

    /// The object changed between a client's read and its write.
    pub fn stale(subject: Subject<'_>) -> Self {
        Self::conflict(
            subject,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    pub fn forbidden(subject: Subject<'_>, detail: &str) -> Self {
        let message = if subject.name.is_empty() {
            format!("{} is forbidden: {detail}", subject.qualified())
        } else {
            format!("{} \"{}\" is forbidden: {detail}", subject.qualified(), subject.name)
        };
        Self::new(Reason::Forbidden, message).about(subject)
    }

    /// Field errors; `subject.resource` is the kind. The message tells each once, however often it was found.
    pub fn invalid(subject: Subject<'_>, causes: Vec<Cause>) -> Self {
        let mut listed: Vec<String> = Vec::new();
        for said in causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)) {
            if !listed.contains(&said) {
                listed.push(said);
            }
        }
        let listed = if listed.len() == 1 { listed[0].clone() } else { format!("[{}]", listed.join(", ")) };
        let message = format!("{} \"{}\" is invalid: {listed}", subject.qualified(), subject.name);
        let mut error = Self::new(Reason::Invalid, message).about(subject);
        if let Some(details) = &mut error.details {
            details.causes = causes;
        }
        error
    }

    pub fn method_not_allowed() -> Self {
        let mut error =
            Self::new(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource");
        error.details = Some(Box::default());
        error
    }

    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(Reason::Expired, message)
    }

    pub fn about(mut self, subject: Subject<'_>) -> Self {
        self.details = Some(Box::new(subject.details()));
        self
    }

    pub fn with_causes(mut self, causes: Vec<Cause>) -> Self {
        self.details.get_or_insert_default().causes = causes;
        self
    }

    /// Warns of this before what it warns of already.
    pub fn warned(mut self, warnings: &[String]) -> Self {
        self.warnings.splice(0..0, warnings.iter().cloned());
        self
    }

    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.details.get_or_insert_default().retry_after_seconds = seconds;
        self
    }

    /// The `Status` object of this error.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.reason.code().as_u16(),
        });
        if self.reason != Reason::Unknown {
            status["reason"] = format!("{:?}", self.reason).into();
        }
        if let Some(details) = &self.details {
            status["details"] = details.json();
        }
        status
    }
}

impl Details {
    fn json(&self) -> Value {
        let mut details = Map::new();
        let words = [("name", &self.name), ("group", &self.group), ("kind", &self.kind), ("uid", &self.uid)];
        for (key, word) in words.into_iter().filter(|(_, word)| !word.is_empty()) {
            details.insert(key.into(), word.as_str().into());
        }
        if !self.causes.is_empty() {
            let causes = self.causes.iter().map(Cause::json).collect();
            details.insert("causes".into(), Value::Array(causes));
        }
        if self.retry_after_seconds > 0 {
            details.insert("retryAfterSeconds".into(), self.retry_after_seconds.into());
        }
        Value::Object(details)
    }
}

impl Cause {
    fn json(&self) -> Value {
        let entries = [("reason", self.reason), ("message", self.message.as_str()), ("field", self.field.as_str())];
        let told = entries.into_iter().filter(|(_, text)| !text.is_empty());
        Value::Object(told.map(|(key, text)| (key.to_owned(), text.into())).collect())
    }
}
