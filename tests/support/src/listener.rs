//! A free port of the loopback that hands each connection to a thread of its own, until it is dropped.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Listener {
    pub(crate) fn start(answer: impl Fn(&TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let stopped = Arc::<AtomicBool>::default();
        let (answer, is_over) = (Arc::new(answer), stopped.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let answer = answer.clone();
                thread::spawn(move || answer(&stream));
            }
        });
        Self { address, stopped }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // The loop looks at the flag once it has accepted this.
        drop(TcpStream::connect(self.address));
    }
}
