//! Plays controllers, kubelet and provisioner.

/// Which parts are played.
#[derive(Clone, Debug, Default)]
pub struct Options {}

impl Options {
    pub fn controllers_only() -> Self {
        Self {}
    }
}

/// Runs until dropped.
pub async fn run(_client: kube::Client, _options: Options) -> Result<(), kube::Error> {
    std::future::pending().await
}
