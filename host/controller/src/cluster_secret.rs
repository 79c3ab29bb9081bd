//! Argo CD's cluster Secrets: where a cluster is, who we are there, and who may use it. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use windlass_cluster::{Access, Part};

/// The value of the secret-type label that marks one.
pub(crate) const SECRET_TYPE: &str = "cluster";

/// One cluster Secret, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterSecret {
    /// The address without a `/` at its end.
    pub(crate) server: String,
    /// The address where no name is given.
    pub(crate) name: String,
    /// The project that the cluster belongs to; empty for none.
    pub(crate) project: String,
    /// What of the cluster is watched and managed.
    pub(crate) part: Part,
    /// How to get there, or what about it is not supported.
    pub(crate) access: Result<Access, String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    username: String,
    password: String,
    bearer_token: String,
    tls_client_config: Tls,
    aws_auth_config: Option<serde_json::Value>,
    exec_provider_config: Option<serde_json::Value>,
    proxy_url: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Tls {
    insecure: bool,
    server_name: String,
    ca_data: String,
    cert_data: String,
    key_data: String,
}

impl ClusterSecret {
    /// Reads a Secret's decoded data; `None` for one without a server.
    pub(crate) fn parse(data: &BTreeMap<String, Vec<u8>>) -> Option<Self> {
        let field = |name: &str| {
            let text = data.get(name).and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default();
            text.trim().to_owned()
        };
        let server = field("server").trim_end_matches('/').to_owned();
        if server.is_empty() {
            return None;
        }
        let name = Some(field("name")).filter(|name| !name.is_empty()).unwrap_or_else(|| server.clone());
        let namespaces: Vec<String> =
            field("namespaces").split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        let part = match namespaces.is_empty() {
            true => Part::Whole,
            false => Part::Namespaces { namespaces, cluster_resources: field("clusterResources") == "true" },
        };
        let access = access(&server, &field("config"));
        Some(Self { server, name, project: field("project"), part, access })
    }
}

fn access(server: &str, config: &str) -> Result<Access, String> {
    let config: Config = match config {
        "" => Config::default(),
        // The parser's own text may quote what it has read, which is secret.
        text => serde_json::from_str(text).map_err(|error| {
            format!("`config` is not valid JSON at line {}, column {}", error.line(), error.column())
        })?,
    };
    let unsupported = [
        ("execProviderConfig", config.exec_provider_config.is_some()),
        ("awsAuthConfig", config.aws_auth_config.is_some()),
        ("proxyUrl", !config.proxy_url.is_empty()),
    ];
    if let Some((field, _)) = unsupported.iter().find(|(_, is_set)| *is_set) {
        return Err(format!("config.{field} is not supported yet: use a bearer token or a client certificate"));
    }
    let tls = config.tls_client_config;
    if tls.insecure && !tls.ca_data.is_empty() {
        return Err("config.tlsClientConfig: insecure and caData contradict each other: remove one".into());
    }
    if tls.cert_data.is_empty() != tls.key_data.is_empty() {
        return Err("config.tlsClientConfig: certData and keyData belong together: give both".into());
    }
    Ok(Access {
        server: server.to_owned(),
        bearer_token: config.bearer_token,
        username: config.username,
        password: config.password,
        ca_data: tls.ca_data,
        certificate_data: tls.cert_data,
        key_data: tls.key_data,
        server_name: tls.server_name,
        insecure: tls.insecure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(fields: &[(&str, &str)]) -> ClusterSecret {
        let data = fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        ClusterSecret::parse(&data).unwrap()
    }

    #[test]
    fn a_cluster_has_a_name_a_part_and_an_identity() {
        let secret = parse(&[
            ("server", "https://prod.example:6443/\n"),
            ("name", "prod"),
            ("project", "red"),
            ("namespaces", "web, shop"),
            ("config", r#"{"bearerToken": "s3cret", "tlsClientConfig": {"caData": "Q0E=", "serverName": "api"}}"#),
        ]);
        assert_eq!((secret.server.as_str(), secret.name.as_str()), ("https://prod.example:6443", "prod"));
        let part = Part::Namespaces { namespaces: vec!["web".into(), "shop".into()], cluster_resources: false };
        assert_eq!((secret.project.as_str(), &secret.part), ("red", &part));
        let access = secret.access.clone().unwrap();
        assert_eq!((access.bearer_token.as_str(), access.server_name.as_str()), ("s3cret", "api"));
        assert!(!format!("{secret:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        for (config, word) in [
            (r#"{"execProviderConfig": {"command": "x"}}"#, "execProviderConfig"),
            (r#"{"awsAuthConfig": {"clusterName": "x"}}"#, "awsAuthConfig"),
            (r#"{"proxyUrl": "http://proxy"}"#, "proxyUrl"),
            (r#"{"tlsClientConfig": {"insecure": true, "caData": "Q0E="}}"#, "contradict"),
            (r#"{"tlsClientConfig": {"certData": "Q0E="}}"#, "keyData"),
        ] {
            let message = parse(&[("server", "https://a"), ("config", config)]).access.unwrap_err();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn a_broken_config_is_told_without_its_text() {
        let message = parse(&[("server", "https://a"), ("config", r#"{"bearerToken": s3cret"#)]).access.unwrap_err();
        assert!(message.contains("column") && !message.contains("s3cret"), "{message}");
    }

    #[test]
    fn without_a_name_the_address_is_the_name() {
        assert_eq!(parse(&[("server", "https://a")]).name, "https://a");
        assert_eq!(ClusterSecret::parse(&BTreeMap::new()), None);
    }
}
