//! The repository that is deployed from, and the applications that it holds: each kind has a folder for each.

use std::fmt;

use serde_json::{Value, json};
use windlass_tests_suite::manifests;
use windlass_tests_support::GitRepository;

use crate::options::Scale;

/// Where everything is deployed to; it is there from the start.
pub const NAMESPACE: &str = "bench";

/// An application by what it consists of.
#[derive(Clone, Copy)]
pub enum Folder {
    /// One ConfigMap of the application's name.
    One(usize),
    /// Ten ConfigMaps.
    Ten(usize),
    /// A Service of the application's name, whose health depends on its status.
    Service(usize),
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(index) => write!(f, "one-{index:04}"),
            Self::Ten(index) => write!(f, "ten-{index:04}"),
            Self::Service(index) => write!(f, "service-{index:04}"),
        }
    }
}

pub fn written(scale: &Scale) -> GitRepository {
    let repository = GitRepository::new();
    // One beyond those that are counted, to warm the controller up with.
    for index in 0..=scale.applications {
        let folder = Folder::One(index);
        repository.write(&format!("{folder}/map.yaml"), manifests::config_map(&folder.to_string(), "1"));
    }
    for index in 0..scale.syncs_of_ten {
        let folder = Folder::Ten(index);
        for part in 0..10 {
            let map = manifests::config_map(&format!("{folder}-{part}"), "1");
            repository.write(&format!("{folder}/{part}.yaml"), map);
        }
    }
    for index in 0..scale.services {
        let folder = Folder::Service(index);
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": folder.to_string()},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
        });
        repository.write(&format!("{folder}/service.yaml"), service.to_string());
    }
    repository.commit("everything");
    repository
}

pub fn application(folder: Folder, repository: &str) -> Value {
    let name = folder.to_string();
    let mut object = manifests::application(&name, repository, &name);
    object["spec"]["destination"]["namespace"] = NAMESPACE.into();
    object["spec"]["syncPolicy"] = json!({"automated": {"prune": true, "selfHeal": true}});
    object
}
