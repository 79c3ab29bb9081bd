//! The embedding program's handle: start, address, credentials, counts, stop.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::access::{Access, Signer, SignerError};
use crate::api::Api;
use crate::background::Background;
use crate::counters::{Counters, Requests};
use crate::faults::{Faults, Weather};
use crate::identity::{Identity, IdentityError};

pub use crate::identity::ClientCertificate;
use crate::listener::{ListenError, Listener};
use crate::local::LocalService;
use crate::server::Server;
use crate::store::{LogError, Store, Window};

/// How to start. The default listens on a free port of loopback and keeps nothing.
pub struct Options {
    pub listen: SocketAddr,
    /// Where objects, certificates and the token are kept over restarts. A development store: Secrets stand in
    /// it in clear, readable by its owner only.
    pub data: Option<PathBuf>,
    pub faults: Option<Faults>,
    /// How far back watches and paged lists reach.
    pub window: Window,
}

impl Default for Options {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Options { listen, data: None, faults: None, window: Window::default() }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Data(#[from] LogError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Signer(#[from] SignerError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("the runtime ended while the data folder was read")]
    Interrupted,
}

/// A running server; dropping it stops it.
pub struct Sandbox {
    server: Arc<Server>,
    identity: Identity,
    address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a server on the current tokio runtime; it is ready when this returns.
    ///
    /// # Errors
    /// The address is taken, the data folder is unusable or in use, or certificates cannot be made.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let Options { listen, data, faults, window } = options;
        let store = tokio::task::spawn_blocking({
            let data = data.clone();
            move || data.map_or_else(|| Ok(Store::in_memory(window)), |folder| Store::open(&folder, window))
        });
        let (identity, signer) = match &data {
            Some(folder) => (Identity::kept_in(folder)?, Signer::kept_in(folder)?),
            None => (Identity::generate()?, Signer::generate()?),
        };
        let listener = Listener::bind(listen, &identity).await?;
        let address = listener.address();
        let store = store.await.map_err(|_| Error::Interrupted)??;
        let api = Arc::new(Api::new(store, Access::new(identity.token(), signer), address.to_string()));
        let weather = Weather::new(faults);
        let server = Arc::new(Server { api: api.clone(), counters: Counters::default(), weather });
        let background = Background::start(api);
        let tasks = vec![tokio::spawn(listener.run(server.clone())), tokio::spawn(background.run())];
        Ok(Sandbox { server, identity, address, tasks })
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn ca_pem(&self) -> &str {
        self.identity.authority_pem()
    }

    /// The bearer token that may do everything. A secret: it opens this server.
    pub fn token(&self) -> &str {
        self.identity.token()
    }

    /// A kubeconfig that reaches this server; holds the token.
    pub fn kubeconfig(&self) -> String {
        self.identity.kubeconfig(&self.url())
    }

    /// A certificate that lets a user in over HTTPS, as a member of the group; what they may do, roles say.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn client_certificate(&self, user: &str, group: Option<&str>) -> Result<ClientCertificate, Error> {
        Ok(self.identity.client_certificate(user, group)?)
    }

    /// What has been asked so far.
    pub fn requests(&self) -> Requests {
        self.server.counters.read()
    }

    /// Breaks requests in another way from now on, or no longer. What the faults of before hold up ends.
    pub fn set_faults(&self, faults: Option<Faults>) {
        self.server.weather.change(faults);
    }

    /// A client's transport without TLS and sockets: `kube::Client::new(sandbox.client_service(), "default")`.
    pub fn client_service(&self) -> LocalService {
        LocalService::new(self.server.clone())
    }

    /// Stops serving. Open watches end.
    pub async fn shutdown(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            if let Err(error) = task.await
                && error.is_panic()
            {
                tracing::error!(%error, "a task of the sandbox had panicked");
            }
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
