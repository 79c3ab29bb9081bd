//! OpenAPI v2 in protobuf: for clients that explain kinds by it, and where kubectl looks whether patches are validated
//! when a kind is missing in the v3 index it has read, as that of a custom resource that comes with its definition.
//!
//! It has the schemas of v3 in the older form, and of the paths which parameters patches take. The numbers are those of
//! `openapi.v2.Document` as gnostic publishes it.

mod message;
mod schema;

use message::Message;

use crate::catalog::{Catalog, RELEASE, Resource};
use crate::openapi::{self, collection_path};

/// Asked for with an `@` in place of a dot, which no media type may have.
pub const MEDIA: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The document of all kinds that are served now.
pub fn document(catalog: &Catalog) -> Vec<u8> {
    let info = Message::default().text(1, "Kubernetes").text(2, RELEASE);
    let versions = catalog.groups().iter().flat_map(|(_, versions)| versions);
    let resources = versions.flat_map(|(_, resources)| resources);
    let paths = resources.fold(Message::default(), |paths, resource| paths.message(2, path(resource)));
    let definitions = schema::all(&openapi::schemas(catalog));
    Message::default().text(1, "2.0").message(2, info).message(8, paths).message(9, definitions).finish()
}

/// The path of an object, with the one verb that is asked about.
fn path(resource: &Resource) -> Message {
    const PATCH: u32 = 8;
    let item = Message::default().message(PATCH, patch(resource));
    Message::default().text(1, &format!("{}/{{name}}", collection_path(resource))).message(2, item)
}

fn patch(resource: &Resource) -> Message {
    const PARAMETERS: u32 = 8;
    const EXTENSION: u32 = 13;
    let yaml = format!("group: {:?}\nkind: {}\nversion: {}\n", resource.group, resource.kind, resource.version);
    let kind =
        Message::default().text(1, "x-kubernetes-group-version-kind").message(2, Message::default().text(2, &yaml));
    let names = ["dryRun", "fieldManager", "fieldValidation"];
    let patch = names.iter().fold(Message::default(), |patch, name| patch.message(PARAMETERS, parameter(name)));
    patch.message(EXTENSION, kind)
}

/// `ParametersItem` → `Parameter` → `NonBodyParameter` → `QueryParameterSubSchema`.
fn parameter(name: &str) -> Message {
    let query = Message::default().text(2, "query").text(4, name).text(6, "string");
    let wrapped = |number, inner| Message::default().message(number, inner);
    wrapped(1, wrapped(2, wrapped(3, query)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_in_it_with_what_its_patches_take() {
        let document = document(&Catalog::builtin());
        let has = |text: &str| document.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(has("group: \"apps\"\nkind: Deployment\nversion: v1\n"));
        assert!(has("/api/v1/namespaces/{name}") && has("fieldValidation"));
        assert!(has("#/definitions/io.k8s.api.core.v1.PodSpec") && !has("#/components/schemas/"));
    }
}
