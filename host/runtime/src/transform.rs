//! Calls a transformer with a ResourceList. What comes back is one too, or the call has failed.

use serde::{Deserialize, de::IgnoredAny};
use windlass_model::Digest;

use crate::{
    CallError, Diagnostic, Failure, Grants, Kind, Limit, Limits, Location, Plugin, Runtime, Severity, Stop, Usage,
    convert, runtime::session,
};

/// What a transformer made of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transformed {
    /// The ResourceList that it gave back, as JSON.
    pub resources: Vec<u8>,
    pub digest: Digest,
    /// Its `results`, none of which is an error.
    pub diagnostics: Vec<Diagnostic>,
    pub usage: Usage,
}

impl Runtime {
    /// Runs a transformer over a ResourceList (JSON). A result of severity `error` makes the run a failure.
    pub fn transform(&self, plugin: &Plugin, resources: &[u8], limits: &Limits) -> Result<Transformed, CallError> {
        plugin.expect(Kind::Transformer)?;
        let returned = self.call(plugin, &Grants::denied(), session(plugin, limits), async |store, prepared| {
            let instance = prepared.transformer()?.instantiate_async(&mut *store).await?;
            instance.windlass_plugin_transform().call_run(store, resources).await
        })?;
        let failed = |failure| CallError::Failed { plugin: plugin.name().clone(), failure };
        let stopped = |stop| CallError::Stopped { plugin: plugin.name().clone(), stop };
        let resources = returned.value.map_err(|failure| failed(convert::failure(failure)))?;
        let list = read(&resources, limits).map_err(stopped)?;
        let diagnostics: Vec<Diagnostic> = list.results.into_iter().map(Finding::into_diagnostic).collect();
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(failed(Failure::Invalid(diagnostics)));
        }
        Ok(Transformed { digest: Digest::of(&resources), resources, diagnostics, usage: returned.usage })
    }
}

fn read(resources: &[u8], limits: &Limits) -> Result<ResourceList, Stop> {
    if resources.len() as u64 > limits.output {
        return Err(Stop::over(Limit::Output, limits));
    }
    let unusable = |reason: String| Stop::InvalidOutput { reason: format!("no ResourceList: {reason}") };
    let list: ResourceList = serde_json::from_slice(resources).map_err(|error| unusable(error.to_string()))?;
    match list.kind.as_str() {
        "ResourceList" if list.items.len() as u64 > limits.results => Err(Stop::over(Limit::Results, limits)),
        "ResourceList" => Ok(list),
        kind => Err(unusable(format!("its kind is `{kind}`"))),
    }
}

#[derive(Deserialize)]
struct ResourceList {
    kind: String,
    items: Vec<IgnoredAny>,
    #[serde(default)]
    results: Vec<Finding>,
}

/// An entry of `results`, as far as it is told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    message: String,
    #[serde(default)]
    severity: Weight,
    resource_ref: Option<Named>,
    field: Option<At>,
    file: Option<At>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Weight {
    Error,
    Warning,
    #[default]
    Info,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
struct At {
    path: String,
}

impl Finding {
    fn into_diagnostic(self) -> Diagnostic {
        let object = self.resource_ref.map(|object| format!("{} '{}'", object.kind, object.name));
        let words = [object, self.field.map(|field| field.path), Some(self.message)];
        Diagnostic {
            severity: match self.severity {
                Weight::Error => Severity::Error,
                Weight::Warning => Severity::Warning,
                Weight::Info => Severity::Info,
            },
            code: "function".into(),
            message: words.into_iter().flatten().collect::<Vec<_>>().join(": "),
            at: self.file.map(|file| Location { path: file.path, line: None, field: None }),
        }
    }
}
