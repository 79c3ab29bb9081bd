//! A controller written with kube's `Controller`: what it owns, a finalizer, a status, and what others do to them.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::finalizer::{self, Event, finalizer};
use kube::runtime::watcher;
use kube::{Client, Resource as _, ResourceExt as _};
use serde_json::{Value, json};
use windlass_tests_peers::place::Place;
use windlass_tests_support::eventually;

const FINALIZER: &str = "example.com/notes";

/// Keeps a ConfigMap beside each Deployment that says how many replicas it wants; says farewell to those that go.
struct Notary {
    deployments: Api<Deployment>,
    notes: Api<ConfigMap>,
}

type Failed = finalizer::Error<kube::Error>;

async fn reconcile(deployment: Arc<Deployment>, notary: Arc<Notary>) -> Result<Action, Failed> {
    finalizer(&notary.deployments, FINALIZER, deployment, |event| async {
        match event {
            Event::Apply(deployment) => notary.keep_note(&deployment).await,
            Event::Cleanup(deployment) => {
                notary.write("farewell", json!({ "data": { "to": deployment.name_any() } })).await
            }
        }
    })
    .await
}

impl Notary {
    async fn keep_note(&self, deployment: &Deployment) -> Result<Action, kube::Error> {
        let wanted = deployment.spec.replicas.unwrap_or_default();
        let owner = deployment.controller_owner_ref(&());
        let name = deployment.name_any();
        let note = json!({
            "metadata": { "ownerReferences": [owner], "labels": { "of": name } },
            "data": { "wanted": wanted.to_string() },
        });
        self.write(&name, note).await
    }

    /// By server-side apply, as controllers do.
    async fn write(&self, name: &str, mut note: Value) -> Result<Action, kube::Error> {
        note["apiVersion"] = "v1".into();
        note["kind"] = "ConfigMap".into();
        note["metadata"]["name"] = name.into();
        self.notes.patch(name, &PatchParams::apply("notary").force(), &Patch::Apply(note)).await?;
        Ok(Action::await_change())
    }

    async fn note(&self, name: &str, wanted: &str) -> ConfigMap {
        let says = |note: &ConfigMap| {
            note.data.as_ref().and_then(|data| data.get("wanted")).is_some_and(|text| text == wanted)
        };
        eventually(name, || async { self.notes.get_opt(name).await.expect("an answer").filter(says) }).await
    }
}

fn run(client: &Client, notary: &Arc<Notary>) -> tokio::task::JoinHandle<()> {
    let deployments = Api::<Deployment>::namespaced(client.clone(), "default");
    let notes = Api::<ConfigMap>::namespaced(client.clone(), "default");
    let again = |_: Arc<Deployment>, _: &Failed, _: Arc<Notary>| Action::requeue(Duration::from_millis(50));
    let controller = Controller::new(deployments, watcher::Config::default().streaming_lists());
    let controller = controller.owns(notes, watcher::Config::default());
    tokio::spawn(controller.run(reconcile, again, notary.clone()).for_each(|_| std::future::ready(())))
}

fn deployment() -> Deployment {
    let object = json!({
        "metadata": { "name": "web" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": "example.com/web:1" }] },
            },
        },
    });
    serde_json::from_value(object).expect("a Deployment")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_of_kube_keeps_what_it_owns_and_cleans_up() {
    let place = Place::embedded().await.expect("a server");
    let client = place.client();
    let deployments = Api::<Deployment>::namespaced(client.clone(), "default");
    let notes = Api::<ConfigMap>::namespaced(client.clone(), "default");
    let notary = Arc::new(Notary { deployments: deployments.clone(), notes: notes.clone() });
    let running = run(&client, &notary);
    deployments.create(&PostParams::default(), &deployment()).await.expect("created");
    let first = notary.note("web", "2").await;

    notes.delete("web", &DeleteParams::default()).await.expect("deleted");
    let second = eventually("a new note", || async {
        notes.get_opt("web").await.expect("an answer").filter(|note| note.uid() != first.uid())
    });
    assert_eq!(second.await.labels()["of"], "web");

    let more = Patch::Merge(json!({ "spec": { "replicas": 5 } }));
    deployments.patch("web", &PatchParams::default(), &more).await.expect("patched");
    notary.note("web", "5").await;

    deployments.delete("web", &DeleteParams::foreground()).await.expect("deleted");
    let gone = |name: &'static str| {
        let (deployments, notes) = (&deployments, &notes);
        eventually(name, move || async move {
            let left = deployments.get_opt(name).await.expect("an answer").is_some()
                || notes.get_opt(name).await.expect("an answer").is_some();
            (!left).then_some(())
        })
    };
    gone("web").await;
    let farewell = notes.get("farewell").await.expect("the finalizer ran");
    assert_eq!(farewell.data.unwrap_or_default()["to"], "web");
    running.abort();
}
