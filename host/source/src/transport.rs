//! Git over HTTP: gix's transport with our TLS and proxy options, and with caps on bytes and time.
//!
//! The reqwest backend of gix reads none of these from Git's configuration, so they are set here.

use std::{
    any::Any,
    io::{self, BufRead, Read},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gix::{
    protocol::transport::{
        Protocol,
        client::{
            Account, TransportWithoutIO as _,
            blocking_io::http::{self, GetResponse, Http, PostBodyDataKind, PostResponse},
        },
    },
    utils::io::pipe,
};

use crate::{Credentials, Login, TlsOptions};

pub(crate) type Transport = http::Transport<MeteredHttp>;

/// Bytes and time that one connection may still use.
pub(crate) struct Meter {
    pub(crate) byte_limit: u64,
    pub(crate) time_limit: Duration,
    started: Instant,
    received: AtomicU64,
}

/// The cap that a connection ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overrun {
    Bytes,
    Time,
}

impl Meter {
    pub(crate) fn new(byte_limit: u64, time_limit: Duration) -> Arc<Self> {
        Arc::new(Self { byte_limit, time_limit, started: Instant::now(), received: AtomicU64::new(0) })
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn overrun(&self) -> Option<Overrun> {
        if self.received() > self.byte_limit {
            Some(Overrun::Bytes)
        } else if self.started.elapsed() > self.time_limit {
            Some(Overrun::Time)
        } else {
            None
        }
    }

    fn check(&self) -> io::Result<()> {
        match self.overrun() {
            Some(Overrun::Bytes) => Err(io::Error::other("more bytes than allowed")),
            Some(Overrun::Time) => Err(io::Error::new(io::ErrorKind::TimedOut, "more time than allowed")),
            None => Ok(()),
        }
    }
}

/// gix's HTTP backend, with every response body metered.
pub(crate) struct MeteredHttp {
    inner: http::reqwest::Remote,
    meter: Arc<Meter>,
}

/// A response body that ends in an error once a cap is reached.
pub(crate) struct MeteredBody {
    inner: pipe::Reader,
    meter: Arc<Meter>,
}

impl Read for MeteredBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for MeteredBody {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.meter.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.meter.received.fetch_add(count as u64, Ordering::Relaxed);
        self.inner.consume(count);
    }
}

impl Http for MeteredHttp {
    type Headers = pipe::Reader;
    type ResponseBody = MeteredBody;
    type PostBody = pipe::Writer;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Self::Headers, Self::ResponseBody>> {
        let GetResponse { headers, body } = self.inner.get(url, base_url, headers)?;
        Ok(GetResponse { headers, body: MeteredBody { inner: body, meter: self.meter.clone() } })
    }

    fn post(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        body: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Self::Headers, Self::ResponseBody, Self::PostBody>> {
        let PostResponse { post_body, headers, body } = self.inner.post(url, base_url, headers, body)?;
        Ok(PostResponse { post_body, headers, body: MeteredBody { inner: body, meter: self.meter.clone() } })
    }

    fn configure(&mut self, config: &dyn Any) -> gix::Result<()> {
        self.inner.configure(config)
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.inner.redirected_base_url()
    }
}

/// Prepares a connection to an `http` or `https` URL; nothing is sent yet.
pub(crate) fn connect(
    url: &str,
    login: &Login,
    credentials: &Credentials,
    meter: &Arc<Meter>,
) -> gix::Result<Transport> {
    let http = MeteredHttp { inner: http::reqwest::Remote::default(), meter: meter.clone() };
    let mut transport = http::Transport::new_http(http, gix::url::parse(url)?, Protocol::V2, false);
    let extra_headers = authorization(url, login).into_iter().collect();
    transport.configure(&http::Options {
        extra_headers,
        backend: Some(Arc::new(Mutex::new(backend(credentials.clone(), meter.time_limit)))),
        ..http::Options::default()
    })?;
    Ok(transport)
}

/// What answers a server that asks for a login, unless [`authorization`] has told it already.
pub(crate) fn account(url: &str, login: &Login) -> Option<Account> {
    match login {
        Login::Basic { username, password } if !url.starts_with("http://") => {
            Some(Account { username: username.clone(), password: password.clone(), oauth_refresh_token: None })
        }
        Login::Basic { .. } | Login::Anonymous | Login::Bearer(_) | Login::Unsupported(_) => None,
    }
}

/// The header for logins that gix does not send by itself: tokens, and basic login over plain http,
/// which Git servers inside a cluster are reached by.
fn authorization(url: &str, login: &Login) -> Option<String> {
    match login {
        Login::Bearer(token) => Some(format!("Authorization: Bearer {token}")),
        Login::Basic { username, password } if url.starts_with("http://") => {
            Some(format!("Authorization: Basic {}", STANDARD.encode(format!("{username}:{password}"))))
        }
        Login::Basic { .. } | Login::Anonymous | Login::Unsupported(_) => None,
    }
}

fn backend(credentials: Credentials, timeout: Duration) -> http::reqwest::Options {
    let configure = move |builder: reqwest::blocking::ClientBuilder| {
        configure_client(builder.timeout(timeout), &credentials).map_err(gix::Error::from_error)
    };
    http::reqwest::Options { configure_client: Some(Box::new(configure)), configure_request: None }
}

/// Sets everything of the credentials that belongs to a client rather than to a request.
pub(crate) fn configure_client(
    mut builder: reqwest::blocking::ClientBuilder,
    credentials: &Credentials,
) -> reqwest::Result<reqwest::blocking::ClientBuilder> {
    let TlsOptions { client_certificate, client_key, authorities, insecure } = &credentials.tls;
    builder = builder.tls_danger_accept_invalid_certs(*insecure);
    if !authorities.is_empty() {
        builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(authorities.as_bytes())?);
    }
    if !client_certificate.is_empty() {
        let pem = format!("{client_certificate}\n{client_key}");
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes())?);
    }
    if !credentials.proxy.is_empty() {
        let except = reqwest::NoProxy::from_string(&credentials.no_proxy);
        builder = builder.proxy(reqwest::Proxy::all(&credentials.proxy)?.no_proxy(except));
    }
    Ok(builder)
}
