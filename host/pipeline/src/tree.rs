//! An application's live objects with what stands behind them, and how each is doing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use windlass_cluster::Scope as Keys;
use windlass_diff::relations::{Branch, branches, may_stand_behind};
use windlass_model::{Health, Object, ObjectKey};

use crate::{Pipeline, Reconciled, Scope};

/// A live object, its verdict, and the objects behind it.
#[derive(Clone, Debug)]
pub struct TreeNode {
    pub key: ObjectKey,
    pub object: Arc<Object>,
    pub health: Option<Health>,
    pub children: Vec<TreeNode>,
}

impl Pipeline {
    /// The trees of an application's live objects. One that hangs under another is no root of its own.
    pub async fn tree(self: &Arc<Self>, scope: &Scope, state: &Reconciled) -> Vec<TreeNode> {
        let own: Vec<&ObjectKey> =
            state.pairs.iter().filter(|pair| pair.live.is_some()).map(|pair| &pair.key).collect();
        let keys = candidates(scope, &own);
        let keys: Vec<ObjectKey> = keys.into_iter().collect();
        let seen = self.see(scope, &keys).await;
        let lives: Vec<_> = keys.iter().filter_map(|key| Some((key.clone(), seen.live(key)?))).collect();
        let places: BTreeMap<&ObjectKey, usize> =
            lives.iter().enumerate().map(|(place, (key, _))| (key, place)).collect();
        let roots: Vec<usize> = own.iter().filter_map(|key| places.get(*key).copied()).collect();
        let objects: Vec<&Object> = lives.iter().map(|(_, live)| &*live.object).collect();
        let node = |place: usize, children: Vec<TreeNode>| {
            let (key, live) = &lives[place];
            TreeNode { key: key.clone(), object: live.object.clone(), health: live.resource_health(), children }
        };
        branches(&objects, &roots).into_iter().map(|branch| grown(branch, &node)).collect()
    }
}

fn grown(branch: Branch, node: &dyn Fn(usize, Vec<TreeNode>) -> TreeNode) -> TreeNode {
    let children = branch.children.into_iter().map(|child| grown(child, node)).collect();
    node(branch.place, children)
}

/// The application's objects, all that they own, and what may stand behind them in their namespaces.
fn candidates(scope: &Scope, own: &[&ObjectKey]) -> BTreeSet<ObjectKey> {
    let mut keys: BTreeSet<ObjectKey> = own.iter().map(|key| (*key).clone()).collect();
    for key in own {
        let Some(cached) = scope.cluster.get(key) else { continue };
        keys.extend(scope.cluster.owned_by(cached.uid()).iter().map(|cached| cached.object().key()));
    }
    let namespaces: BTreeSet<&str> = own.iter().map(|key| &*key.namespace).filter(|name| !name.is_empty()).collect();
    for namespace in namespaces {
        let near = scope.cluster.keys(Keys::Namespace(namespace)).into_iter();
        keys.extend(near.filter(|key| may_stand_behind(&key.kind)));
    }
    keys
}
