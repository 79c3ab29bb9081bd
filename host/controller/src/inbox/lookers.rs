//! Applications whose manifests depend on live objects, and on which.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use windlass_model::{Lookup, ObjectKey};

use crate::queue::AppKey;

/// What each application has looked up, in which cluster.
#[derive(Default)]
pub(crate) struct Lookers(Mutex<HashMap<AppKey, (String, Vec<Lookup>)>>);

impl Lookers {
    /// Notes what an application has looked up. Says whether that is news: an object may then have changed unseen.
    pub(crate) fn note(&self, application: &AppKey, server: &str, lookups: &[Lookup]) -> bool {
        let mut lookers = self.lock();
        if lookups.is_empty() {
            lookers.remove(application);
            return false;
        }
        let noted = (server.to_owned(), lookups.to_vec());
        let before = lookers.insert(application.clone(), noted);
        before.is_none_or(|(at, known)| at != server || known != lookups)
    }

    pub(crate) fn forget(&self, application: &AppKey) {
        self.lock().remove(application);
    }

    /// Those that an object concerns.
    pub(crate) fn of(&self, server: &str, object: &ObjectKey) -> Vec<AppKey> {
        let lookers = self.lock();
        let concerned = lookers
            .iter()
            .filter(|(_, (at, lookups))| at == server && lookups.iter().any(|lookup| lookup.asks_for(object)));
        concerned.map(|(application, _)| application.clone()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AppKey, (String, Vec<Lookup>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use windlass_model::GroupKind;

    use super::*;

    fn lookup(namespace: Option<&str>, name: Option<&str>) -> Lookup {
        let (namespace, name) = (namespace.map(str::to_owned), name.map(str::to_owned));
        Lookup { api_version: "v1".into(), kind: "Secret".into(), namespace, name, selector: String::new() }
    }

    #[test]
    fn an_application_is_concerned_by_what_it_has_looked_up_and_only_there() {
        let (lookers, app) = (Lookers::default(), ("argocd".to_owned(), "web".to_owned()));
        let secret = |namespace: &str, name: &str| ObjectKey::new(GroupKind::new("", "Secret"), namespace, name);
        let lookups = [lookup(Some("web"), Some("login")), lookup(Some("all"), None)];
        assert!(lookers.note(&app, "here", &lookups));
        assert!(!lookers.note(&app, "here", &lookups), "nothing new");
        let concerned = |server: &str, object: &ObjectKey| lookers.of(server, object) == [app.clone()];
        assert!(concerned("here", &secret("web", "login")) && concerned("here", &secret("all", "any")));
        assert!(!concerned("here", &secret("web", "other")) && !concerned("there", &secret("web", "login")));
        assert!(!concerned("here", &ObjectKey::new(GroupKind::new("", "ConfigMap"), "web", "login")));
        lookers.forget(&app);
        assert!(!concerned("here", &secret("web", "login")));
    }
}
