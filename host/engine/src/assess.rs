//! Sync status and health of an application, from its objects.

use windlass_diff::{
    Hooks, SyncOptions, Target,
    hooks::wave_of,
    options::{Permission, ResourceOptions},
};
use windlass_model::{
    HealthStatus, Object, ObjectKey,
    application::{ResourceStatus, Summary, SyncStatus},
    names,
};

use crate::{live::Live, results};

/// A desired object, its live one, or both.
#[derive(Clone, Debug)]
pub struct Pair {
    pub key: ObjectKey,
    pub target: Option<Target>,
    pub live: Option<Live>,
    /// Where target and live differ; empty when they are equal or when there is no pair to compare.
    pub differences: Vec<String>,
    /// Whether the live object's mark refers to it: a copied one does not.
    pub is_ours: bool,
    /// Whether the project permits the kind.
    pub is_permitted: bool,
}

impl Pair {
    pub fn is_synced(&self) -> bool {
        self.target.is_some() && self.live.is_some() && self.differences.is_empty()
    }

    fn object(&self) -> Option<&Object> {
        self.live.as_ref().map(|live| &*live.object).or(self.target.as_ref().map(|target| &*target.object))
    }

    fn needs_prune(&self) -> bool {
        self.target.is_none() && self.live.is_some()
    }
}

/// The verdict on an application.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    pub status: SyncStatus,
    pub health: HealthStatus,
    pub resources: Vec<ResourceStatus>,
    pub summary: Summary,
}

/// What an assessment looks at beside the pairs.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The Application's own object, which does not judge itself.
    pub own_key: &'a ObjectKey,
    /// Pods that the application's objects own; their images are the ones in use.
    pub pods: &'a [Object],
    /// The application's sync options.
    pub options: &'a SyncOptions,
}

/// Assesses an application.
pub fn assess(pairs: &[Pair], surroundings: Surroundings<'_>) -> Assessment {
    let Surroundings { own_key, pods, options } = surroundings;
    let mut resources: Vec<ResourceStatus> = Vec::with_capacity(pairs.len());
    let mut status = SyncStatus::Synced;
    for pair in pairs {
        let Some((row, counts)) = row(pair, options) else { continue };
        if counts {
            status = SyncStatus::OutOfSync;
        }
        resources.push(row);
    }
    resources.sort_by(|a, b| {
        let key = |row: &ResourceStatus| (row.group.clone(), row.kind.clone(), row.namespace.clone(), row.name.clone());
        key(a).cmp(&key(b))
    });
    Assessment { status, health: health(pairs, own_key), resources, summary: summary(pairs, pods) }
}

/// The row of one pair, and whether it makes the application OutOfSync.
fn row(pair: &Pair, options: &SyncOptions) -> Option<(ResourceStatus, bool)> {
    let object = pair.object()?;
    // What Git says now counts: an object that was a hook once is none any more.
    let hooks = pair.target.as_ref().map_or_else(|| Hooks::of(object), |target| target.hooks.clone());
    let is_ours = pair.live.is_none() || pair.is_ours;
    let mut row = ResourceStatus {
        group: pair.key.kind.group.to_string(),
        version: object.version().to_owned(),
        kind: pair.key.kind.kind.to_string(),
        namespace: pair.key.namespace.to_string(),
        name: pair.key.name.to_string(),
        hook: hooks.is_hook,
        requires_pruning: pair.needs_prune() && is_ours,
        requires_deletion_confirmation: needs_confirmation(pair, options),
        sync_wave: wave_of(pair.target.as_ref().map_or(object, |target| &target.object)),
        ..ResourceStatus::default()
    };
    let stateless = hooks.is_hook || !is_ours || is_skipped(pair);
    if stateless {
        return Some((row, false));
    }
    let differs = !pair.is_synced();
    row.status = Some(if differs { SyncStatus::OutOfSync } else { SyncStatus::Synced });
    let is_extraneous = pair.needs_prune() && ResourceOptions::of(object).ignore_extraneous;
    if !pair.is_permitted {
        row.status = Some(SyncStatus::Unknown);
    }
    Some((row, differs && !is_extraneous))
}

fn is_skipped(pair: &Pair) -> bool {
    pair.target.as_ref().is_some_and(|target| target.hooks.is_skipped())
}

fn needs_confirmation(pair: &Pair, of_application: &SyncOptions) -> bool {
    let target = pair.target.as_ref().map(|target| target.options.clone());
    let live = pair.live.as_ref().map(|live| ResourceOptions::of(&live.object));
    let confirm = Some(Permission::AfterConfirmation);
    if Some(of_application.delete) == confirm || Some(of_application.prune) == confirm {
        return true;
    }
    [target, live].into_iter().flatten().any(|options| options.delete == confirm || options.prune == confirm)
}

fn health(pairs: &[Pair], own_key: &ObjectKey) -> HealthStatus {
    let counted = || pairs.iter().filter(|pair| counts_for_health(pair, own_key));
    let any_expected = counted().next().is_some();
    if any_expected && counted().all(|pair| pair.live.is_none()) {
        return HealthStatus::Missing;
    }
    counted()
        .filter_map(|pair| {
            let status = pair.live.as_ref()?.resource_health()?.status;
            let child_app = pair.key.kind.is("argoproj.io", "Application");
            let ignored = child_app && matches!(status, HealthStatus::Missing | HealthStatus::Unknown);
            (!ignored).then_some(status)
        })
        .max()
        .unwrap_or(HealthStatus::Healthy)
}

fn counts_for_health(pair: &Pair, own_key: &ObjectKey) -> bool {
    let ignored = |object: &Object| object.annotation(names::IGNORE_HEALTHCHECK) == Some("true");
    let target = pair.target.as_ref().map(|target| &*target.object);
    let live = pair.live.as_ref().map(|live| &*live.object);
    let is_hook = target.is_none() && live.is_some_and(|object| Hooks::of(object).is_hook);
    pair.key != *own_key && !is_skipped(pair) && !target.is_some_and(ignored) && !is_hook
}

fn summary(pairs: &[Pair], pods: &[Object]) -> Summary {
    let mut summary = Summary::default();
    let live = || pairs.iter().filter_map(|pair| pair.live.as_ref()).map(|live| &*live.object);
    let is_pod = |object: &&Object| object.kind() == "Pod" && object.group().is_empty();
    for pod in pods.iter().chain(live()).filter(is_pod) {
        summary.images.extend(results::images(pod));
    }
    summary.images.sort();
    summary.images.dedup();
    for object in live() {
        summary.external_urls.extend(results::external_urls(object));
    }
    summary.external_urls.sort();
    summary.external_urls.dedup();
    summary.is_app_of_apps = pairs.iter().any(|pair| pair.key.kind.is("argoproj.io", "Application"));
    summary
}
