//! What a failed conversation with a Git server means to the person who has to act on it.

use std::error::Error as StdError;

use gix::ObjectId;

use crate::{
    Error, Login,
    remote::Remote,
    transport::{Meter, Overrun},
};

/// What a connection is for.
#[derive(Clone, Copy)]
pub(crate) enum Errand<'a> {
    List,
    Fetch(&'a [ObjectId]),
}

impl Errand<'_> {
    fn what(self) -> &'static str {
        match self {
            Self::List => "listing its references",
            Self::Fetch(_) => "fetching it",
        }
    }

    fn byte_setting(self) -> &'static str {
        match self {
            Self::List => "list_bytes",
            Self::Fetch(_) => "fetch_bytes",
        }
    }

    fn time_setting(self) -> &'static str {
        match self {
            Self::List => "list_time",
            Self::Fetch(_) => "fetch_time",
        }
    }
}

impl Remote {
    pub(crate) fn explain(&self, error: &gix::Error, meter: &Meter, errand: Errand<'_>) -> Error {
        let url = self.url.to_string();
        let what = errand.what();
        let timed_out =
            || Error::Timeout { url: url.clone(), what, limit: meter.time_limit, setting: errand.time_setting() };
        match meter.overrun() {
            Some(Overrun::Time) => return timed_out(),
            Some(Overrun::Bytes) => {
                return Error::TooLarge { url, what, limit: meter.byte_limit, setting: errand.byte_setting() };
            }
            None => {}
        }
        if error.is_unauthenticated() {
            return Error::AuthenticationFailed { url, hint: self.login_hint() };
        }
        if error.is_resource_exhausted() {
            let (what, limit) = ("one of its files", self.limits.object_bytes as u64);
            return Error::TooLarge { url, what, limit, setting: "object_bytes" };
        }
        match http_answer(error) {
            Some(HttpAnswer::TimedOut) => timed_out(),
            Some(HttpAnswer::Status(401 | 403)) => Error::AuthenticationFailed { url, hint: self.login_hint() },
            Some(HttpAnswer::Status(404)) => {
                let reason = "the server knows no such repository, or does not show it to this login".to_owned();
                Error::NotARepository { url, reason }
            }
            _ if error.is_unsupported() => {
                Error::NotARepository { url, reason: "the server does not answer as a Git server".to_owned() }
            }
            _ => self.explain_text(reason(error), errand),
        }
    }

    /// A commit that it lacks a server reports in words.
    fn explain_text(&self, reason: String, errand: Errand<'_>) -> Error {
        let url = self.url.to_string();
        match errand {
            Errand::Fetch([commit, ..]) if reason.contains("not our ref") => Error::RevisionNotFound {
                url,
                revision: commit.to_string(),
                hint: "the server does not have the commit, or does not give it away".to_owned(),
            },
            Errand::Fetch(_) | Errand::List => Error::RepositoryUnreachable { url, reason },
        }
    }

    fn login_hint(&self) -> String {
        match self.login() {
            Login::Anonymous => "the server asks for a login; add a repository Secret for this URL".to_owned(),
            Login::Basic { .. } | Login::Bearer(_) => {
                "the server refused the login; check the repository Secret for this URL".to_owned()
            }
            Login::Unsupported(field) => format!("the repository Secret's {field} is not supported yet"),
        }
    }
}

/// What the HTTP layer reported.
enum HttpAnswer {
    Status(u16),
    TimedOut,
}

fn http_answer(error: &gix::Error) -> Option<HttpAnswer> {
    causes(error).into_iter().find_map(|cause| {
        let error = cause.downcast_ref::<reqwest::Error>()?;
        let status = error.status().map(|status| HttpAnswer::Status(status.as_u16()));
        status.or_else(|| error.is_timeout().then_some(HttpAnswer::TimedOut))
    })
}

/// The chain of messages, outermost first, without repetitions.
fn reason(error: &gix::Error) -> String {
    let mut messages: Vec<String> = Vec::new();
    for cause in causes(error) {
        let message = cause.to_string();
        if !messages.iter().any(|known| known.contains(&message)) {
            messages.push(message);
        }
    }
    messages.join(": ")
}

/// Every error below `error`; looks into `io::Error`, whose `source` skips the error that it wraps.
fn causes(error: &gix::Error) -> Vec<&(dyn StdError + 'static)> {
    let mut found = Vec::new();
    let mut pending: Vec<&(dyn StdError + 'static)> = error.iter_errors().collect();
    pending.reverse();
    while let Some(cause) = pending.pop() {
        if found.len() >= 64 {
            break;
        }
        found.push(cause);
        if let Some(nested) = cause.downcast_ref::<gix::Error>() {
            pending.extend(nested.iter_errors().filter(|error| !error.is::<gix::Error>()));
        }
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match wrapped {
            Some(wrapped) => pending.push(wrapped),
            None => pending.extend(cause.source()),
        }
    }
    found
}
