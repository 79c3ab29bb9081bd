//! The command line.

pub mod app;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use windlass_model::application::duration_from_text;

/// Keeps Kubernetes clusters equal to what Git says.
///
/// Takes Argo CD's Applications and projects as they are. Manifests are generated, health is judged and
/// notifications are planned by sandboxed WebAssembly components; diff and apply are native.
#[derive(Parser)]
#[command(name = "windlass", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub log: LogArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args)]
pub struct LogArgs {
    /// What is logged to standard error: error, warn, info, debug, trace, or a filter such as `warn,windlass=debug`.
    #[arg(long, global = true, default_value = "warn", env = "WINDLASS_LOG", value_name = "FILTER")]
    pub log_level: String,
    /// How it is logged.
    #[arg(long, global = true, default_value = "text", env = "WINDLASS_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
pub enum Command {
    /// Runs the whole system on this machine: an embedded Kubernetes API, and applications from a folder or repository.
    Up(UpArgs),
    /// Prints the manifests of a folder. Needs no cluster.
    #[command(visible_alias = "template")]
    Render(RenderArgs),
    /// Compares the manifests of a folder with a cluster. Exit status 0: equal, 1: different.
    Diff(DiffArgs),
    /// Lists, explains, syncs and changes the Applications of a cluster.
    #[command(subcommand)]
    App(app::AppCommand),
    /// Runs the controller against a cluster.
    Controller(ControllerArgs),
    /// Prints what a control plane needs, for `kubectl apply --server-side -f -`.
    Install(InstallArgs),
    /// Says whether a cluster and the rights in it will do for a controller, and what a restore from a backup has left
    /// to a person. Exit status 0: they will do, 1: not.
    Check(CheckArgs),
    /// Compares Windlass's verdict on each application with the one in its status. Exit status 0: all agree, 1: not.
    ///
    /// For a cluster that Argo CD looks after: every application is reconciled in memory, and nothing is written.
    /// Where the verdicts differ, both are told, with what Windlass would apply.
    Compare(CompareArgs),
    /// Runs the embedded Kubernetes API alone.
    Sandbox(SandboxArgs),
    /// Looks into plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Prints a completion script for a shell.
    Completion { shell: clap_complete::Shell },
}

/// A name and the file that goes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    pub name: String,
    pub file: PathBuf,
}

impl NamedFile {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => {
                Ok(Self { name: name.to_owned(), file: file.into() })
            }
            _ => Err(format!("`{text}` is not NAME=FILE")),
        }
    }
}

#[derive(Args, Default)]
pub struct PluginArgs {
    /// Enables a component of the world `transformer`, for the functions of kustomizations that name it so and pin its
    /// digest. May be given more than once.
    #[arg(long = "plugin", value_parser = NamedFile::parse, value_name = "NAME=FILE")]
    pub plugins: Vec<NamedFile>,
}

#[derive(Args)]
pub struct UpArgs {
    /// A folder, whose working tree is the source, or the https or file URL of a Git repository.
    #[arg(default_value = "examples/quickstart", value_name = "PATH|URL")]
    pub source: String,
    /// The revision of a repository given by URL.
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
    /// Ends once every application is Synced and Healthy: 0, or 1 when the time is up.
    #[arg(long)]
    pub once: bool,
    /// How long `--once` waits.
    #[arg(long, default_value = "120s", value_parser = duration, value_name = "DURATION")]
    pub timeout: Duration,
    /// Where the embedded API listens.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Writes the kubeconfig here instead of into a folder of its own.
    #[arg(long, value_name = "FILE")]
    pub write_kubeconfig: Option<PathBuf>,
    /// Serves a local folder in place of a repository URL. May be given more than once.
    #[arg(long, value_name = "URL=PATH")]
    pub map: Vec<String>,
    /// Keeps the embedded API's objects here over restarts; Secrets stand there in clear.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Tells this URL when an application becomes Synced and Healthy, or Degraded.
    #[arg(long, value_name = "URL")]
    pub notify: Option<String>,
    #[command(flatten)]
    pub enabled: PluginArgs,
}

#[derive(Args)]
pub struct RenderArgs {
    /// The folder.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// Parameters of the generator, as in an Application's source: one JSON object.
    #[arg(long, value_name = "JSON")]
    pub parameters: Option<String>,
    /// The name of the application, or of the release, that the manifests are for.
    #[arg(long, visible_alias = "release-name", value_name = "NAME")]
    pub name: Option<String>,
    /// The namespace of objects that name none.
    #[arg(long, short, default_value = "default", value_name = "NAMESPACE")]
    pub namespace: String,
    /// The Kubernetes version that the manifests are for.
    #[arg(long, default_value = "v1.37.0", value_name = "VERSION")]
    pub kube_version: String,
    /// API versions that the cluster serves, beyond the usual ones: `group/version` or `group/version/Kind`.
    #[arg(long, short, value_delimiter = ',', value_name = "VERSIONS")]
    pub api_versions: Vec<String>,
    /// Random values and keys come out of this text, so that they are the same each time; otherwise they are new ones.
    #[arg(long, value_name = "TEXT")]
    pub entropy_seed: Option<String>,
    /// Fetches what the folder names and lacks from other machines: remote bases and files, charts of Helm
    /// repositories. Without it, only `file://` repositories are read.
    #[arg(long)]
    pub allow_remote: bool,
    /// Writes to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub enabled: PluginArgs,
    #[command(flatten)]
    pub chart: ChartArgs,
    #[command(flatten)]
    pub kustomization: KustomizationArgs,
}

#[derive(Args, Default, PartialEq, Eq)]
#[command(next_help_heading = "Options for Helm charts")]
pub struct ChartArgs {
    /// A file of values, over those of the chart. May be given more than once; later ones win.
    #[arg(long, short = 'f', value_delimiter = ',', value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// Sets values: `name=value`, more of them after commas.
    #[arg(long, value_name = "PAIRS")]
    pub set: Vec<String>,
    /// Sets values that are text, whatever they look like.
    #[arg(long, value_name = "PAIRS")]
    pub set_string: Vec<String>,
    /// Sets values to the contents of files: `name=path`.
    #[arg(long, value_name = "PAIRS")]
    pub set_file: Vec<String>,
    /// Sets values that are written in JSON, or merges one JSON object.
    #[arg(long, value_name = "PAIRS")]
    pub set_json: Vec<String>,
    /// Sets one value to the text after the first `=`, as it stands.
    #[arg(long, value_name = "PAIR")]
    pub set_literal: Vec<String>,
    /// Puts the chart's CustomResourceDefinitions first.
    #[arg(long)]
    pub include_crds: bool,
    /// Leaves out tests.
    #[arg(long)]
    pub skip_tests: bool,
    /// Leaves out hooks.
    #[arg(long)]
    pub no_hooks: bool,
    /// Takes values that the chart's schema refuses.
    #[arg(long)]
    pub skip_schema_validation: bool,
    /// Prints what templates gave also where it is no YAML.
    #[arg(long)]
    pub debug: bool,
    /// Prints the manifests of these templates only.
    #[arg(long, short, value_delimiter = ',', value_name = "TEMPLATE")]
    pub show_only: Vec<String>,
    /// Sets `.Release.IsUpgrade` instead of `.Release.IsInstall`.
    #[arg(long)]
    pub is_upgrade: bool,
}

#[derive(Args, Default, PartialEq, Eq)]
#[command(next_help_heading = "Options for kustomizations")]
pub struct KustomizationArgs {
    /// Which files a kustomization may read besides those below its own folder.
    #[arg(long, value_name = "MODE")]
    pub load_restrictor: Option<LoadRestrictor>,
    /// Renders `helmCharts` whose charts are in the folder.
    #[arg(long)]
    pub enable_helm: bool,
    /// In which order objects come out, where the kustomization does not say.
    #[arg(long, value_name = "ORDER")]
    pub reorder: Option<Reorder>,
}

/// Spelled as `kustomize build` has it.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LoadRestrictor {
    /// None.
    #[value(name = "LoadRestrictionsRootOnly")]
    RootOnly,
    /// All of the repository.
    #[value(name = "LoadRestrictionsNone")]
    None,
}

impl LoadRestrictor {
    pub fn name(self) -> &'static str {
        match self {
            Self::RootOnly => "LoadRestrictionsRootOnly",
            Self::None => "LoadRestrictionsNone",
        }
    }
}

/// Spelled as `kustomize build` has it.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reorder {
    /// What others need comes before them.
    Legacy,
    /// As the files name them.
    None,
}

impl Reorder {
    pub fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::None => "none",
        }
    }
}

#[derive(Args)]
pub struct DiffArgs {
    /// The folder.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// The namespace of objects that name none.
    #[arg(long, short, default_value = "default", value_name = "NAMESPACE")]
    pub namespace: String,
    #[command(flatten)]
    pub cluster: ClusterArgs,
    #[command(flatten)]
    pub enabled: PluginArgs,
}

#[derive(Args)]
pub struct ClusterArgs {
    /// The kubeconfig to read; never written.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context in it.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

#[derive(Args)]
pub struct ControllerArgs {
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The namespace of Applications, projects and settings.
    #[arg(long, default_value = "argocd", value_name = "NAMESPACE")]
    pub namespace: String,
    /// Applications looked at at the same time.
    #[arg(long, default_value_t = 20, env = "WINDLASS_STATUS_PROCESSORS", value_name = "N")]
    pub status_processors: usize,
    /// Serves /healthz, /readyz and /metrics here, without a login; nowhere if not given.
    #[arg(long, value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
    /// Acts at once, without asking for the Lease by which controllers stand by for each other.
    #[arg(long)]
    pub no_leader_election: bool,
    /// How long the Lease counts after it was renewed.
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "DURATION")]
    pub lease_duration: Duration,
    /// How long a deleted application waits for a cluster or project that is gone, before it goes without its objects.
    #[arg(long, default_value = "2s", value_parser = duration, value_name = "DURATION")]
    pub lost_cluster_grace: Duration,
    /// Serves `file://` repositories and paths. They reach everything that this process can read.
    #[arg(long)]
    pub allow_local_repositories: bool,
    /// Acts only on applications that `windlass app hand-over` has given to it. May run beside Argo CD.
    #[arg(long)]
    pub only_handed_over: bool,
    /// Writes nothing: reconciles everything in memory, and prints where its verdict differs from the status of an
    /// application, whenever that changes. May run beside Argo CD.
    #[arg(long, conflicts_with = "only_handed_over")]
    pub observe: bool,
    #[command(flatten)]
    pub enabled: PluginArgs,
}

#[derive(Args)]
pub struct CompareArgs {
    /// The applications; all of the namespace where none is named.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub place: app::PlaceArgs,
    #[command(flatten)]
    pub sources: app::SourceArgs,
    #[command(flatten)]
    pub format: app::DocumentArgs,
}

#[derive(Args)]
pub struct InstallArgs {
    /// The namespace of the control plane.
    #[arg(long, default_value = "argocd", value_name = "NAMESPACE")]
    pub namespace: String,
    /// The container image of the controller, whose entry point is this binary.
    #[arg(long, value_name = "IMAGE")]
    pub image: String,
    /// Controllers; one acts and the others stand by.
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub replicas: u32,
}

#[derive(Args)]
pub struct CheckArgs {
    /// Before an installation: looks at no object.
    #[arg(long)]
    pub pre: bool,
    /// The namespace of the control plane.
    #[arg(long, default_value = "argocd", value_name = "NAMESPACE")]
    pub namespace: String,
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

#[derive(Args)]
pub struct SandboxArgs {
    /// Where it listens; beyond loopback only with `--expose`.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Lets `--listen` name an address that other machines can reach. The certificate is for that address; that of
    /// 0.0.0.0 is for loopback alone.
    #[arg(long)]
    pub expose: bool,
    /// Keeps objects here over restarts; Secrets stand there in clear.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Writes the kubeconfig here instead of into a folder of its own.
    #[arg(long, value_name = "FILE")]
    pub write_kubeconfig: Option<PathBuf>,
    /// Plays workloads: kubelet, scheduler and controllers.
    #[arg(long, default_value = "on", value_name = "MODE")]
    pub simulate: Simulate,
    /// Breaks requests and watches by rule and seed: `seed=7;throttle=0.1;drop:5=0.2,resource=pods`. Kinds: latency:MS,
    /// conflict, expired, throttle, error, unavailable, drop:EVENTS, silent, duplicate, reorder.
    #[arg(long, value_name = "SPEC")]
    pub faults: Option<String>,
    /// Creates the objects of these files at the start.
    #[arg(long, value_name = "FILE")]
    pub load: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Simulate {
    /// Everything becomes ready.
    On,
    /// Deployments and ReplicaSets are carried out, but no Pod ever runs.
    Controllers,
    /// Nothing happens.
    Off,
}

#[derive(Subcommand)]
pub enum PluginCommand {
    /// Lists the built-in plugins.
    List,
    /// Shows what a component is, handles and asks for. Nothing of it runs.
    Inspect {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

fn duration(text: &str) -> Result<Duration, String> {
    duration_from_text(text).ok_or_else(|| format!("`{text}` is not a duration such as 90s or 2m"))
}
