//! Arguments of `windlass app`: one struct for each verb. A table, and the text of every `--help`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};

use super::{ClusterArgs, PluginArgs, duration};

/// Works on Applications through the Kubernetes API alone: what kubectl may do there, these verbs may do.
#[derive(Subcommand)]
pub enum AppCommand {
    /// Lists applications.
    List(ListArgs),
    /// Shows one application: where it comes from, how it stands, and each of its resources.
    Get(GetArgs),
    /// Shows what a sync would change, as a diff of live and desired. Exit status 0: nothing, 1: something.
    ///
    /// The desired side is generated here, by the same code that the controller runs, from the revision that the
    /// application asks for. Nothing is written. Values of Secrets are masked: equal values get equal marks.
    Diff(AppDiffArgs),
    /// Starts a sync.
    ///
    /// Writes the Application's `operation` field; the controller carries it out. Without --wait the command ends
    /// as soon as that is written.
    Sync(SyncArgs),
    /// Waits until applications are in sync, healthy and at rest. Exit status 1 when the time is up.
    ///
    /// Without any of --sync, --health, --operation and --deleted it waits for the first three. When the time is up
    /// each application that is not there is named, with what is missing.
    Wait(WaitArgs),
    /// Lists what was deployed when, with the ids that `rollback` takes.
    History(HistoryArgs),
    /// Deploys again what an entry of the history names. Refused while the application syncs by itself.
    Rollback(RollbackArgs),
    /// Ends the operation that is under way. What it has applied stays.
    Terminate(NameArgs),
    /// Deletes an application, and by default everything that it has deployed.
    Delete(DeleteArgs),
    /// Gives applications to Windlass while Argo CD's controller goes on with the others, or gives them back.
    ///
    /// Sets two annotations in one write: `argocd.argoproj.io/skip-reconcile`, which keeps Argo CD's controller off,
    /// and `windlass.dev/handed-over`, for `windlass controller --only-handed-over`. Nothing that is deployed changes.
    HandOver(HandOverArgs),
    /// Changes fields of an application's spec.
    ///
    /// Edits what the API server has: where the Application itself comes from Git, the next sync of its parent
    /// undoes this.
    Set(SetArgs),
    /// Shows an application's resources and what stands behind them, with health and age.
    ///
    /// Children are found by owner references, and by the relations that Kubernetes does not write down: a
    /// StatefulSet's volume claims, a Service's endpoints, a ServiceAccount's token.
    Tree(TreeArgs),
    /// Prints what the last or present sync did with each resource and hook, and what these said.
    LogsOfSync(HistoryArgs),
    /// Says why an application is not in sync, does not sync, or is not healthy, and what to do about it.
    ///
    /// Field by field: what Git says, what lives, who wrote it last, and which ignore rule hides what. Then what
    /// keeps the application from syncing by itself. Exit status 0: there is nothing to explain, 1: there is.
    Explain(ExplainArgs),
}

/// Where Applications are.
#[derive(Args)]
pub struct PlaceArgs {
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The namespace of Applications.
    #[arg(long, short, default_value = "argocd", value_name = "NAMESPACE")]
    pub namespace: String,
}

/// How a result is printed.
#[derive(Args)]
pub struct FormatArgs {
    /// How the result is printed.
    #[arg(long, short, default_value = "table", value_name = "FORMAT")]
    pub output: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people.
    Table,
    /// More of them.
    Wide,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// Names only, as kubectl takes them.
    Name,
}

/// How a result is printed that is a text and no table.
#[derive(Args)]
pub struct DocumentArgs {
    /// How the result is printed.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Document,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
}

/// Which applications are meant. All conditions have to hold.
#[derive(Args, Default)]
pub struct FilterArgs {
    /// Those of these projects.
    #[arg(long, short, value_delimiter = ',', value_name = "PROJECT")]
    pub project: Vec<String>,
    /// Those with one of these sync statuses: Synced, OutOfSync, Unknown.
    #[arg(long, value_delimiter = ',', value_name = "STATUS")]
    pub sync: Vec<String>,
    /// Those with one of these health statuses, such as Degraded or Progressing.
    #[arg(long, value_delimiter = ',', value_name = "STATUS")]
    pub health: Vec<String>,
    /// Those with these labels, as kubectl takes them: `team=web,tier!=test`.
    #[arg(long, short = 'l', value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Those with a source in this repository.
    #[arg(long, short, value_name = "URL")]
    pub repo: Option<String>,
    /// Those that deploy to this cluster, by server URL or name.
    #[arg(long, short, value_name = "CLUSTER")]
    pub cluster: Option<String>,
}

#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Applications of all namespaces.
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
    #[command(flatten)]
    pub filter: FilterArgs,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Prints each application again whenever it changes, until interrupted.
    #[arg(long, short)]
    pub watch: bool,
}

#[derive(Args)]
pub struct NameArgs {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Applications by name, or by what they have in common.
#[derive(Args)]
pub struct ManyArgs {
    /// The applications.
    #[arg(value_name = "NAME", required_unless_present_any = ["selector", "project"])]
    pub names: Vec<String>,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// All applications with these labels, as kubectl takes them.
    #[arg(long, short = 'l', value_name = "SELECTOR", conflicts_with = "names")]
    pub selector: Option<String>,
    /// All applications of these projects.
    #[arg(long, short, value_delimiter = ',', value_name = "PROJECT", conflicts_with = "names")]
    pub project: Vec<String>,
}

/// Whether a command waits for what it has begun.
#[derive(Args)]
pub struct PatienceArgs {
    /// Waits until it is done. Exit status 1 when it fails, or when the time is up.
    #[arg(long)]
    pub wait: bool,
    /// How long --wait waits.
    #[arg(long, default_value = "5m", value_parser = duration, value_name = "DURATION")]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct GetArgs {
    #[command(flatten)]
    pub app: NameArgs,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Asks the controller to look at the application anew, and waits until it has.
    #[arg(long)]
    pub refresh: bool,
    /// Prints the application again whenever it changes, until interrupted.
    #[arg(long, short)]
    pub watch: bool,
}

/// How sources are reached by commands that generate manifests themselves.
#[derive(Args)]
pub struct SourceArgs {
    /// Uses a local folder in place of a repository URL. May be given more than once.
    ///
    /// Folders that a running `windlass up` serves are known from its kubeconfig.
    #[arg(long, value_name = "URL=PATH")]
    pub map: Vec<String>,
    /// Reads `file://` repositories and paths that an Application names.
    #[arg(long)]
    pub allow_local_repositories: bool,
    #[command(flatten)]
    pub enabled: PluginArgs,
}

#[derive(Args)]
pub struct AppDiffArgs {
    #[command(flatten)]
    pub app: NameArgs,
    #[command(flatten)]
    pub sources: SourceArgs,
    /// Compares with this revision instead of the one that the application asks for.
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
}

#[derive(Args)]
pub struct SyncArgs {
    #[command(flatten)]
    pub apps: ManyArgs,
    /// Syncs to this revision. With several sources: one --revision for each, in order.
    #[arg(long, value_name = "REV")]
    pub revision: Vec<String>,
    /// Deletes what is no longer in Git.
    #[arg(long)]
    pub prune: bool,
    /// Only asks the API server what it would do.
    #[arg(long)]
    pub dry_run: bool,
    /// Deletes and creates anew what cannot be changed in place.
    #[arg(long)]
    pub force: bool,
    /// `apply` runs no hooks.
    #[arg(long, default_value = "hook", value_name = "STRATEGY")]
    pub strategy: Strategy,
    /// Syncs only these: `GROUP:KIND:NAME` or `GROUP:KIND:NAMESPACE/NAME`; `*` matches anything, a leading `!`
    /// leaves out. The core group is empty: `:Service:web`. Hooks do not run.
    #[arg(long, value_name = "RESOURCE")]
    pub resource: Vec<String>,
    /// Syncs only resources whose manifests have these labels. Generates the manifests here to know them.
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',')]
    pub label: Vec<String>,
    /// A sync option for this sync, such as `ServerSideApply=false`. Replaces those of the application.
    #[arg(long, value_name = "OPTION")]
    pub sync_option: Vec<String>,
    /// How often a failed sync is tried again; below zero: without end.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub retry_limit: Option<i64>,
    /// The pause before the first of these tries.
    #[arg(long, value_name = "DURATION", requires = "retry_limit")]
    pub retry_backoff: Option<String>,
    /// By how much each pause is longer than the one before.
    #[arg(long, value_name = "N", requires = "retry_limit")]
    pub retry_factor: Option<i64>,
    /// The longest pause.
    #[arg(long, value_name = "DURATION", requires = "retry_limit")]
    pub retry_max: Option<String>,
    /// A note that is kept with the operation.
    #[arg(long, value_name = "NAME=VALUE")]
    pub info: Vec<String>,
    #[command(flatten)]
    pub patience: PatienceArgs,
    #[command(flatten)]
    pub sources: SourceArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Strategy {
    Hook,
    Apply,
}

#[derive(Args)]
pub struct WaitArgs {
    #[command(flatten)]
    pub apps: ManyArgs,
    /// Until they are Synced.
    #[arg(long)]
    pub sync: bool,
    /// Until they are Healthy.
    #[arg(long)]
    pub health: bool,
    /// Until no operation is asked for or under way.
    #[arg(long)]
    pub operation: bool,
    /// Until they are gone.
    #[arg(long, conflicts_with_all = ["sync", "health", "operation"])]
    pub deleted: bool,
    /// How long to wait.
    #[arg(long, default_value = "5m", value_parser = duration, value_name = "DURATION")]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct HistoryArgs {
    #[command(flatten)]
    pub app: NameArgs,
    #[command(flatten)]
    pub format: DocumentArgs,
}

#[derive(Args)]
pub struct RollbackArgs {
    #[command(flatten)]
    pub app: NameArgs,
    /// The id of an entry of the history; without one, the entry before the last.
    #[arg(value_name = "ID")]
    pub id: Option<i64>,
    /// Deletes what the entry did not have.
    #[arg(long)]
    pub prune: bool,
    /// Only asks the API server what it would do.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub patience: PatienceArgs,
}

#[derive(Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    pub app: NameArgs,
    /// What becomes of the deployed objects.
    #[arg(long, default_value = "foreground", value_name = "HOW")]
    pub cascade: Cascade,
    /// Does not ask.
    #[arg(long, short)]
    pub yes: bool,
    #[command(flatten)]
    pub patience: PatienceArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cascade {
    /// They are deleted, each after what it owns.
    Foreground,
    /// They are deleted, and what they own after them.
    Background,
    /// They stay.
    None,
}

#[derive(Args)]
pub struct HandOverArgs {
    #[command(flatten)]
    pub apps: ManyArgs,
    /// Whose they are from now on.
    #[arg(long, default_value = "windlass", value_name = "CONTROLLER")]
    pub to: Charge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Charge {
    Windlass,
    ArgoCd,
}

#[derive(Args, Clone, Default, PartialEq, Eq)]
pub struct SetFieldsArgs {
    /// Which source of several: its position, from 1, or its name.
    #[arg(long, value_name = "POSITION|NAME")]
    pub source: Option<String>,
    /// The source's repository.
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
    /// The source's folder.
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// The source's revision: a branch, tag, commit or version constraint.
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
    /// The project.
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// The destination's server URL; takes its name away.
    #[arg(long, value_name = "URL", conflicts_with = "dest_name")]
    pub dest_server: Option<String>,
    /// The destination's name; takes its server URL away.
    #[arg(long, value_name = "NAME")]
    pub dest_name: Option<String>,
    /// The destination's namespace.
    #[arg(long, value_name = "NAMESPACE")]
    pub dest_namespace: Option<String>,
    /// Whether the application syncs by itself.
    #[arg(long, value_name = "POLICY")]
    pub sync_policy: Option<Policy>,
    /// Whether it also deletes what is no longer in Git.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub auto_prune: Option<bool>,
    /// Whether it also undoes changes that others have made.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub self_heal: Option<bool>,
    /// Whether it may delete everything when Git has become empty.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_empty: Option<bool>,
    /// Adds a sync option, such as `CreateNamespace=true`, in place of one of the same name; a leading `!` takes it away.
    #[arg(long, value_name = "OPTION")]
    pub sync_option: Vec<String>,
    /// How often a failed automatic sync is tried again.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub retry_limit: Option<i64>,
    /// How many entries the history keeps.
    #[arg(long, value_name = "N")]
    pub history_limit: Option<i64>,
}

#[derive(Args, Default, PartialEq, Eq)]
#[command(next_help_heading = "Parameters of the generator")]
pub struct SetParametersArgs {
    /// A Helm value: `name=value`. In place of one of the same name.
    #[arg(long, value_name = "NAME=VALUE")]
    pub helm_set: Vec<String>,
    /// A Helm value that is text, whatever it looks like.
    #[arg(long, value_name = "NAME=VALUE")]
    pub helm_set_string: Vec<String>,
    /// The value files of the chart, in order; in place of those that are there.
    #[arg(long, value_name = "FILE")]
    pub values: Vec<String>,
    /// Values as one YAML document, from a file of this machine.
    #[arg(long, value_name = "FILE")]
    pub values_literal_file: Option<PathBuf>,
    /// The name of the Helm release.
    #[arg(long, value_name = "NAME")]
    pub release_name: Option<String>,
    /// An image of the kustomization: `name=new/name:tag`. In place of one of the same name.
    #[arg(long, value_name = "IMAGE")]
    pub kustomize_image: Vec<String>,
    /// A prefix of all names of the kustomization.
    #[arg(long, value_name = "PREFIX")]
    pub name_prefix: Option<String>,
    /// A suffix of all names of the kustomization.
    #[arg(long, value_name = "SUFFIX")]
    pub name_suffix: Option<String>,
    /// Whether folders below the folder count.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub directory_recurse: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// It syncs by itself.
    Automated,
    /// It syncs when told to.
    #[value(alias = "none")]
    Manual,
}

#[derive(Args)]
pub struct SetArgs {
    #[command(flatten)]
    pub app: NameArgs,
    #[command(flatten)]
    pub fields: SetFieldsArgs,
    #[command(flatten)]
    pub parameters: SetParametersArgs,
}

#[derive(Args)]
pub struct TreeArgs {
    #[command(flatten)]
    pub app: NameArgs,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub format: DocumentArgs,
}

#[derive(Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub app: NameArgs,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub format: DocumentArgs,
}
