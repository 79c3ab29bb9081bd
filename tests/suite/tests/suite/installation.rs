//! What `windlass install` prints is taken by a cluster whole, and its rights are what a controller needs.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use windlass_sandbox::Sandbox;
use windlass_tests_suite::{Cluster, cluster::application_path, manifests};
use windlass_tests_support::{GitRepository, Home};

use super::{kubectl::find, running::Running};

/// What it printed; the embedded API answers from this process, so that waiting must not block it.
async fn run(mut command: Command, input: Vec<u8>) -> String {
    let wait = move || {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&input).unwrap();
        child.wait_with_output().unwrap()
    };
    let output = tokio::task::spawn_blocking(wait).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The kubeconfig with another token.
fn with_token(kubeconfig: &str, token: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("token:") {
        Some(_) => format!("    token: {token}\n"),
        None => format!("{line}\n"),
    };
    kubeconfig.lines().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_with_the_rights_that_were_installed_deploys_an_application() {
    let Some(program) = find("kubectl") else {
        println!("skipped: there is no kubectl in PATH");
        return;
    };
    let home = Home::new();
    let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
    let kubeconfig = home.write("kubeconfig", sandbox.kubeconfig());
    let kubectl = |line: &str| {
        let mut command = home.command(&program);
        command.arg("--kubeconfig").arg(&kubeconfig).args(line.split(' '));
        command
    };
    let mut install = home.windlass();
    install.args(["install", "--image", "example.com/windlass:1"]);
    let printed = run(install, Vec::new()).await;
    // Twice, as one does with the next version.
    for _ in 0..2 {
        run(kubectl("apply --server-side -f -"), printed.clone().into_bytes()).await;
    }
    let token = run(kubectl("-n argocd create token windlass-controller"), Vec::new()).await;
    let account = home.write("account", with_token(&sandbox.kubeconfig(), token.trim()));

    let repository = GitRepository::new();
    repository.write("garden/colour.yaml", manifests::config_map("colour", "green"));
    repository.commit("a garden");
    let url = format!("file://{}", repository.path().display());
    let _controller = start(&home, &account);
    let application = manifests::application("garden", &url, "garden").to_string();
    run(kubectl("apply -f -"), application.into_bytes()).await;
    let cluster = Cluster::of(kube::Client::new(sandbox.client_service(), "argocd"));
    cluster.until_settled("garden").await;
    let path = application_path("garden");
    let argued = cluster.get(&path).await.unwrap()["status"]["conditions"].clone();
    assert!(argued.is_null(), "{argued}");
}

fn start(home: &Home, kubeconfig: &Path) -> Running {
    let mut command = home.windlass();
    command.args(["controller", "--allow-local-repositories", "--kubeconfig"]).arg(kubeconfig);
    Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}
