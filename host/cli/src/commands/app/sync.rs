//! `windlass app sync NAME…`: asks the controller for a sync.

use anyhow::bail;
use windlass_model::{
    Application,
    application::{Backoff, InfoItem, Operation, Retry, SyncOperation, SyncResource, SyncStrategy, duration_from_text},
};

use super::{
    filter, operation,
    selection::{self, Selector},
    store::Applications,
    survey::Survey,
};
use crate::{
    args::app::{Strategy, SyncArgs},
    exit::{Exit, WrongUsage},
};

pub async fn run(args: SyncArgs) -> anyhow::Result<Exit> {
    let request = Request::new(&args)?;
    let applications = Applications::connect(&args.apps.place).await?;
    let chosen = filter::chosen(&applications, &args.apps).await?;
    if chosen.is_empty() {
        bail!("no application matches");
    }
    let mut started = Vec::with_capacity(chosen.len());
    for found in &chosen {
        let labelled = labelled(&applications, &args, &found.app).await?;
        let plan = |app: &Application| request.operation(app, &labelled);
        started.push(operation::start(&applications, &found.app.metadata.name, plan).await?);
    }
    operation::see_through(&applications, started, &args.patience).await
}

/// The resources that `--label` stands for, which only their manifests know.
async fn labelled(
    applications: &Applications,
    args: &SyncArgs,
    app: &Application,
) -> anyhow::Result<Vec<SyncResource>> {
    if args.label.is_empty() {
        return Ok(Vec::new());
    }
    let labels = pairs("--label", &args.label)?;
    let survey = Survey::connect(applications.client().clone(), &args.apps.place, &args.sources).await?;
    let observed = survey.observe(app).await;
    if let Some(problem) = &observed.state.problem {
        bail!("application {}: {problem}", app.metadata.name);
    }
    let targets = observed.state.pairs.iter().filter_map(|pair| pair.target.as_ref());
    let chosen = targets.filter(|target| labels.iter().all(|(name, value)| target.object.label(name) == Some(value)));
    let resources: Vec<SyncResource> = chosen
        .map(|target| SyncResource {
            group: target.key.kind.group.to_string(),
            kind: target.key.kind.kind.to_string(),
            name: target.key.name.to_string(),
            namespace: target.key.namespace.to_string(),
        })
        .collect();
    if resources.is_empty() {
        bail!("application {}: no resource has the labels {}", app.metadata.name, args.label.join(","));
    }
    Ok(resources)
}

fn pairs(option: &str, texts: &[String]) -> Result<Vec<(String, String)>, WrongUsage> {
    let pair = |text: &String| {
        let (name, value) =
            text.split_once('=').ok_or_else(|| WrongUsage(format!("{option} {text}: must be NAME=VALUE")))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    texts.iter().map(pair).collect()
}

/// What was asked for on the command line, checked.
struct Request {
    revisions: Vec<String>,
    resources: Vec<Selector>,
    sync: SyncOperation,
    info: Vec<InfoItem>,
    retry: Option<Retry>,
}

impl Request {
    fn new(args: &SyncArgs) -> Result<Self, WrongUsage> {
        let info = pairs("--info", &args.info)?.into_iter().map(|(name, value)| InfoItem { name, value }).collect();
        for text in [&args.retry_backoff, &args.retry_max].into_iter().flatten() {
            if duration_from_text(text).is_none() {
                return Err(WrongUsage(format!("`{text}` is not a duration such as 90s or 2m")));
            }
        }
        Ok(Self {
            revisions: args.revision.clone(),
            resources: args.resource.iter().map(|text| Selector::parse(text)).collect::<Result<_, _>>()?,
            sync: SyncOperation {
                prune: args.prune,
                dry_run: args.dry_run,
                sync_options: args.sync_option.clone(),
                sync_strategy: Some(strategy(args)),
                ..SyncOperation::default()
            },
            info,
            retry: args.retry_limit.map(|limit| Retry { limit, backoff: backoff(args), refresh: false }),
        })
    }

    /// The operation for one application, or why there can be none.
    fn operation(&self, app: &Application, labelled: &[SyncResource]) -> anyhow::Result<Operation> {
        let many = app.spec.has_many_sources();
        let expected = if many { app.spec.sources.len() } else { 1 };
        if self.revisions.len() > expected {
            bail!(
                "application {} has {expected} sources, and {} revisions were given",
                app.metadata.name,
                self.revisions.len()
            );
        }
        if let Some(foreign) = self.foreign_revision(app) {
            bail!(
                "application {} syncs by itself to {}, so that a sync to {foreign} would not last: \
                 change the revision with `windlass app set --revision`, or switch automatic sync off",
                app.metadata.name,
                target_revisions(app).join(", "),
            );
        }
        let mut sync = self.sync.clone();
        if many {
            sync.revisions = self.revisions.clone();
            sync.revisions.resize(if self.revisions.is_empty() { 0 } else { expected }, String::new());
        } else {
            sync.revision = self.revisions.first().cloned().unwrap_or_default();
        }
        sync.resources = selection::resolve(&self.resources, &app.status.resources)?;
        sync.resources.extend_from_slice(labelled);
        Ok(Operation {
            sync: Some(sync),
            initiated_by: operation::initiated_by(),
            info: self.info.clone(),
            retry: self.retry.clone().unwrap_or_default(),
        })
    }

    /// A revision that automatic sync would leave again at once.
    fn foreign_revision(&self, app: &Application) -> Option<&str> {
        if app.spec.automated().is_none() || self.sync.dry_run {
            return None;
        }
        let mut wanted = self.revisions.iter().map(String::as_str).zip(target_revisions(app));
        wanted.find(|(given, target)| !given.is_empty() && *given != target.as_str()).map(|(given, _)| given)
    }
}

fn strategy(args: &SyncArgs) -> SyncStrategy {
    let mut strategy = match args.strategy {
        Strategy::Apply => SyncStrategy { apply: Some(Default::default()), hook: None },
        Strategy::Hook => SyncStrategy { apply: None, hook: Some(Default::default()) },
    };
    for chosen in [&mut strategy.apply, &mut strategy.hook].into_iter().flatten() {
        chosen.force = args.force;
    }
    strategy
}

fn target_revisions(app: &Application) -> Vec<String> {
    let revision = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    app.spec.all_sources().iter().map(|source| revision(&source.target_revision)).collect()
}

fn backoff(args: &SyncArgs) -> Option<Backoff> {
    let any = args.retry_backoff.is_some() || args.retry_factor.is_some() || args.retry_max.is_some();
    any.then(|| Backoff {
        duration: args.retry_backoff.clone().unwrap_or_default(),
        factor: args.retry_factor,
        max_duration: args.retry_max.clone().unwrap_or_default(),
    })
}
