//! What a caller presents to a Git server. Never printed: `Debug` names the kind only.

use std::fmt;

/// How to reach and convince one Git server.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Credentials {
    pub login: Login,
    pub tls: TlsOptions,
    /// `http`, `https` or `socks5` URL of a proxy; empty takes the environment's.
    pub proxy: String,
    /// Comma-separated hosts that are reached without the proxy.
    pub no_proxy: String,
}

/// Who the caller is.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub enum Login {
    #[default]
    Anonymous,
    Basic {
        username: String,
        password: String,
    },
    Bearer(String),
    /// A kind of login that this version does not know; the name of the Secret's field that asks for it.
    Unsupported(String),
}

/// Everything about TLS that differs from the system's defaults. All PEM.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TlsOptions {
    pub client_certificate: String,
    pub client_key: String,
    /// Certificate authorities trusted on top of the system's.
    pub authorities: String,
    /// Takes any certificate of the server.
    pub insecure: bool,
}

impl Credentials {
    /// What is left for a server that these credentials are not for: how to get there, and nothing that tells who asks.
    pub(crate) fn without_identity(&self) -> Self {
        let tls = TlsOptions { authorities: self.tls.authorities.clone(), ..TlsOptions::default() };
        Self { login: Login::Anonymous, tls, proxy: self.proxy.clone(), no_proxy: self.no_proxy.clone() }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("login", &self.login)
            .field("insecure", &self.tls.insecure)
            .field("proxied", &!self.proxy.is_empty())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Basic { .. } => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
            Self::Unsupported(_) => "Unsupported",
        })
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions").field("insecure", &self.insecure).finish_non_exhaustive()
    }
}
