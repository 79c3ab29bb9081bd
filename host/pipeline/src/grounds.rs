//! What a verdict rests on, held so that the next look can tell from memory whether it would be the same.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use windlass_cluster::{Cluster, Kinds, Scope as Keys};
use windlass_model::{ObjectKey, application::Source};
use windlass_source::{Credentials, Freshness, RepoUrl, Request, Sources, credentials_for};

use crate::{desired::Resolved, scope::Scope, targets::DesiredState};

/// Sources and live objects as they were before an application was compared.
#[derive(Debug)]
pub struct Grounds {
    kinds: Arc<Kinds>,
    commits: Vec<Commit>,
    /// The name in marks.
    instance: String,
    /// Objects that are wanted or marked as the application's, with their versions.
    live: Vec<(ObjectKey, Option<Box<str>>)>,
    /// How many are marked.
    marked: usize,
    /// Stands for what the live objects own, and its versions.
    owned: u64,
}

/// A source that was resolved to a commit.
#[derive(Debug)]
struct Commit {
    url: RepoUrl,
    wanted: String,
    tag_prefix: String,
    credentials: Credentials,
    id: String,
}

impl Grounds {
    /// `None` where more than commits and live objects decides.
    pub(crate) fn of(scope: &Scope, resolved: &[Resolved], state: &DesiredState) -> Option<Self> {
        if scope.revisions.is_some() || resolved.iter().any(|resolved| !resolved.rests_on_commit) {
            return None;
        }
        let sources = scope.all_sources();
        let commits = sources.iter().zip(resolved).map(|(source, resolved)| commit(scope, source, resolved));
        let instance = scope.instance();
        let marked = scope.cluster.keys(Keys::Application(&instance));
        let mut keys: Vec<ObjectKey> = state.resources.iter().map(|target| target.key.clone()).collect();
        keys.extend(marked.iter().cloned());
        keys.sort();
        keys.dedup();
        let (live, owned) = (versions(&scope.cluster, keys.iter()).collect(), owned(&scope.cluster, &keys));
        let (kinds, marked) = (scope.cluster.kinds(), marked.len());
        Some(Self { kinds, commits: commits.collect::<Option<_>>()?, instance, live, marked, owned })
    }

    /// Whether sources and live objects are what they were. Asks nobody: where somebody would have to be asked, the
    /// answer is no.
    pub(crate) fn hold(&self, sources: &Sources, cluster: &Cluster, freshness: Freshness) -> bool {
        self.holds_in(cluster) && self.commits.iter().all(|commit| commit.is_known_to(sources, freshness))
    }

    fn holds_in(&self, cluster: &Cluster) -> bool {
        let keys = || self.live.iter().map(|(key, _)| key);
        Arc::ptr_eq(&self.kinds, &cluster.kinds())
            && self.is_seen_in(cluster)
            && self.live.iter().all(|(key, version)| version_of(cluster, key) == *version)
            && cluster.count_of(&self.instance) == self.marked
            && owned(cluster, keys()) == self.owned
    }

    /// What cannot be seen may have changed.
    fn is_seen_in(&self, cluster: &Cluster) -> bool {
        // The keys are sorted, by kind first.
        let mut kinds = self.live.chunk_by(|(one, _), (other, _)| one.kind == other.kind);
        kinds.all(|of_one_kind| cluster.blindness(&of_one_kind[0].0.kind).is_none())
    }
}

impl Commit {
    fn is_known_to(&self, sources: &Sources, freshness: Freshness) -> bool {
        let Self { url, wanted, tag_prefix, credentials, id } = self;
        let request = Request { url, revision: wanted, tag_prefix, credentials, freshness };
        sources.known(&request).is_some_and(|known| known == *id)
    }
}

fn commit(scope: &Scope, source: &Source, resolved: &Resolved) -> Option<Commit> {
    let url = RepoUrl::parse(&source.repo_url).ok()?;
    Some(Commit {
        credentials: credentials_for(&scope.repositories, url.as_str(), &scope.app.spec.project),
        url,
        wanted: source.target_revision.clone(),
        tag_prefix: source.tag_prefix.clone(),
        id: resolved.revision.clone(),
    })
}

fn version_of(cluster: &Cluster, key: &ObjectKey) -> Option<Box<str>> {
    cluster.get(key).map(|cached| cached.resource_version().into())
}

fn versions<'a>(
    cluster: &'a Cluster,
    keys: impl Iterator<Item = &'a ObjectKey>,
) -> impl Iterator<Item = (ObjectKey, Option<Box<str>>)> {
    keys.map(|key| (key.clone(), version_of(cluster, key)))
}

/// A sum over the objects that these own, which no order changes.
fn owned<'a>(cluster: &Cluster, keys: impl IntoIterator<Item = &'a ObjectKey>) -> u64 {
    let owners = keys.into_iter().filter_map(|key| cluster.get(key));
    let owned = owners.flat_map(|owner| cluster.owned_by(owner.uid()));
    owned.fold(0, |sum: u64, cached| {
        let mut hasher = DefaultHasher::new();
        (cached.uid(), cached.resource_version()).hash(&mut hasher);
        sum.wrapping_add(hasher.finish())
    })
}
