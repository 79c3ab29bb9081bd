//! One file over HTTP, with caps on bytes and time.
//!
//! Invariant: redirects are followed by hand. What tells who asks (login, client certificate, a waived check of the
//! server's) is for the origin that it was given for; https never goes on as http; and a public server cannot lead to
//! an address inside a network.

use std::{
    collections::HashMap,
    error::Error as StdError,
    io::Read as _,
    sync::Mutex,
    time::{Duration, Instant},
};

use reqwest::{
    StatusCode, Url,
    blocking::{Client, Response},
    header::LOCATION,
};

use crate::{Credentials, Error, Login, answers::locked, reach::Reach, transport::configure_client};

/// Redirects followed for one file; what browsers and Go's client allow is ten.
const REDIRECTS: usize = 10;

/// Connections by who opens them.
#[derive(Default)]
pub(crate) struct Web {
    clients: Mutex<HashMap<Credentials, Client>>,
}

/// What to fetch, and what it may cost.
pub(crate) struct Wanted<'a> {
    pub(crate) url: &'a Url,
    pub(crate) credentials: &'a Credentials,
    /// The address that named the URL, where no person did.
    pub(crate) named_by: Option<&'a Url>,
    /// What it is, for messages.
    pub(crate) what: &'static str,
    pub(crate) bytes: u64,
    pub(crate) bytes_setting: &'static str,
    pub(crate) time: Duration,
}

impl Web {
    pub(crate) fn get(&self, wanted: &Wanted<'_>) -> Result<Vec<u8>, Error> {
        let deadline = Instant::now() + wanted.time;
        let mut credentials = wanted.credentials.clone();
        let mut url = wanted.url.clone();
        let mut led_from = wanted.named_by.map(|url| self.reach(url, &credentials));
        for _ in 0..=REDIRECTS {
            let reach = self.reach(&url, &credentials);
            check_reach(&url, led_from, reach)?;
            let response = self.send(wanted, &url, &credentials, deadline)?;
            let Some(next) = redirection(&url, &response)? else { return body(wanted, response, deadline) };
            if next.origin() != url.origin() {
                credentials = credentials.without_identity();
            }
            (url, led_from) = (next, Some(reach));
        }
        Err(refused(wanted.url, format!("more than {REDIRECTS} redirects")))
    }

    /// A proxy looks hosts up itself, and decides itself where it goes.
    fn reach(&self, url: &Url, credentials: &Credentials) -> Reach {
        if credentials.proxy.is_empty() { Reach::of(url) } else { Reach::Public }
    }

    fn send(
        &self,
        wanted: &Wanted<'_>,
        url: &Url,
        credentials: &Credentials,
        deadline: Instant,
    ) -> Result<Response, Error> {
        let client = self.client(credentials).map_err(|error| unreachable(url, &error))?;
        let request = client.get(url.clone()).timeout(deadline.saturating_duration_since(Instant::now()));
        let request = match &credentials.login {
            Login::Anonymous => request,
            Login::Basic { username, password } => request.basic_auth(username, Some(password)),
            Login::Bearer(token) => request.bearer_auth(token),
            Login::Unsupported(field) => {
                let hint = format!("the repository Secret's {field} is not supported yet");
                return Err(Error::AuthenticationFailed { url: shown(url), hint });
            }
        };
        let response = request.send().map_err(|error| match error.is_timeout() {
            true => timed_out(wanted, url),
            false => unreachable(url, &error),
        })?;
        check_status(url, response.status(), credentials)?;
        Ok(response)
    }

    fn client(&self, credentials: &Credentials) -> reqwest::Result<Client> {
        if let Some(client) = locked(&self.clients).get(credentials) {
            return Ok(client.clone());
        }
        let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).user_agent(AGENT);
        let client = configure_client(builder, credentials)?.build()?;
        Ok(locked(&self.clients).entry(credentials.clone()).or_insert(client).clone())
    }
}

const AGENT: &str = concat!("windlass/", env!("CARGO_PKG_VERSION"));

fn check_reach(url: &Url, led_from: Option<Reach>, reach: Reach) -> Result<(), Error> {
    match (led_from, reach) {
        (_, Reach::LinkLocal) => Err(refused(url, "link-local addresses are never asked".to_owned())),
        (Some(Reach::Public), Reach::Inside) => {
            Err(refused(url, "a public server leads to an address inside the network".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Where the answer sends us, if it does.
fn redirection(url: &Url, response: &Response) -> Result<Option<Url>, Error> {
    if !response.status().is_redirection() {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let next = location.and_then(|location| url.join(location).ok());
    let next = next.ok_or_else(|| refused(url, "the server redirects to nowhere".to_owned()))?;
    match (url.scheme(), next.scheme()) {
        (_, "https") | ("http", "http") => Ok(Some(next)),
        (_, scheme) => Err(refused(url, format!("the server redirects to {scheme}, which is not followed"))),
    }
}

fn check_status(url: &Url, status: StatusCode, credentials: &Credentials) -> Result<(), Error> {
    let url = shown(url);
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let hint = match credentials.login {
                Login::Anonymous => "the server asks for a login; add a repository Secret for this URL",
                _ => "the server refused the login; check the repository Secret for this URL",
            };
            Err(Error::AuthenticationFailed { url, hint: hint.to_owned() })
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Error::FileNotFound { url }),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Err(Error::RepositoryUnreachable { url, reason: format!("the server answers {status}") })
        }
        status if status.is_server_error() => {
            Err(Error::RepositoryUnreachable { url, reason: format!("the server answers {status}") })
        }
        status if status.is_success() || status.is_redirection() => Ok(()),
        status => Err(Error::Refused { url, reason: format!("the server answers {status}") }),
    }
}

fn body(wanted: &Wanted<'_>, mut response: Response, deadline: Instant) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge {
        url: shown(wanted.url),
        what: wanted.what,
        limit: wanted.bytes,
        setting: wanted.bytes_setting,
    };
    if response.content_length().is_some_and(|length| length > wanted.bytes) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        if Instant::now() > deadline {
            return Err(timed_out(wanted, wanted.url));
        }
        let count = response.read(&mut part).map_err(|error| unreachable(wanted.url, &error))?;
        if count == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&part[..count]);
        if body.len() as u64 > wanted.bytes {
            return Err(too_large());
        }
    }
}

fn timed_out(wanted: &Wanted<'_>, url: &Url) -> Error {
    Error::Timeout { url: shown(url), what: wanted.what, limit: wanted.time, setting: "web_time" }
}

fn refused(url: &Url, reason: String) -> Error {
    Error::Refused { url: shown(url), reason }
}

/// The chain of messages without the URL, whose query can hold a token.
fn unreachable(url: &Url, error: &(dyn StdError + 'static)) -> Error {
    let mut messages: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        if !error.is::<reqwest::Error>() || error.source().is_none() {
            messages.push(error.to_string());
        }
        cause = error.source();
    }
    messages.dedup();
    Error::RepositoryUnreachable { url: shown(url), reason: messages.join(": ") }
}

/// The URL without what may be secret in it: user, password, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let end = url.as_str().find(['?', '#']).unwrap_or(url.as_str().len());
    crate::redact(&url.as_str()[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_server_does_not_lead_inside_and_nobody_to_link_local_addresses() {
        let url = Url::parse("http://charts.example/index.yaml").unwrap();
        let is_refused = |from, to| check_reach(&url, from, to).is_err();
        assert!(is_refused(Some(Reach::Public), Reach::Inside));
        assert!(is_refused(Some(Reach::Inside), Reach::LinkLocal) && is_refused(None, Reach::LinkLocal));
        assert!(!is_refused(None, Reach::Inside) && !is_refused(Some(Reach::Inside), Reach::Inside));
        assert!(!is_refused(Some(Reach::Inside), Reach::Public));
    }

    #[test]
    fn what_may_be_secret_in_a_url_is_not_shown() {
        let url = Url::parse("https://me:s3cret@charts.example/a.tgz?sig=s3cret#s3cret").unwrap();
        assert_eq!(shown(&url), "https://charts.example/a.tgz");
    }
}
