//! What `diff`, `tree`, `explain` and `sync --label` have in common: they look at an application as the controller
//! does, from here.

use std::sync::Arc;

use anyhow::Context as _;
use windlass_controller::{Observation, Observer};
use windlass_model::Application;
use windlass_source::{Freshness, MapRule};

use crate::{
    args::app::{NameArgs, PlaceArgs, SourceArgs},
    assemble::assemble,
    commands::connect,
    exit::WrongUsage,
    kubeconfig,
};

/// Somebody who looks, connected to a cluster.
pub struct Survey {
    observer: Observer,
}

impl Survey {
    pub async fn connect(client: kube::Client, place: &PlaceArgs, sources: &SourceArgs) -> anyhow::Result<Self> {
        let mut maps = kubeconfig::maps(place.cluster.kubeconfig.as_deref());
        for text in &sources.map {
            maps.push(MapRule::parse(text).map_err(|error| WrongUsage(format!("--map {text}: {error}")))?);
        }
        let assembly = assemble(maps, sources.allow_local_repositories, &sources.enabled.plugins)?;
        let observer = Observer::connect(client, assembly.pipeline, &place.namespace).await?;
        Ok(Self { observer })
    }

    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    pub async fn observe(&self, app: &Application) -> Observation {
        self.observer.observe(&Arc::new(app.clone()), None, Freshness::now()).await
    }
}

/// Connects, and looks at the application that was named.
pub async fn of(
    args: &NameArgs,
    sources: &SourceArgs,
    revision: Option<&str>,
) -> anyhow::Result<(Survey, Observation)> {
    let client = connect::client(&args.place.cluster).await?;
    let survey = Survey::connect(client, &args.place, sources).await?;
    let app = survey
        .observer
        .application(&args.name)
        .with_context(|| format!("there is no application {} in namespace {}", args.name, args.place.namespace))?;
    let revisions = revision.map(|revision| vec![revision.to_owned()]);
    let observation = survey.observer.observe(&app, revisions, Freshness::now()).await;
    Ok((survey, observation))
}
