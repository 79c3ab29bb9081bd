//! Asking a cluster for its kinds. What a Service behind an APIService would tell, and does not, is not missing.

use kube::{
    Client,
    core::discovery::v2::{APIGroupDiscovery, APIResourceDiscovery},
    discovery::verbs,
};
use serde::Deserialize;

use super::{GroupVersion, Kind};
use crate::{Error, request};

const API_SERVICES: &str = "/apis/apiregistration.k8s.io/v1/apiservices";

/// What a cluster has told of itself.
#[derive(Default)]
pub(super) struct Found {
    /// In the server's order of preference.
    pub(super) kinds: Vec<Kind>,
    /// What it could not tell now, with the reason.
    pub(super) hidden: Vec<(GroupVersion, String)>,
}

/// Three requests where aggregated discovery is served, one for each version of a group where not.
pub(super) async fn ask(client: &Client) -> Result<Found, Error> {
    let mut found = match aggregated(client).await {
        Some(found) => found,
        None => one_by_one(client).await?,
    };
    for (version, reason) in left_to_services(client).await {
        let is_told = found.kinds.iter().any(|kind| kind.is_of(&version));
        if !is_told && found.hidden.iter().all(|(hidden, _)| *hidden != version) {
            found.hidden.push((version, reason));
        }
    }
    Ok(found)
}

/// `None` where the server does not serve it.
async fn aggregated(client: &Client) -> Option<Found> {
    let core = client.list_core_api_versions_aggregated().await.ok()?;
    let groups = client.list_api_groups_aggregated().await.ok()?;
    if core.items.is_empty() {
        return None;
    }
    let mut found = Found::default();
    for group in core.items.into_iter().chain(groups.items) {
        found.take(group);
    }
    Some(found)
}

impl Found {
    fn take(&mut self, group: APIGroupDiscovery) {
        let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
        for told in group.versions {
            let version = GroupVersion { group: name.clone(), version: told.version.unwrap_or_default() };
            if told.freshness.as_deref() == Some("Stale") {
                let reason = format!("the API server cannot say what {version} has: its Service does not answer");
                self.hidden.push((version.clone(), reason));
            }
            self.kinds.extend(told.resources.into_iter().filter_map(|resource| kind(&version, resource)));
        }
    }
}

fn kind(version: &GroupVersion, resource: APIResourceDiscovery) -> Option<Kind> {
    Some(Kind {
        group: version.group.clone(),
        version: version.version.clone(),
        kind: resource.response_kind?.kind?,
        plural: resource.resource?,
        namespaced: resource.scope.as_deref() == Some("Namespaced"),
        watchable: can_be_watched(&resource.verbs),
    })
}

fn can_be_watched(served: &[String]) -> bool {
    [verbs::LIST, verbs::WATCH].iter().all(|verb| served.iter().any(|served| served == verb))
}

/// One version that does not answer hides itself and no other.
async fn one_by_one(client: &Client) -> Result<Found, Error> {
    let mut found = Found::default();
    for version in client.list_core_api_versions().await?.versions {
        let resources = client.list_core_api_resources(&version).await?;
        found
            .kinds
            .extend(resources.resources.into_iter().filter_map(|told| listed(&GroupVersion::core(&version), told)));
    }
    for group in client.list_api_groups().await?.groups {
        for served in group.versions {
            let version = GroupVersion { group: group.name.clone(), version: served.version };
            match client.list_api_group_resources(&served.group_version).await {
                Ok(told) => {
                    found.kinds.extend(told.resources.into_iter().filter_map(|told| listed(&version, told)));
                }
                Err(error) => {
                    let error = Error::from(error);
                    found.hidden.push((version, error.to_string()));
                }
            }
        }
    }
    Ok(found)
}

fn listed(version: &GroupVersion, told: k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResource) -> Option<Kind> {
    if told.name.contains('/') {
        return None;
    }
    Some(Kind {
        group: version.group.clone(),
        version: version.version.clone(),
        kind: told.kind,
        plural: told.name,
        namespaced: told.namespaced,
        watchable: can_be_watched(&told.verbs),
    })
}

#[derive(Deserialize)]
struct ApiServices {
    items: Vec<ApiService>,
}

#[derive(Deserialize)]
struct ApiService {
    spec: ApiServiceSpec,
    #[serde(default)]
    status: ApiServiceStatus,
}

#[derive(Deserialize)]
struct ApiServiceSpec {
    #[serde(default)]
    group: String,
    version: String,
    service: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize, Default)]
struct ApiServiceStatus {
    #[serde(default)]
    conditions: Vec<ApiServiceCondition>,
}

#[derive(Deserialize)]
struct ApiServiceCondition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    #[serde(default)]
    message: String,
}

/// The versions that Services serve, each with what can be said if it is not told of. Whoever may not list them goes
/// by discovery alone.
async fn left_to_services(client: &Client) -> Vec<(GroupVersion, String)> {
    let Ok(request) = request::get(API_SERVICES) else { return Vec::new() };
    match client.request::<ApiServices>(request).await {
        Ok(services) => services.items.into_iter().filter_map(ApiService::left).collect(),
        Err(error) => {
            tracing::debug!(%error, "cannot list APIServices");
            Vec::new()
        }
    }
}

impl ApiService {
    fn left(self) -> Option<(GroupVersion, String)> {
        self.spec.service?;
        let version = GroupVersion { group: self.spec.group, version: self.spec.version };
        let said = self.status.conditions.into_iter().find(|one| one.kind == "Available" && one.status != "True");
        let said = said.map(|condition| condition.message).filter(|message| !message.is_empty());
        let why = said.unwrap_or_else(|| "its Service does not answer".into());
        Some((version.clone(), format!("the API server does not serve {version} now: {why}")))
    }
}
