//! A web server on a free loopback port: files, redirects and refusals, with every request recorded.

use std::{
    collections::HashMap,
    io::{BufReader, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    archive,
    http_request::{HttpRequest, read_request},
    listener::Listener,
};

/// What a path answers.
#[derive(Clone, Debug)]
pub enum Answer {
    File(Vec<u8>),
    Redirect(String),
    Status(u16),
    /// This many zeros.
    Endless(usize),
}

/// Serves until dropped.
pub struct WebServer {
    listener: Listener,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    /// The `Authorization` header that is asked for.
    authorization: Option<String>,
    requests: Mutex<Vec<(String, Option<String>)>>,
    is_down: AtomicBool,
}

impl WebServer {
    /// Serves everybody.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Asks every client for this exact `Authorization` header, such as `Basic bWU6cHc=`.
    pub fn start_protected(authorization: &str) -> Self {
        Self::start_with(Some(authorization.to_owned()))
    }

    fn start_with(authorization: Option<String>) -> Self {
        let shared = Arc::new(Shared { authorization, ..Shared::default() });
        let answering = shared.clone();
        // A client that hangs up is not the server's problem.
        let listener = Listener::start(move |stream| answering.answer(stream).unwrap_or_default());
        Self { listener, shared }
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.address)
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        self.listener.address.to_string()
    }

    pub fn serve(&self, path: &str, answer: Answer) -> &Self {
        locked(&self.shared.answers).insert(path.to_owned(), answer);
        self
    }

    pub fn serve_file(&self, path: &str, body: impl Into<Vec<u8>>) -> &Self {
        self.serve(path, Answer::File(body.into()))
    }

    /// Serves a Helm repository below `/charts`: each chart as name, version and archive.
    pub fn serve_charts(&self, charts: &[(&str, &str, &[u8])]) -> &Self {
        let mut index = "apiVersion: v1\nentries:\n".to_owned();
        let mut names: Vec<_> = charts.iter().map(|(name, ..)| *name).collect();
        names.dedup();
        for name in names {
            index.push_str(&format!("  {name}:\n"));
            for (_, version, archive) in charts.iter().filter(|(known, ..)| *known == name) {
                let file = format!("{name}-{version}.tgz");
                let digest = archive::digest(archive);
                index.push_str(&format!("  - {{version: {version}, digest: {digest}, urls: [{file}]}}\n"));
                self.serve_file(&format!("/charts/{file}"), *archive);
            }
        }
        self.serve_file("/charts/index.yaml", index)
    }

    /// Answers everything with 503, or no longer.
    pub fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::Relaxed);
    }

    /// The paths that were asked for, in order.
    pub fn requests(&self) -> Vec<String> {
        locked(&self.shared.requests).iter().map(|(path, _)| path.clone()).collect()
    }

    /// The `Authorization` headers that came, in order; `None` for a request without one.
    pub fn authorizations(&self) -> Vec<Option<String>> {
        locked(&self.shared.requests).iter().map(|(_, header)| header.clone()).collect()
    }
}

impl Shared {
    /// Answers one request.
    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let request = read_request(&mut BufReader::new(stream))?;
        let authorization = request.header("authorization").map(str::to_owned);
        locked(&self.requests).push((request.target.clone(), authorization));
        let mut stream = stream;
        match self.choose(&request) {
            Answer::File(body) => send(&mut stream, "200 OK", "", &body),
            Answer::Redirect(to) => send(&mut stream, "302 Found", &format!("Location: {to}\r\n"), b""),
            Answer::Status(code) => send(&mut stream, &format!("{code} Told So"), "", b""),
            Answer::Endless(bytes) => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").ok()?;
                let part = vec![0; 1 << 16];
                (0..bytes >> 16).try_for_each(|_| stream.write_all(&part)).ok()
            }
        }
    }

    fn choose(&self, request: &HttpRequest) -> Answer {
        if self.is_down.load(Ordering::Relaxed) {
            return Answer::Status(503);
        }
        if self.authorization.is_some() && request.header("authorization") != self.authorization.as_deref() {
            return Answer::Status(401);
        }
        let path = request.target.split('?').next().unwrap_or_default();
        locked(&self.answers).get(path).cloned().unwrap_or(Answer::Status(404))
    }
}

fn send(stream: &mut &TcpStream, status: &str, headers: &str, body: &[u8]) -> Option<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).ok()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panicked")
}
