//! What `up` is fed from: a folder with its working tree, or a repository.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use serde_json::json;
use tokio::task::JoinHandle;
use windlass_controller::Controller;
use windlass_model::{Application, Object};
use windlass_source::{Change, Checkout, MapRule, RepoUrl};

use super::{CONTROL_NAMESPACE, install};
use crate::{args::UpArgs, exit::WrongUsage, manifests, output::complain};

/// How often a watch that has nothing to tell is asked whether it still stands.
const WATCH_TURN: Duration = Duration::from_secs(1);

pub struct UpSource {
    /// The folder; `None` for a repository.
    folder: Option<PathBuf>,
    /// The URL of the application that wraps a folder or repository without Applications.
    url: String,
    revision: String,
    pub maps: Vec<MapRule>,
}

impl UpSource {
    pub fn new(args: &UpArgs) -> anyhow::Result<Self> {
        let mut maps = args
            .map
            .iter()
            .map(|text| MapRule::parse(text).map_err(|error| WrongUsage(format!("--map {text}: {error}")).into()))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let path = Path::new(&args.source);
        if !path.is_dir() {
            return Self::repository(args, maps);
        }
        if args.revision.is_some() {
            return Err(WrongUsage("--revision goes with a repository URL; a folder is served as it is".into()).into());
        }
        let folder = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
        add_own_remotes(&mut maps, &folder);
        add_named_repository(&mut maps, &folder)?;
        let url = format!("https://local.invalid/{}", name_of(&folder));
        maps.push(MapRule { url: RepoUrl::parse(&url)?, folder: folder.clone() });
        Ok(Self { folder: Some(folder), url, revision: "HEAD".into(), maps })
    }

    fn repository(args: &UpArgs, maps: Vec<MapRule>) -> anyhow::Result<Self> {
        if !args.source.contains("://") {
            return Err(WrongUsage(format!("{}: no such folder, and not a repository URL", args.source)).into());
        }
        let url = RepoUrl::parse(&args.source).map_err(|error| WrongUsage(error.to_string()))?;
        let revision = args.revision.clone().unwrap_or_else(|| "HEAD".into());
        Ok(Self { folder: None, url: url.as_str().to_owned(), revision, maps })
    }

    /// Puts the folder's Applications and projects into the cluster, or one Application around everything.
    pub async fn load(&self, client: &kube::Client) -> anyhow::Result<()> {
        let mut objects = match &self.folder {
            Some(folder) => manifests::control_objects(folder)?,
            None => Vec::new(),
        };
        if !objects.iter().any(|object| object.kind() == "Application") {
            objects.push(self.wrapper());
        }
        for object in &mut objects {
            if object.namespace().is_empty() {
                object.set_namespace(CONTROL_NAMESPACE);
            }
            install::import(client, object).await?;
        }
        Ok(())
    }

    fn wrapper(&self) -> Object {
        let name = self.folder.as_deref().map_or_else(|| "repository".into(), name_of);
        let value = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": name, "namespace": CONTROL_NAMESPACE},
            "spec": {
                "project": "default",
                "source": {"repoURL": self.url, "targetRevision": self.revision, "path": "."},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
                "syncPolicy": {"automated": {"prune": true, "selfHeal": true}},
            },
        });
        Object::new(value).unwrap_or_else(|_| unreachable!("the literal is an object"))
    }

    /// Looks at everything again whenever a file of a served folder is saved.
    pub fn watch(self: Arc<Self>, client: kube::Client, controller: Arc<Controller>) -> JoinHandle<()> {
        let (saved, mut changes) = tokio::sync::mpsc::channel::<()>(1);
        for map in &self.maps {
            let (folder, saved) = (map.folder.clone(), saved.clone());
            std::thread::spawn(move || watch_folder(&folder, &saved));
        }
        tokio::spawn(async move {
            while changes.recv().await.is_some() {
                if let Err(error) = self.load(&client).await {
                    complain(&format!("{error:#}"));
                }
                controller.refresh_all();
            }
        })
    }
}

/// Runs until nobody listens.
fn watch_folder(folder: &Path, saved: &tokio::sync::mpsc::Sender<()>) {
    let watch = match windlass_source::watch(folder) {
        Ok(watch) => watch,
        Err(error) => return complain(&format!("{error}: saved files are not noticed")),
    };
    loop {
        match watch.wait(WATCH_TURN) {
            // A change that is waiting to be looked at stands for this one too.
            Change::Written
                if matches!(saved.try_send(()), Err(tokio::sync::mpsc::error::TrySendError::Closed(()))) =>
            {
                return;
            }
            Change::Nothing if saved.is_closed() => return,
            Change::Closed => return,
            Change::Written | Change::Nothing => {}
        }
    }
}

fn name_of(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "folder".into() } else { name.into() }
}

/// The remotes of the repository that the folder is in lead to its checkout.
fn add_own_remotes(maps: &mut Vec<MapRule>, folder: &Path) {
    let Some(checkout) = Checkout::discover(folder) else { return };
    for url in checkout.remote_urls() {
        if !maps.iter().any(|map| map.url.is_same(&url)) {
            maps.push(MapRule { url, folder: checkout.root().to_owned() });
        }
    }
}

/// Where the Applications in the folder all name one repository, and the folder has every path that they
/// ask for, it is that repository.
fn add_named_repository(maps: &mut Vec<MapRule>, folder: &Path) -> anyhow::Result<()> {
    let applications = manifests::control_objects(folder)?;
    let sources: Vec<_> = applications
        .iter()
        .filter(|object| object.kind() == "Application")
        .filter_map(|object| serde_json::from_value::<Application>(object.to_value()).ok())
        .flat_map(|app| app.spec.all_sources().into_iter().cloned().collect::<Vec<_>>())
        .filter(|source| source.chart.is_empty())
        .collect();
    let Some(first) = sources.first() else { return Ok(()) };
    let Ok(url) = RepoUrl::parse(&first.repo_url) else { return Ok(()) };
    let is_here = |source: &windlass_model::application::Source| {
        windlass_source::is_same_url(&source.repo_url, &first.repo_url) && folder.join(&source.path).is_dir()
    };
    if sources.iter().all(is_here) && !maps.iter().any(|map| map.url.is_same(&url)) {
        maps.push(MapRule { url, folder: folder.to_owned() });
    }
    Ok(())
}
