//! From a request path to what it addresses.

use super::query::decode_percent;

/// What a path addresses.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// `/healthz`, `/readyz`, `/livez` and their simplest checks.
    Health,
    Version,
    /// `/.well-known/openid-configuration`: who issues service account tokens.
    Issuer,
    /// `/openid/v1/jwks`: the keys that check them.
    KeySet,
    /// `/api`: the versions of the core group.
    CoreVersions,
    /// `/apis`: all groups.
    Groups,
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1` and `/apis/GROUP/VERSION`: the resources of a version.
    Resources {
        group: String,
        version: String,
    },
    OpenApiIndex,
    OpenApiV2,
    /// `/openapi/v3/…`: the document of one group and version.
    OpenApi(String),
    /// `/`: the paths a client may ask for.
    Root,
    Target(Target),
    /// Nothing that is served begins so.
    Unknown,
}

/// A collection, an object or a subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub group: String,
    pub version: String,
    pub namespace: String,
    pub resource: String,
    pub name: String,
    pub subresource: String,
    /// Below `proxy` and the like; empty elsewhere.
    pub rest: String,
    /// Reached through the old form of a watch, `/api/v1/watch/…`.
    pub watched: bool,
}

impl Route {
    pub fn parse(path: &str) -> Route {
        // As in the real server an encoded slash separates like any other.
        let path = decode_percent(path);
        // Slashes at the end do not count; two in a row have an empty part between them.
        let within = path.strip_prefix('/').unwrap_or(&path).trim_end_matches('/');
        let parts: Vec<&str> = within.split('/').collect();
        match parts.as_slice() {
            [""] if path.len() <= 1 => Route::Root,
            ["healthz" | "readyz" | "livez"] | ["healthz" | "readyz" | "livez", "ping" | "log" | "etcd"] => {
                Route::Health
            }
            ["version"] => Route::Version,
            [".well-known", "openid-configuration"] => Route::Issuer,
            ["openid", "v1", "jwks"] => Route::KeySet,
            ["api"] => Route::CoreVersions,
            ["apis"] => Route::Groups,
            ["openapi", "v2"] => Route::OpenApiV2,
            ["openapi", "v3"] => Route::OpenApiIndex,
            ["openapi", "v3", rest @ ..] => Route::OpenApi(rest.join("/")),
            ["api", version] => Route::Resources { group: String::new(), version: (*version).into() },
            ["apis", group] => Route::Group((*group).into()),
            ["apis", group, version] => Route::Resources { group: (*group).into(), version: (*version).into() },
            ["api", version, rest @ ..] => target("", version, rest),
            ["apis", group, version, rest @ ..] => target(group, version, rest),
            _ => Route::Unknown,
        }
    }
}

fn target(group: &str, version: &str, rest: &[&str]) -> Route {
    let (watched, rest) = match rest {
        ["watch", rest @ ..] if !rest.is_empty() => (true, rest),
        _ => (false, rest),
    };
    let within = |namespace: &str, rest: &[&str]| {
        let part = |at: usize| rest.get(at).copied().unwrap_or_default().to_owned();
        Route::Target(Target {
            group: group.into(),
            version: version.into(),
            namespace: namespace.into(),
            resource: part(0),
            name: part(1),
            subresource: part(2),
            rest: rest.get(3..).unwrap_or_default().join("/"),
            watched,
        })
    };
    match rest {
        // Namespaces have two subresources of their own; anything else below one is content.
        ["namespaces", _, "status" | "finalize"] | ["namespaces"] | ["namespaces", _] => within("", rest),
        ["namespaces", namespace, content @ ..] => within(namespace, content),
        _ => within("", rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: [&str; 6]) {
        let [group, version, namespace, resource, name, subresource] = expected.map(str::to_owned);
        let expected = Target { group, version, namespace, resource, name, subresource, ..Target::default() };
        assert_eq!(Route::parse(path), Route::Target(expected), "{path}");
    }

    #[test]
    fn paths_of_collections_objects_and_subresources_are_told_apart() {
        check("/api/v1/pods", ["", "v1", "", "pods", "", ""]);
        check("/api/v1/namespaces/a/pods/b/status", ["", "v1", "a", "pods", "b", "status"]);
        check("/api/v1/namespaces/a", ["", "v1", "", "namespaces", "a", ""]);
        check("/api/v1/namespaces/a/status", ["", "v1", "", "namespaces", "a", "status"]);
        check("/apis/apps/v1/namespaces/a/deployments/b", ["apps", "v1", "a", "deployments", "b", ""]);
        check("/apis/x.io/v1/things/system%3Aa", ["x.io", "v1", "", "things", "system:a", ""]);
    }
}
