//! Names that were changed, followed to where objects refer to them.

use std::collections::BTreeMap;

use crate::config::transformer::{NameReference, TransformerConfig};
use crate::error::{Error, Result};
use crate::fieldspec::FieldSpec;
use crate::id::{Gvk, ResId};
use crate::node::{Kind, Node, Scalar};
use crate::resmap::ResMap;
use crate::resource::Resource;

/// What is needed to know of an object that may be referred to.
struct Candidate {
    id: ResId,
    previous: Vec<ResId>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Candidate {
    fn of(resource: &Resource) -> Self {
        Self {
            id: resource.id(),
            previous: resource.previous_ids(),
            prefixes: resource.notes.prefixes.clone(),
            suffixes: resource.notes.suffixes.clone(),
        }
    }

    fn original_id(&self) -> &ResId {
        self.previous.first().unwrap_or(&self.id)
    }

    fn was_of_kind(&self, gvk: &Gvk) -> bool {
        self.previous.iter().any(|id| id.gvk.is_selected_by(gvk))
    }

    fn went_through_the_same_layers(&self, other: &Self, allow_empty: bool) -> bool {
        same_end(&self.prefixes, &other.prefixes, allow_empty) && same_end(&self.suffixes, &other.suffixes, allow_empty)
    }
}

/// Whether the shorter list is the end of the longer one. An empty list is the end only of an empty one, unless
/// allowed.
fn same_end(left: &[String], right: &[String], allow_empty: bool) -> bool {
    match left.is_empty() || right.is_empty() {
        true => allow_empty || left.len() == right.len(),
        false => left.ends_with(right) || right.ends_with(left),
    }
}

/// Updates every field that refers by name to an object that is called otherwise now.
pub(crate) fn fix(resources: &mut ResMap, config: &TransformerConfig) -> Result<()> {
    let candidates = Candidates::of(resources);
    for (at, resource) in resources.list.iter_mut().enumerate() {
        let referrer = Referrer::new(resource, &candidates.all[at], &candidates);
        let original = candidates.all[at].original_id();
        for reference in &config.name_reference {
            for spec in reference.specs.iter().filter(|spec| original.gvk.is_selected_by(&spec.gvk)) {
                referrer.update(&mut resource.body, reference, spec)?;
            }
        }
    }
    Ok(())
}

/// All objects, and those that have had each name.
struct Candidates {
    all: Vec<Candidate>,
    by_former_name: BTreeMap<String, Vec<usize>>,
}

impl Candidates {
    fn of(resources: &ResMap) -> Self {
        let all: Vec<Candidate> = resources.list.iter().map(Candidate::of).collect();
        let mut by_former_name = BTreeMap::<String, Vec<usize>>::new();
        for (at, candidate) in all.iter().enumerate() {
            for id in &candidate.previous {
                let places = by_former_name.entry(id.name.clone()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        Self { all, by_former_name }
    }

    fn formerly_called(&self, name: &str) -> impl Iterator<Item = &Candidate> {
        self.by_former_name.get(name).into_iter().flatten().map(|at| &self.all[*at])
    }
}

struct Referrer<'a> {
    own: &'a Candidate,
    candidates: &'a Candidates,
    /// Namespaces of service accounts that it names.
    accounts: Vec<String>,
    /// Kind that `roleRef` names, if it is complete.
    role: Option<Gvk>,
}

impl<'a> Referrer<'a> {
    fn new(resource: &Resource, own: &'a Candidate, candidates: &'a Candidates) -> Self {
        Self { own, candidates, accounts: namespaces_of_accounts(resource), role: role_of(&resource.body) }
    }

    /// Whether an object could be meant from where the referrer is.
    fn sees(&self, candidate: &Candidate) -> bool {
        self.own.id.cluster_scoped
            || candidate.id.cluster_scoped
            || candidate.id.has_same_namespace(&self.own.id)
            || self.accounts.contains(&candidate.id.namespace)
    }

    fn update(&self, body: &mut Node, reference: &NameReference, spec: &FieldSpec) -> Result<()> {
        // The object's kind was compared above, as it was at first; now only the path counts.
        let update =
            Update { referrer: self, target: &reference.gvk, follows_role: spec.path.ends_with("roleRef/name") };
        spec.apply_path(body, None, &mut |field| update.set(field)).map_err(|error| {
            error.while_doing(format!("updating name reference in '{}' field of '{}'", spec.path, self.own.id))
        })
    }
}

/// Namespaces of the service accounts that a role binding names.
fn namespaces_of_accounts(resource: &Resource) -> Vec<String> {
    if resource.kind() != "RoleBinding" {
        return Vec::new();
    }
    let subjects = resource.body.get("subjects").map_or(&[][..], Node::items);
    let is_account = |subject: &&Node| subject.get("kind").is_some_and(|kind| kind.text() == "ServiceAccount");
    subjects.iter().filter(is_account).filter_map(|subject| Some(subject.get("namespace")?.text().to_owned())).collect()
}

fn role_of(body: &Node) -> Option<Gvk> {
    let role = body.get("roleRef")?;
    Some(Gvk::new(role.get("apiGroup")?.text(), "", role.get("kind")?.text()))
}

/// One field specification at work.
struct Update<'a> {
    referrer: &'a Referrer<'a>,
    target: &'a Gvk,
    follows_role: bool,
}

impl Update<'_> {
    fn set(&self, node: &mut Node) -> Result<()> {
        match node {
            _ if node.is_null() => Ok(()),
            Node::Scalar(_) => self.set_name(node),
            Node::Map(_) => self.set_object(node),
            Node::Seq(items) => {
                items.iter_mut().filter(|item| !item.is_null()).try_for_each(|item| match item.kind() {
                    Kind::Scalar => self.set_name(item),
                    Kind::Map => self.set_object(item),
                    Kind::Seq => Err(Error::invalid("expected names or objects with a name in the list")),
                })
            }
        }
    }

    fn set_name(&self, node: &mut Node) -> Result<()> {
        let found = self.select(node.text(), &|_| true, |left, right| left.id.name == right.id.name)?;
        match found {
            Some(referral) if referral.id.name != node.text() => node.set_scalar(Scalar::plain(&referral.id.name)),
            _ => Ok(()),
        }
    }

    /// A reference by name and namespace.
    fn set_object(&self, node: &mut Node) -> Result<()> {
        let Some(name) = node.get("name").map(|name| name.text().to_owned()) else {
            return Err(Error::invalid("path config error; no 'name' field in node"));
        };
        let is_there = self.in_namespace_of(node);
        let same = |left: &Candidate, right: &Candidate| {
            left.id.name == right.id.name && left.id.namespace == right.id.namespace
        };
        let Some(referral) = self.select(&name, &*is_there, same)? else { return Ok(()) };
        let ResId { name: new_name, namespace, .. } = &referral.id;
        if *new_name == name && namespace.is_empty() {
            return Ok(());
        }
        node.set("name", Scalar::plain(new_name.as_str()))?;
        if namespace.is_empty() { Ok(()) } else { node.set("namespace", Scalar::plain(namespace.as_str())) }
    }

    /// Tells the objects in the namespace that a reference names: those that were there at first, else those that are
    /// there now.
    fn in_namespace_of(&self, node: &Node) -> Box<dyn Fn(&Candidate) -> bool> {
        let Some(namespace) = node.get("namespace").map(|namespace| namespace.text().to_owned()) else {
            return Box::new(|_| true);
        };
        let is_in = move |id: &ResId| !id.is_in_cluster_namespace() && id.effective_namespace() == namespace;
        let mut seen = self.referrer.candidates.all.iter().filter(|candidate| self.referrer.sees(candidate));
        match seen.any(|candidate| is_in(candidate.original_id())) {
            true => Box::new(move |candidate| is_in(candidate.original_id())),
            false => Box::new(move |candidate| is_in(&candidate.id)),
        }
    }

    /// The object that is meant by a former name; `None` if there is none of that name.
    fn select(
        &self,
        name: &str,
        is_there: &dyn Fn(&Candidate) -> bool,
        are_same: fn(&Candidate, &Candidate) -> bool,
    ) -> Result<Option<&Candidate>> {
        let is_possible = |candidate: &&Candidate| {
            self.referrer.sees(candidate)
                && is_there(candidate)
                && candidate.was_of_kind(self.target)
                && self.fits_role(candidate)
                && self.is_near(candidate)
        };
        let named = self.referrer.candidates.formerly_called(name);
        let mut possible: Vec<&Candidate> = named.filter(is_possible).collect();
        if possible.len() == 1 {
            return Ok(possible.pop());
        }
        let own = self.referrer.own;
        possible.retain(|candidate| candidate.went_through_the_same_layers(own, true));
        if possible.len() > 1 {
            possible.retain(|candidate| candidate.went_through_the_same_layers(own, false));
        }
        match possible[..] {
            [] => Ok(None),
            [first, ref others @ ..] if others.iter().all(|other| are_same(first, other)) => Ok(Some(first)),
            _ => {
                let ids: Vec<String> = possible.iter().map(|candidate| candidate.id.to_string()).collect();
                Err(Error::invalid(format!("found multiple possible referrals: {}", ids.join(", "))))
            }
        }
    }

    fn fits_role(&self, candidate: &Candidate) -> bool {
        match &self.referrer.role {
            Some(role) if self.follows_role => candidate.was_of_kind(role),
            _ => true,
        }
    }

    /// Objects without a namespace and service accounts are near to everything.
    fn is_near(&self, candidate: &Candidate) -> bool {
        let own = &self.referrer.own.id;
        own.cluster_scoped
            || candidate.id.cluster_scoped
            || candidate.id.gvk.kind == "ServiceAccount"
            || own.has_same_namespace(&candidate.id)
    }
}
