//! Applications in the API: read, changed under a resource version, followed.

use std::{collections::BTreeMap, pin::Pin};

use anyhow::{Context as _, bail};
use futures::{Stream, StreamExt as _};
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, PostParams, Preconditions},
    core::{ApiResource, GroupVersionKind},
    runtime::watcher,
};
use serde_json::Value;
use windlass_model::Application;

use crate::{args::app::PlaceArgs, commands::connect, exit::WrongUsage};

/// The field manager of what is changed from the command line.
const MANAGER: &str = "windlass-cli";
/// How often a change is tried again that somebody else came before.
const TRIES: usize = 5;

/// An Application, as it is and as the API gave it.
#[derive(Clone, Debug)]
pub struct Found {
    pub app: Application,
    /// Without `managedFields`, as kubectl shows it.
    pub object: Value,
}

impl Found {
    pub fn new(object: DynamicObject) -> anyhow::Result<Self> {
        let name = object.metadata.name.clone().unwrap_or_default();
        let mut object = serde_json::to_value(object)?;
        // Objects of a list need not say what they are.
        object["apiVersion"] = "argoproj.io/v1alpha1".into();
        object["kind"] = "Application".into();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        let app = serde_json::from_value(object.clone()).with_context(|| format!("application {name}"))?;
        Ok(Self { app, object })
    }
}

/// The Applications of one namespace, or of all.
pub struct Applications {
    client: Client,
    api: Api<DynamicObject>,
    namespace: String,
}

impl Applications {
    pub async fn connect(place: &PlaceArgs) -> anyhow::Result<Self> {
        Ok(Self::of(connect::client(&place.cluster).await?, &place.namespace))
    }

    pub fn of(client: Client, namespace: &str) -> Self {
        let api = Api::namespaced_with(client.clone(), namespace, &resource());
        Self { client, api, namespace: namespace.to_owned() }
    }

    pub fn everywhere(self) -> Self {
        Self { api: Api::all_with(self.client.clone(), &resource()), ..self }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// All of them that a label selector matches, by namespace and name.
    pub async fn list(&self, selector: Option<&str>) -> anyhow::Result<Vec<Found>> {
        let params = ListParams { label_selector: selector.map(str::to_owned), ..ListParams::default() };
        let listed = self.api.list(&params).await.map_err(|error| explained(error, "cannot list applications"))?;
        let mut found = listed.items.into_iter().map(Found::new).collect::<anyhow::Result<Vec<_>>>()?;
        found.sort_by_key(|found| found.app.full_name());
        Ok(found)
    }

    pub async fn get(&self, name: &str) -> anyhow::Result<Found> {
        match self.try_get(name).await? {
            Some(found) => Ok(found),
            None => bail!("there is no application {name} in namespace {}", self.namespace),
        }
    }

    pub async fn try_get(&self, name: &str) -> anyhow::Result<Option<Found>> {
        let object = self.api.get_opt(name).await;
        object.map_err(|error| explained(error, &format!("application {name}")))?.map(Found::new).transpose()
    }

    /// Changes an application as `edit` says. It is decided anew on what is there when somebody else was faster.
    pub async fn change(&self, name: &str, edit: impl Fn(&Found) -> anyhow::Result<Value>) -> anyhow::Result<Found> {
        let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
        let mut tries = 0;
        loop {
            let found = self.get(name).await?;
            let edited: DynamicObject = serde_json::from_value(edit(&found)?)?;
            tries += 1;
            match self.api.replace(name, &params, &edited).await {
                Err(kube::Error::Api(status)) if status.code == 409 && tries < TRIES => {}
                result => return Found::new(result.map_err(|error| explained(error, &format!("application {name}")))?),
            }
        }
    }

    /// Deletes the very application that was looked at.
    pub async fn delete(&self, found: &Found) -> anyhow::Result<()> {
        let metadata = &found.app.metadata;
        let preconditions = Preconditions { uid: Some(metadata.uid.clone()), resource_version: None };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.api.delete(&metadata.name, &params).await {
            Ok(_) => Ok(()),
            Err(error) => Err(explained(error, &format!("application {}", metadata.name))),
        }
    }

    /// Follows the applications that a label selector matches.
    pub fn follow(&self, selector: Option<&str>) -> Following {
        let config = watcher::Config::default();
        let config = match selector {
            Some(selector) => config.labels(selector),
            None => config,
        };
        Following { events: Box::pin(watcher(self.api.clone(), config)), held: BTreeMap::new(), fresh: BTreeMap::new() }
    }
}

fn resource() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("argoproj.io", "v1alpha1", "Application"))
}

/// Says what is missing where the API does not know Applications at all.
fn explained(error: kube::Error, what: &str) -> anyhow::Error {
    match &error {
        kube::Error::Api(status) if status.code == 404 && status.details.is_none() => {
            anyhow::Error::from(WrongUsage("this cluster has no Applications: their CRD is not installed".into()))
        }
        kube::Error::Api(status) => anyhow::anyhow!("{what}: {}", status.message),
        _ => anyhow::Error::from(error).context(what.to_owned()),
    }
}

/// What a watch has told so far.
pub struct Following {
    events: Pin<Box<dyn Stream<Item = watcher::Result<watcher::Event<DynamicObject>>> + Send>>,
    held: BTreeMap<String, Found>,
    /// Collected while a list comes in; it replaces what is held when it is complete.
    fresh: BTreeMap<String, Found>,
}

impl Following {
    /// Waits for the next change; gives everything that is there then, by namespace and name.
    pub async fn next(&mut self) -> anyhow::Result<&BTreeMap<String, Found>> {
        loop {
            let Some(event) = self.events.next().await else { bail!("the watch of applications has ended") };
            match event {
                // The watch stands up again by itself, with pauses that grow.
                Err(error) => tracing::warn!(%error, "the watch of applications was interrupted"),
                Ok(event) => {
                    if self.take(event)? {
                        return Ok(&self.held);
                    }
                }
            }
        }
    }

    /// Takes an event in; whether there is something new to look at.
    fn take(&mut self, event: watcher::Event<DynamicObject>) -> anyhow::Result<bool> {
        Ok(match event {
            watcher::Event::Init => {
                self.fresh.clear();
                false
            }
            watcher::Event::InitApply(object) => {
                let found = Found::new(object)?;
                self.fresh.insert(found.app.full_name(), found);
                false
            }
            watcher::Event::InitDone => {
                self.held = std::mem::take(&mut self.fresh);
                true
            }
            watcher::Event::Apply(object) => {
                let found = Found::new(object)?;
                self.held.insert(found.app.full_name(), found);
                true
            }
            watcher::Event::Delete(object) => {
                self.held.remove(&Found::new(object)?.app.full_name());
                true
            }
        })
    }
}
