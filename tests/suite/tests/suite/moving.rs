//! The walk from Argo CD to Windlass and back, with the commands of `host/docs/moving-from-argo-cd.md`.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use windlass_sandbox::Sandbox;
use windlass_tests_suite::{Cluster, cluster::application_path, manifests, program::Program};
use windlass_tests_support::{GitRepository, Home};

use super::running::Running;

const GUIDE: &str = include_str!("../../../../host/docs/moving-from-argo-cd.md");
const COLOUR: &str = "/api/v1/namespaces/garden/configmaps/colour";
const APPLICATIONS: &str = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/argocd/leases";
const ARGO_CD: &str = "/apis/apps/v1/namespaces/argocd/statefulsets/argocd-application-controller";

/// A cluster in which Argo CD has deployed one application, and is still at work.
struct Scene {
    sandbox: Sandbox,
    cluster: Cluster,
    home: Home,
    repository: GitRepository,
}

impl Scene {
    async fn set() -> Self {
        let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
        let cluster = Cluster::of(kube::Client::new(sandbox.client_service(), "argocd"));
        let repository = GitRepository::new();
        repository.write("garden/colour.yaml", manifests::config_map("colour", "green"));
        let commit = repository.commit("a garden");
        crate::system::install(&cluster).await;
        let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        cluster.create("/api/v1/namespaces", &namespace("garden")).await;
        let url = format!("file://{}", repository.path().display());
        cluster.create(APPLICATIONS, &judged(&url, &commit)).await;
        cluster.create("/apis/apps/v1/namespaces/argocd/statefulsets", &argo_cd()).await;
        let home = Home::new();
        home.write("kubeconfig", sandbox.kubeconfig());
        let scene = Self { sandbox, cluster, home, repository };
        scene.deploy_as_argo_cd().await;
        scene
    }

    /// What Argo CD's controller leaves: its mark, and its name on the fields.
    async fn deploy_as_argo_cd(&self) {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "colour", "namespace": "garden", "annotations": {
                "argocd.argoproj.io/tracking-id": "garden:/ConfigMap:garden/colour",
            }},
            "data": {"value": "green"},
        });
        let path = format!("{COLOUR}?fieldManager=argocd-controller&force=true");
        let request = http::Request::patch(path).header("content-type", "application/apply-patch+yaml");
        let request = request.body(serde_json::to_vec(&object).unwrap()).unwrap();
        let client = kube::Client::new(self.sandbox.client_service(), "argocd");
        client.request::<Value>(request).await.unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = self.home.windlass();
        command.env("KUBECONFIG", self.kubeconfig()).args(line.split(' ').skip(1));
        if !line.contains("hand-over") {
            command.arg("--allow-local-repositories");
        }
        command
    }

    fn kubeconfig(&self) -> PathBuf {
        self.home.path("kubeconfig")
    }

    /// Exit status and everything that was said. The embedded API answers from this process, so that it must not block.
    async fn run(&self, line: &str) -> (i32, String) {
        let mut command = self.command(line);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
    }

    fn start(&self, line: &str) -> Running {
        Running(self.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// What may not change while somebody only looks.
    async fn versions(&self) -> Vec<Value> {
        let mut versions = Vec::new();
        for path in [&application_path("garden"), COLOUR] {
            versions.push(self.cluster.get(path).await.unwrap()["metadata"]["resourceVersion"].clone());
        }
        versions
    }

    async fn managers(&self) -> Vec<String> {
        let object = self.cluster.get(COLOUR).await.unwrap();
        let entries = object["metadata"]["managedFields"].as_array().unwrap();
        entries.iter().filter_map(|entry| entry["manager"].as_str()).map(str::to_owned).collect()
    }
}

/// The application as Argo CD's controller has judged it.
fn judged(url: &str, commit: &str) -> Value {
    let mut application = manifests::application("garden", url, "garden");
    application["status"] = json!({
        "sync": {"status": "Synced", "revision": commit},
        "health": {"status": "Healthy"},
        "resources": [{"version": "v1", "kind": "ConfigMap", "namespace": "garden", "name": "colour", "status": "Synced"}],
        // After the Application was made, whenever this runs.
        "reconciledAt": "2100-01-01T00:00:00Z",
        "sourceType": "Directory",
        "resourceHealthSource": "appTree",
        "controllerNamespace": "argocd",
    });
    application
}

fn argo_cd() -> Value {
    let labels = json!({"app.kubernetes.io/name": "argocd-application-controller"});
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "argocd-application-controller", "namespace": "argocd", "labels": labels},
        "spec": {
            "replicas": 1, "serviceName": "argocd-application-controller", "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": "example.com/argocd:1"}]},
            },
        },
    })
}

/// The guide's own command lines.
fn commands() -> Vec<&'static str> {
    GUIDE.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

#[test]
fn the_guide_says_the_commands_that_the_walk_runs() {
    assert_eq!(
        commands(),
        [
            "windlass compare",
            "windlass controller --observe",
            "windlass controller --only-handed-over",
            "windlass app hand-over garden",
            "windlass app hand-over --project web",
            "windlass app hand-over garden --to argo-cd",
            "kubectl -n argocd scale statefulset argocd-application-controller --replicas=0",
            "windlass controller",
            "kubectl -n argocd scale statefulset argocd-application-controller --replicas=1",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_looks_stops_argo_cd_takes_over_and_can_go_back() {
    let scene = Scene::set().await;

    // Looking changes nothing, whether the verdicts agree or not.
    let before = scene.versions().await;
    let (status, said) = scene.run("windlass compare").await;
    assert_eq!((status, said.as_str()), (0, "1 of 1 applications agree\n"));
    scene.repository.write("garden/colour.yaml", manifests::config_map("colour", "red"));
    scene.repository.commit("another colour");
    let (status, said) = scene.run("windlass compare").await;
    assert_eq!(status, 1, "{said}");
    for part in ["sync: status says Synced, Windlass OutOfSync", "would apply ConfigMap garden/colour", "0 of 1"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(scene.versions().await, before);

    // Beside Argo CD's controller ours does not act, and says how to go on.
    let (status, said) = scene.run("windlass controller").await;
    assert_eq!(status, 3, "{said}");
    for part in
        ["StatefulSet.apps argocd/argocd-application-controller has 1 replicas", "--replicas=0", "windlass compare"]
    {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(scene.versions().await, before);

    scene.cluster.merge(ARGO_CD, &json!({"spec": {"replicas": 0}})).await;
    let controller = scene.start("windlass controller");
    scene.cluster.until(COLOUR, |object| object["data"]["value"] == "red").await;
    scene.cluster.until_settled("garden").await;
    assert_eq!(scene.managers().await, ["windlass"], "what Argo CD owned is ours now");

    // And back: the mark by which Argo CD knows its objects is still there.
    drop(controller);
    scene.cluster.merge(ARGO_CD, &json!({"spec": {"replicas": 1}})).await;
    let object = scene.cluster.get(COLOUR).await.unwrap();
    assert_eq!(object["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"], "garden:/ConfigMap:garden/colour");
    let (status, _) = scene.run("windlass controller").await;
    assert_eq!(status, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_ends_when_argo_cd_comes_back_whatever_shows_it() {
    let scene = Scene::set().await;
    let now = "2100-01-01T00:00:00.000000Z";
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "shard", "namespace": "argocd"},
        "spec": {"holderIdentity": "argocd-application-controller-0", "renewTime": now},
    });
    for sign in ["has 1 replicas", "is held by", "it wrote Application"] {
        scene.cluster.merge(ARGO_CD, &json!({"spec": {"replicas": 0}})).await;
        let controller = Program::start(&mut scene.command("windlass controller"));
        controller.until_printed("controller is running").await;
        match sign {
            "has 1 replicas" => scene.cluster.merge(ARGO_CD, &json!({"spec": {"replicas": 1}})).await,
            "is held by" => scene.cluster.create(LEASES, &lease).await,
            _ => {
                scene.cluster.delete(ARGO_CD).await;
                let path = format!("{}?fieldManager=argocd-application-controller", application_path("garden"));
                scene.cluster.merge(&path, &json!({"metadata": {"annotations": {"example.com/seen": "yes"}}})).await;
            }
        }
        let (status, said) = controller.until_ended().await;
        assert!(!status.success() && said.contains(sign), "{sign}: {said}");
        let lease = format!("{LEASES}/shard");
        if scene.cluster.has(&lease).await {
            scene.cluster.delete(&lease).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_argo_cd_it_acts_on_what_was_handed_over_and_on_nothing_else() {
    let scene = Scene::set().await;
    scene.repository.write("garden/colour.yaml", manifests::config_map("colour", "red"));
    scene.repository.write("meadow/flower.yaml", manifests::config_map("flower", "daisy"));
    scene.repository.commit("another colour, and a meadow");
    let _controller = scene.start("windlass controller --only-handed-over");
    let (status, said) = scene.run("windlass app hand-over garden").await;
    assert_eq!(status, 0, "{said}");
    scene.cluster.until(COLOUR, |object| object["data"]["value"] == "red").await;
    scene.cluster.until_settled("garden").await;

    let (status, said) = scene.run("windlass app hand-over garden --to argo-cd").await;
    assert_eq!(status, 0, "{said}");
    scene.repository.write("garden/colour.yaml", manifests::config_map("colour", "blue"));
    scene.repository.commit("a colour that is Argo CD's business");
    let refresh = json!({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}});
    scene.cluster.merge(&application_path("garden"), &refresh).await;

    // When another application has been deployed, this one was passed over.
    let url = format!("file://{}", scene.repository.path().display());
    scene.cluster.create(APPLICATIONS, &manifests::application("meadow", &url, "meadow")).await;
    let (status, said) = scene.run("windlass app hand-over meadow").await;
    assert_eq!(status, 0, "{said}");
    scene.cluster.until_settled("meadow").await;
    assert_eq!(scene.cluster.get(COLOUR).await.unwrap()["data"]["value"], "red");
    let garden = scene.cluster.get(&application_path("garden")).await.unwrap();
    assert_eq!(garden["metadata"]["annotations"], refresh["metadata"]["annotations"], "nobody has looked at it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_tells_and_writes_nothing() {
    use std::io::{BufRead as _, BufReader};
    let scene = Scene::set().await;
    let before = scene.versions().await;
    let mut command = scene.command("windlass controller --observe");
    let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let told = tokio::task::spawn_blocking(move || lines.next().unwrap().unwrap()).await.unwrap();
    assert_eq!(told, "argocd/garden: agrees");
    assert_eq!(scene.versions().await, before);
}
