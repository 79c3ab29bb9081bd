//! A notification on its whole way: from a status, through the notifier, over HTTP.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::{Home, eventually};

/// Takes every request and keeps its body.
struct Receiver {
    address: SocketAddr,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let bodies = Arc::<Mutex<Vec<Value>>>::default();
        let kept = bodies.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(body) = take(&stream) {
                    kept.lock().unwrap().push(body);
                }
            }
        });
        Self { address, bodies }
    }

    fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }
}

/// Reads one request and answers that all is well.
fn take(mut stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").ok()?;
    serde_json::from_slice(&body).ok()
}

#[tokio::test]
async fn an_application_that_becomes_synced_is_told_of_once() {
    let receiver = Receiver::start();
    let home = Home::new();
    home.write("garden/colour.yaml", manifests::config_map("colour", "green"));
    let folder = home.path("garden");
    let hook = format!("http://{}/hook", receiver.address);
    let up = Up::start(home, &folder, &["--notify", &hook]).await;
    up.cluster().until_settled("garden").await;
    let first = eventually("a notification", || async { receiver.bodies().first().cloned() }).await;
    assert!(first.to_string().contains("garden"), "{first}");

    // The next revision is news again; had the first been told twice, there would be three by then.
    up.home().write("garden/colour.yaml", manifests::config_map("colour", "red"));
    eventually("news of the change", || async { (receiver.bodies().len() > 1).then_some(()) }).await;
    assert_eq!(receiver.bodies().len(), 2, "{:?}", receiver.bodies());
}
