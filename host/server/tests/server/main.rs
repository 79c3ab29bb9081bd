//! The pages as a probe and a scraper see them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use windlass_server::{Pages, Server};

async fn server(ready: &Arc<AtomicBool>) -> Server {
    let ready = ready.clone();
    let pages = Pages {
        ready: Box::new(move || if ready.load(Ordering::SeqCst) { Ok(()) } else { Err("no cluster yet".into()) }),
        metrics: Box::new(|| "things_total 3\n".into()),
    };
    Server::start("127.0.0.1:0".parse().unwrap(), pages).await.unwrap()
}

async fn ask(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(format!("{request}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn readiness_follows_the_process_and_health_does_not() {
    let ready = Arc::new(AtomicBool::new(false));
    let server = server(&ready).await;
    let answer = ask(&server, "GET /readyz HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("no cluster yet\n"), "{answer}");
    assert!(ask(&server, "GET /healthz HTTP/1.1").await.starts_with("HTTP/1.1 200"));
    ready.store(true, Ordering::SeqCst);
    assert!(ask(&server, "GET /readyz HTTP/1.1").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn metrics_say_that_they_are_prometheus_text() {
    let server = server(&Arc::default()).await;
    let answer = ask(&server, "GET /metrics HTTP/1.1").await;
    assert!(answer.contains("text/plain; version=0.0.4"), "{answer}");
    assert!(answer.ends_with("things_total 3\n"), "{answer}");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let server = server(&Arc::default()).await;
    assert!(ask(&server, "GET /debug HTTP/1.1").await.starts_with("HTTP/1.1 404"));
    assert!(ask(&server, "DELETE /metrics HTTP/1.1").await.starts_with("HTTP/1.1 405"));
}
