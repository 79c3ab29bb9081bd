//! A Git server over HTTP on a free loopback port: the installed `git http-backend`, with every request recorded.

use std::{
    io::{BufReader, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};

use crate::{
    git_repository::isolated_git,
    http_request::{HttpRequest, read_request},
    listener::Listener,
};

/// Serves one folder of repositories until dropped.
pub struct GitServer {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    /// The `Authorization` header that is asked for.
    authorization: Option<String>,
    requests: Mutex<Vec<GitRequest>>,
}

/// What a client asked the server to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitRequest {
    Handshake,
    ListReferences,
    Fetch,
    /// Answered with 401.
    Refused,
    Other,
}

impl GitServer {
    /// Serves the repositories below `root` to everybody.
    pub fn start(root: &Path) -> Self {
        Self::start_with(root, None)
    }

    /// Asks every client for this exact `Authorization` header, such as `Basic bWU6cHc=`.
    pub fn start_protected(root: &Path, authorization: &str) -> Self {
        Self::start_with(root, Some(authorization.to_owned()))
    }

    fn start_with(root: &Path, authorization: Option<String>) -> Self {
        let shared = Arc::new(Shared { root: root.to_owned(), authorization, requests: Mutex::default() });
        let answering = shared.clone();
        // A client that hangs up is not the server's problem.
        let listener = Listener::start(move |stream| answering.answer(stream).unwrap_or_default());
        Self { listener, shared }
    }

    /// The URL of a repository, by its path below the served folder.
    pub fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.listener.address)
    }

    /// How many requests of this kind came in.
    pub fn count(&self, kind: GitRequest) -> usize {
        let requests = self.shared.requests.lock().expect("no thread panicked");
        requests.iter().filter(|request| **request == kind).count()
    }
}

impl Shared {
    /// Answers one request.
    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let request = read_request(&mut BufReader::new(stream))?;
        let is_refused =
            self.authorization.is_some() && request.header("authorization") != self.authorization.as_deref();
        let kind = if is_refused { GitRequest::Refused } else { kind(&request) };
        self.requests.lock().ok()?.push(kind);
        let mut stream = stream;
        if is_refused {
            let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\n";
            return stream.write_all(format!("{answer}Connection: close\r\n\r\n").as_bytes()).ok();
        }
        stream.write_all(&self.run_backend(&request)?).ok()
    }

    /// Runs the CGI program and turns its answer into HTTP.
    fn run_backend(&self, request: &HttpRequest) -> Option<Vec<u8>> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let mut backend = isolated_git(&self.root)
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", path)
            .env("QUERY_STRING", query)
            .env("CONTENT_TYPE", request.header("content-type").unwrap_or_default())
            .env("HTTP_CONTENT_ENCODING", request.header("content-encoding").unwrap_or_default())
            .env("GIT_PROTOCOL", request.header("git-protocol").unwrap_or_default())
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "safe.directory")
            .env("GIT_CONFIG_VALUE_0", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        backend.stdin.take()?.write_all(&request.body).ok()?;
        let output = backend.wait_with_output().ok()?.stdout;
        let head_end = output.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&output[..head_end]);
        let body = &output[head_end + 4..];
        let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
        let headers: String =
            head.lines().filter(|line| !line.starts_with("Status:")).map(|line| format!("{line}\r\n")).collect();
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        Some([head.as_bytes(), body].concat())
    }
}

fn kind(request: &HttpRequest) -> GitRequest {
    let body = String::from_utf8_lossy(&request.body);
    if request.target.contains("info/refs") {
        GitRequest::Handshake
    } else if body.contains("command=ls-refs") {
        GitRequest::ListReferences
    } else if body.contains("command=fetch") {
        GitRequest::Fetch
    } else {
        GitRequest::Other
    }
}
