//! All roles and bindings of the store, read once for each change of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::action::{Action, Object};
use super::rbac::{Rule, Subject, Verdict};
use super::user::User;
use crate::catalog::shelf_of;
use crate::object;
use crate::store::{Range, ShelfId, Store};

const GROUP: &str = "rbac.authorization.k8s.io";
const SHELVES: [&str; 4] = ["clusterroles", "roles", "clusterrolebindings", "rolebindings"];

/// The policy of the store's newest roles, made again when they change.
#[derive(Default)]
pub struct Roles(Mutex<Option<(u64, Arc<Policy>)>>);

impl Roles {
    pub fn policy(&self, store: &Store) -> Arc<Policy> {
        let version = SHELVES.iter().map(|plural| store.version_of_shelf(&shelf(plural))).max().unwrap_or(0);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((at, policy)) if *at == version => policy.clone(),
            _ => {
                let policy = Arc::new(Policy::read(store));
                *kept = Some((version, policy.clone()));
                policy
            }
        }
    }
}

fn shelf(plural: &str) -> ShelfId {
    shelf_of(GROUP, plural)
}

/// Which role a binding gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoleRef {
    Cluster(String),
    Namespaced { namespace: String, name: String },
}

impl RoleRef {
    pub fn read(binding: &object::Object) -> Self {
        let reference = object::child(binding, "roleRef");
        let name = object::text(reference, "name").to_owned();
        match object::text(reference, "kind") {
            "Role" => RoleRef::Namespaced { namespace: object::namespace(binding).into(), name },
            _ => RoleRef::Cluster(name),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            RoleRef::Cluster(name) | RoleRef::Namespaced { name, .. } => name,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            RoleRef::Cluster(_) => "ClusterRole",
            RoleRef::Namespaced { .. } => "Role",
        }
    }

    pub fn plural(&self) -> &'static str {
        match self {
            RoleRef::Cluster(_) => "clusterroles",
            RoleRef::Namespaced { .. } => "roles",
        }
    }
}

struct Binding {
    name: String,
    /// Empty for a ClusterRoleBinding.
    namespace: String,
    role: RoleRef,
    subjects: Vec<Subject>,
}

impl Binding {
    fn read(binding: &object::Object) -> Self {
        let namespace = object::namespace(binding);
        let subjects = binding.get("subjects").and_then(Value::as_array).into_iter().flatten();
        Binding {
            name: object::name(binding).into(),
            namespace: namespace.into(),
            role: RoleRef::read(binding),
            subjects: subjects.filter_map(|subject| Subject::read(subject, namespace)).collect(),
        }
    }

    fn allows(&self, subject: &Subject) -> String {
        let (kind, name) = match self.namespace.as_str() {
            "" => ("ClusterRoleBinding", self.name.clone()),
            namespace => ("RoleBinding", format!("{}/{namespace}", self.name)),
        };
        let (role, role_name) = (self.role.kind(), self.role.name());
        format!("RBAC: allowed by {kind} {name:?} of {role} {role_name:?} to {subject}")
    }
}

#[derive(Default)]
pub struct Policy {
    roles: HashMap<RoleRef, Vec<Rule>>,
    everywhere: Vec<Binding>,
    within: HashMap<String, Vec<Binding>>,
}

impl Policy {
    fn read(store: &Store) -> Self {
        let mut policy = Policy::default();
        for role in objects(store, "clusterroles") {
            policy.roles.insert(RoleRef::Cluster(object::name(&role).into()), Rule::all(&role));
        }
        for role in objects(store, "roles") {
            let namespace = object::namespace(&role).to_owned();
            policy.roles.insert(RoleRef::Namespaced { namespace, name: object::name(&role).into() }, Rule::all(&role));
        }
        policy.everywhere = objects(store, "clusterrolebindings").map(|binding| Binding::read(&binding)).collect();
        for binding in objects(store, "rolebindings") {
            let binding = Binding::read(&binding);
            policy.within.entry(binding.namespace.clone()).or_default().push(binding);
        }
        policy
    }

    pub fn rules_of(&self, role: &RoleRef) -> Option<&[Rule]> {
        self.roles.get(role).map(Vec::as_slice)
    }

    /// The bindings that are for this user, in the namespace and everywhere.
    fn bindings<'a>(&'a self, user: &'a User, namespace: &str) -> impl Iterator<Item = (&'a Binding, &'a Subject)> {
        let within = self.within.get(namespace).filter(|_| !namespace.is_empty());
        self.everywhere.iter().chain(within.into_iter().flatten()).filter_map(|binding| {
            let subject = binding.subjects.iter().find(|subject| subject.is(user))?;
            Some((binding, subject))
        })
    }

    /// What the user may do in a namespace, and which roles could not be found.
    pub fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, Vec<String>) {
        let (mut rules, mut missing) = (Vec::new(), Vec::new());
        for (binding, _) in self.bindings(user, namespace) {
            match self.rules_of(&binding.role) {
                Some(more) => rules.extend_from_slice(more),
                None => missing.push(not_found(&binding.role)),
            }
        }
        (rules, missing)
    }

    pub fn decide(&self, user: &User, action: &Action) -> Verdict {
        let namespace = match &action.object {
            Object::Resource(resource) => resource.namespace.as_str(),
            Object::Path(_) => "",
        };
        let mut missing = Vec::new();
        for (binding, subject) in self.bindings(user, namespace) {
            match self.rules_of(&binding.role) {
                Some(rules) if rules.iter().any(|rule| rule.allows(action)) => {
                    return Verdict { allowed: true, reason: binding.allows(subject) };
                }
                Some(_) => {}
                None => missing.push(not_found(&binding.role)),
            }
        }
        missing.dedup();
        let reason = match missing.as_slice() {
            [] => String::new(),
            [one] => format!("rbac: RBAC: {one}"),
            several => format!("rbac: RBAC: [{}]", several.join(", ")),
        };
        Verdict { allowed: false, reason }
    }
}

fn not_found(role: &RoleRef) -> String {
    format!("{}.{GROUP} {:?} not found", role.kind().to_lowercase(), role.name())
}

fn objects(store: &Store, plural: &str) -> impl Iterator<Item = object::Object> {
    let items = store.list(&shelf(plural), &Range::default()).map(|page| page.items).unwrap_or_default();
    items.into_iter().filter_map(|(_, stored)| object::parse(&stored.body).ok())
}
