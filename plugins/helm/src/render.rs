//! One render from start to end, as `helm template` does it.

use std::rc::Rc;

use thiserror::Error;
use windlass_gotemplate::{MissingKey, Value};
use windlass_sprig::Environment;

use crate::capabilities::{Capabilities, InvalidKubeVersion};
use crate::chart::{self, Chart, LoadError};
use crate::engine::{Scope, Workings, render_templates};
use crate::files::Files;
use crate::functions::{FunctionSettings, Lookup, template_functions};
use crate::manifest::{self, HookEvent, Manifest, ManifestError, Role};
use crate::schema::{self, SchemaError};
use crate::trace::TemplateError;
use crate::values::coalesce::{Nulls, TypeMismatch, coalesce};
use crate::values::{ValueSources, ValuesError};
use crate::{convert, dependencies, output, version};

const NOTES: &str = "NOTES.txt";

/// What `helm template` takes on its command line.
#[derive(Clone, Debug)]
pub struct RenderOptions {
    pub release_name: String,
    pub namespace: String,
    /// Sets `.Release.IsUpgrade` rather than `.Release.IsInstall`.
    pub is_upgrade: bool,
    /// Version of the cluster; without it that of Helm's client library.
    pub kube_version: Option<String>,
    /// API versions that the cluster serves beyond the built-in ones.
    pub api_versions: Vec<String>,
    pub values: ValueSources,
    /// Puts the contents of `crds/` first.
    pub include_crds: bool,
    pub skip_hooks: bool,
    /// Leaves out hooks of the test event.
    pub skip_tests: bool,
    pub skip_schema_validation: bool,
    /// Patterns over template paths within the chart; only what they fit is put out.
    pub show_only: Vec<String>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            release_name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            is_upgrade: false,
            kube_version: None,
            api_versions: Vec::new(),
            values: ValueSources::default(),
            include_crds: false,
            skip_hooks: false,
            skip_tests: false,
            skip_schema_validation: false,
            show_only: Vec::new(),
        }
    }
}

/// What a render may ask of the world.
pub struct Host<'a> {
    /// Where `--set-file` paths are read.
    pub files: &'a dyn Files,
    /// Entropy, clock and keys.
    pub environment: Environment,
    /// Answers `lookup`; without it every lookup finds nothing.
    pub lookup: Option<Rc<Lookup>>,
    /// Takes what Helm would warn of; complete also when the render fails.
    pub warnings: &'a mut Vec<String>,
}

/// What a chart renders to.
#[derive(Debug)]
pub struct Rendered {
    /// CRDs, then resources, then hooks, each in install order.
    pub manifests: Vec<Manifest>,
    /// The chart's own `NOTES.txt`.
    pub notes: String,
    pub(crate) show_only: Vec<String>,
    _chart: Chart,
    _workings: Workings,
}

/// Why a chart did not render. The text is Helm's.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Values(#[from] ValuesError),
    #[error("{0} charts are not installable")]
    NotInstallable(String),
    #[error(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to \
         fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", ")
    )]
    MissingDependencies(Vec<String>),
    #[error("chart dependencies processing failed: {0}")]
    Dependencies(#[source] TypeMismatch),
    #[error(transparent)]
    Coalesce(TypeMismatch),
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error(transparent)]
    KubeVersion(#[from] InvalidKubeVersion),
    #[error("release name check failed: release name {0:?}: {1}")]
    ReleaseName(String, &'static str),
    #[error("chart requires kubeVersion: {constraint} which is incompatible with Kubernetes {version}")]
    Incompatible { constraint: String, version: String },
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("could not find template {0} in chart")]
    NoSuchTemplate(String),
}

/// What templates wrote, before it is taken apart into manifests.
#[derive(Debug)]
pub struct RenderedFiles {
    /// The chart as it took part: without disabled subcharts, aliases in place.
    pub chart: Chart,
    /// Path from the chart's name on, and text; ordered by path, notes included.
    pub files: Vec<(String, String)>,
    pub workings: Workings,
}

/// Renders a loaded chart.
pub fn render(chart: Chart, options: &RenderOptions, host: Host<'_>) -> Result<Rendered, Error> {
    check_release_name(&options.release_name)?;
    let RenderedFiles { chart, mut files, workings } = render_files(chart, options, host)?;
    let notes = take_notes(&mut files, chart.name());
    let (resources, hooks) = manifest::sort(&files)?;
    let crds = if options.include_crds { chart::crds(&chart) } else { Vec::new() };
    let crds = crds.into_iter().map(|crd| Manifest {
        source: crd.path,
        kind: "CustomResourceDefinition".to_owned(),
        role: Role::Crd,
        text: crd.data.to_str().into_owned(),
        content: serde_json::Value::Null,
    });
    let hooks = hooks.into_iter().filter(|hook| wants_hook(hook, options));
    let manifests = crds.chain(resources).chain(hooks).collect();
    let show_only = options.show_only.clone();
    let rendered = Rendered { manifests, notes, show_only, _chart: chart, _workings: workings };
    output::check_show_only(&rendered)?;
    Ok(rendered)
}

/// Runs the templates of a loaded chart and leaves their output as it is.
pub fn render_files(mut chart: Chart, options: &RenderOptions, host: Host<'_>) -> Result<RenderedFiles, Error> {
    let warnings = host.warnings;
    let capabilities = Capabilities::new(options.kube_version.as_deref(), &options.api_versions)?;
    let read = |path: &str| {
        let data = host.files.read(path).map_err(|error| format!("{path}: {error}"))?;
        Ok(String::from_utf8_lossy(&data).into_owned())
    };
    let values = convert::table(options.values.merge(&read)?);
    check_installable(&chart, warnings)?;
    dependencies::process(&mut chart, &values, warnings).map_err(Error::Dependencies)?;
    let values = coalesce(&chart, &values, Nulls::Remove, warnings).map_err(Error::Coalesce)?;
    // Values are put together several times on the way.
    warnings.sort();
    warnings.dedup();
    if !options.skip_schema_validation {
        schema::validate(&chart, &values)?;
    }
    check_kube_version(&chart, &capabilities)?;

    let scope = Scope { values: Value::Map(values), release: release(options), capabilities: capabilities.to_value() };
    let settings = FunctionSettings { lint: false, lookup: host.lookup, environment: host.environment };
    let (files, workings) = render_templates(&chart, &scope, template_functions(settings), MissingKey::Zero)?;
    Ok(RenderedFiles { chart, files, workings })
}

fn release(options: &RenderOptions) -> Value {
    Value::map([
        ("Name", Value::string(options.release_name.as_str())),
        ("Namespace", Value::string(options.namespace.as_str())),
        ("IsUpgrade", Value::Bool(options.is_upgrade)),
        ("IsInstall", Value::Bool(!options.is_upgrade)),
        ("Revision", Value::int(1)),
        ("Service", Value::string("Helm")),
    ])
}

/// A release name goes into object names, so it must be one, with room for what charts add.
fn check_release_name(name: &str) -> Result<(), Error> {
    const MAX_LENGTH: usize = 53;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let label = |label: &str| {
        let ends = label.bytes().next().is_some_and(plain) && label.bytes().last().is_some_and(plain);
        ends && label.bytes().all(|byte| plain(byte) || byte == b'-')
    };
    let problem = if name.is_empty() {
        "no name provided"
    } else if name.len() > MAX_LENGTH || !name.split('.').all(label) {
        "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ \
         and the length must not be longer than 53"
    } else {
        return Ok(());
    };
    Err(Error::ReleaseName(name.to_owned(), problem))
}

fn check_installable(chart: &Chart, warnings: &mut Vec<String>) -> Result<(), Error> {
    if !matches!(chart.metadata.kind.as_str(), "" | "application") {
        return Err(Error::NotInstallable(chart.metadata.kind.clone()));
    }
    if chart.metadata.deprecated {
        warnings.push("this chart is deprecated".to_owned());
    }
    let missing = dependencies::missing(chart);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingDependencies(missing.into_iter().map(str::to_owned).collect()))
}

fn check_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<(), Error> {
    let constraint = &chart.metadata.kube_version;
    let version = &capabilities.kube_version;
    if constraint.is_empty() || version::satisfies(constraint, &version.normalized) {
        return Ok(());
    }
    Err(Error::Incompatible { constraint: constraint.clone(), version: version.full.clone() })
}

/// Notes are for people: they are no part of the output, those of subcharts are dropped.
fn take_notes(files: &mut Vec<(String, String)>, chart: &str) -> String {
    let own = format!("{chart}/templates/{NOTES}");
    let mut notes = String::new();
    files.retain_mut(|(path, text)| {
        if *path == own {
            notes = std::mem::take(text);
        }
        !path.ends_with(NOTES)
    });
    notes
}

fn wants_hook(hook: &Manifest, options: &RenderOptions) -> bool {
    let is_test = matches!(&hook.role, Role::Hook(events) if events.contains(&HookEvent::Test));
    let skipped = options.skip_hooks || (options.skip_tests && is_test);
    !skipped
}
