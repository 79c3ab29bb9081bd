//! How a cluster is reached: its address and who we are there, as plain data, and the client that this makes.

use std::{fmt, time::Duration};

use http::header::{HeaderValue, USER_AGENT};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;

use crate::Error;

const AGENT: &str = concat!("windlass/", env!("CARGO_PKG_VERSION"));

/// A cluster that does not take a connection within this time counts as out of reach.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Address and identity. Certificates and keys are PEM in base64, as a kubeconfig has them; empty where there is none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Access {
    pub server: String,
    pub bearer_token: String,
    pub username: String,
    pub password: String,
    pub ca_data: String,
    pub certificate_data: String,
    pub key_data: String,
    /// The name that the server's certificate has to be for, where it is not that of the address.
    pub server_name: String,
    /// Takes any certificate.
    pub insecure: bool,
}

/// The same, where requests say who makes them: audit logs and priorities go by that.
pub fn introduced(mut config: Config) -> Config {
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    config
}

impl fmt::Debug for Access {
    /// Says where it leads and nothing of what opens it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Access").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Access {
    /// A client for the cluster. Sends nothing yet.
    pub async fn client(&self) -> Result<Client, Error> {
        let kubeconfig: Kubeconfig =
            serde_json::from_value(self.kubeconfig()).map_err(|error| self.unusable(&error))?;
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .map_err(|error| self.unusable(&error))?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        Client::try_from(introduced(config)).map_err(|error| self.unusable(&error))
    }

    fn kubeconfig(&self) -> serde_json::Value {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        json!({
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {
                "server": self.server,
                "insecure-skip-tls-verify": self.insecure,
                "certificate-authority-data": given(&self.ca_data),
                "tls-server-name": given(&self.server_name),
            }}],
            "users": [{"name": "it", "user": {
                "token": given(&self.bearer_token),
                "username": given(&self.username),
                "password": given(&self.password),
                "client-certificate-data": given(&self.certificate_data),
                "client-key-data": given(&self.key_data),
            }}],
        })
    }

    fn unusable(&self, error: &dyn std::error::Error) -> Error {
        Error::Invalid { object: format!("the connection to {}", self.server), message: error.to_string() }
    }
}
