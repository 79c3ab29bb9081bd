//! Every namespace has a service account named `default`.

use serde_json::json;

use super::{Seen, garbage, start};
use crate::api::Api;
use crate::catalog::shelf_of;
use crate::object;
use crate::store::{Key, Name};

const DEFAULT: &str = "default";

/// A namespace came, or changed.
pub(super) fn settle(api: &Api, seen: &Seen<'_>) {
    if !seen.deleted && !object::is_terminating(seen.object) {
        let namespace = object::name(seen.object);
        let account = json!({
            "kind": "ServiceAccount",
            "apiVersion": "v1",
            "metadata": { "name": DEFAULT, "namespace": namespace },
        });
        start::make(api, Key { shelf: shelf_of("", "serviceaccounts"), name: Name::new(namespace, DEFAULT) }, account);
    }
}

/// A service account went: the default one comes back as long as its namespace stays.
pub(super) fn replace(api: &Api, seen: &Seen<'_>) {
    if &*seen.key.name.name != DEFAULT {
        return;
    }
    let key = Key { shelf: shelf_of("", "namespaces"), name: Name::new("", &seen.key.name.namespace) };
    if let Some((_, namespace, _)) = garbage::load(api, &key) {
        settle(api, &Seen { key, object: &namespace, deleted: false });
    }
}
