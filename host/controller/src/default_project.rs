//! The project `default`, to which every Application belongs that names none. A control plane has it from its first
//! start on, as with Argo CD; what somebody has made of it since, nobody touches.

use std::time::Duration;

use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, PostParams},
};
use serde_json::json;
use tokio::time::{Instant, sleep};

const NAME: &str = "default";

/// How long a kind takes to be served at most, once it is defined.
const SERVED_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Makes it where there is none. Projects may have been defined a moment ago.
pub(crate) async fn ensure(client: &Client, namespace: &str) -> kube::Result<()> {
    let projects: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &kind());
    let deadline = Instant::now() + SERVED_WITHIN;
    loop {
        match make(&projects).await {
            Err(kube::Error::Api(status)) if status.code == 404 && Instant::now() < deadline => sleep(PAUSE).await,
            result => return result,
        }
    }
}

async fn make(projects: &Api<DynamicObject>) -> kube::Result<()> {
    if projects.get_opt(NAME).await?.is_some() {
        return Ok(());
    }
    let permits_all = json!({ "spec": {
        "sourceRepos": ["*"], "destinations": [{ "server": "*", "namespace": "*" }],
        "clusterResourceWhitelist": [{ "group": "*", "kind": "*" }],
    } });
    match projects.create(&PostParams::default(), &DynamicObject::new(NAME, &kind()).data(permits_all)).await {
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
