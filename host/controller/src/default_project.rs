//! The project `default`, to which every Application belongs that names none. A control plane has it from its first
//! start on, as with Argo CD; what somebody has made of it since, nobody touches.

use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, PostParams},
};
use serde_json::json;

const NAME: &str = "default";

/// Makes it where there is none.
pub(crate) async fn ensure(client: &Client, namespace: &str) -> kube::Result<()> {
    let kind = kind();
    let projects: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &kind);
    if projects.get_opt(NAME).await?.is_some() {
        return Ok(());
    }
    let permits_all = json!({ "spec": {
        "sourceRepos": ["*"], "destinations": [{ "server": "*", "namespace": "*" }],
        "clusterResourceWhitelist": [{ "group": "*", "kind": "*" }],
    } });
    match projects.create(&PostParams::default(), &DynamicObject::new(NAME, &kind).data(permits_all)).await {
        Ok(_) => Ok(()),
        // Somebody else was faster; theirs counts.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        Err(error) => Err(error),
    }
}

fn kind() -> ApiResource {
    ApiResource {
        group: "argoproj.io".into(),
        version: "v1alpha1".into(),
        api_version: "argoproj.io/v1alpha1".into(),
        kind: "AppProject".into(),
        plural: "appprojects".into(),
    }
}
