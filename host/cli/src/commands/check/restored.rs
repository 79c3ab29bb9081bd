//! What a restore has left to a person: applications that prune nothing, and objects whose owners have not come back.

use std::collections::HashSet;

use kube::{
    Api, Client, ResourceExt as _,
    api::{DynamicObject, ListParams, PartialObjectMeta},
    core::ApiResource,
    discovery::{Discovery, verbs},
};
use windlass_model::{GroupKind, ObjectKey, names};

use super::Answer;
use crate::commands::owners::Owner;

/// Objects on one page of a list.
const PAGE: u32 = 500;

/// An object with the mark of an application, and the owners that it names.
struct Owned {
    namespace: String,
    label: String,
    owners: Vec<Owner>,
}

/// The metadata of everything in a cluster that can be seen.
#[derive(Default)]
struct Census {
    uids: HashSet<String>,
    owned: Vec<Owned>,
    restored: Vec<String>,
    unseen: Vec<String>,
}

pub(super) async fn check(client: &Client) -> anyhow::Result<Vec<Answer>> {
    let mut census = Census::default();
    let kinds = match Discovery::new(client.clone()).run_aggregated().await {
        Ok(kinds) => kinds,
        Err(_) => Discovery::new(client.clone()).run().await?,
    };
    for (resource, capabilities) in kinds.groups().flat_map(|group| group.recommended_resources()) {
        if capabilities.supports_operation(verbs::LIST) {
            census.take(client, &resource).await;
        }
    }
    let mut answers: Vec<Answer> = census.restored.iter().map(|name| Answer::Poor(held(name))).collect();
    answers.extend(census.unseen.iter().map(|why| Answer::Poor(format!("cannot be looked at: {why}"))));
    for owned in &census.owned {
        answers.extend(orphaned(client, &census.uids, owned).await?);
    }
    if answers.is_empty() {
        answers.push(Answer::Fine("no application waits for a word after a restore, and no owner is missing".into()));
    }
    Ok(answers)
}

impl Census {
    async fn take(&mut self, client: &Client, resource: &ApiResource) {
        let api: Api<DynamicObject> = Api::all_with(client.clone(), resource);
        let mut params = ListParams::default().limit(PAGE);
        loop {
            let page = match api.list_metadata(&params).await {
                Ok(page) => page,
                Err(error) => return self.unseen.push(format!("{}: {error}", resource.plural)),
            };
            page.items.into_iter().for_each(|object| self.add(resource, object));
            match page.metadata.continue_.filter(|next| !next.is_empty()) {
                Some(next) => params.continue_token = Some(next),
                None => return,
            }
        }
    }

    fn add(&mut self, resource: &ApiResource, object: PartialObjectMeta<DynamicObject>) {
        let namespace = object.namespace().unwrap_or_default();
        let kind = GroupKind::new(&resource.group, &resource.kind);
        let label = ObjectKey::new(kind, &namespace, &object.name_any()).to_string();
        if resource.kind == "Application" && object.annotations().contains_key(names::RESTORED) {
            self.restored.push(format!("{namespace}/{}", object.name_any()));
        }
        let is_ours = object.annotations().contains_key(names::TRACKING_ID)
            || object.labels().contains_key(names::INSTANCE_LABEL);
        let owners: Vec<Owner> = object.owner_references().iter().map(owner).collect();
        if is_ours && !owners.is_empty() {
            self.owned.push(Owned { namespace, label, owners });
        }
        self.uids.extend(object.metadata.uid);
    }
}

fn owner(reference: &k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference) -> Owner {
    Owner {
        api_version: reference.api_version.clone(),
        kind: reference.kind.clone(),
        name: reference.name.clone(),
        uid: reference.uid.clone(),
    }
}

/// An owner that was not seen is asked for: it may have come since, or be of a kind that cannot be listed.
async fn orphaned(client: &Client, uids: &HashSet<String>, owned: &Owned) -> anyhow::Result<Vec<Answer>> {
    let mut answers = Vec::new();
    for owner in owned.owners.iter().filter(|owner| !uids.contains(&owner.uid)) {
        if !owner.lives(client, &owned.namespace).await? {
            answers.push(Answer::Poor(format!(
                "{}: its owner does not live: {owner}. The garbage collector deletes what has no living owner: take the \
                 reference out of metadata.ownerReferences",
                owned.label
            )));
        }
    }
    Ok(answers)
}

fn held(name: &str) -> String {
    format!(
        "Application {name} was read back from a backup and prunes nothing by itself: sync it with prune, or remove its \
         annotation {}",
        names::RESTORED
    )
}
