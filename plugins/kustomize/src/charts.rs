//! Helm charts, by way of the caller's renderer.

use crate::config::helm::HelmChart;
use crate::documents::{self, DuplicateKeys};
use crate::error::{Error, Result};
use crate::id::or;
use crate::layer::Layer;
use crate::options::InflateError;
use crate::resource::Resource;

/// The objects of all charts that a layer names.
pub(crate) fn inflate(layer: &Layer<'_>) -> Result<Vec<Resource>> {
    let mut resources = Vec::new();
    for chart in &layer.kustomization.helm_charts {
        resources
            .extend(inflate_one(layer, chart).map_err(|error| error.while_doing(format!("chart {}", chart.name)))?);
    }
    Ok(resources)
}

pub(crate) fn inflate_one(layer: &Layer<'_>, chart: &HelmChart) -> Result<Vec<Resource>> {
    let Some(render) = layer.build.options.helm else {
        return Err(Error::unsupported(
            "Helm charts are not rendered in this build; the administrator allows them by --enable-helm in the build options",
        ));
    };
    let own = or(&layer.kustomization.namespace, &layer.inherited_namespace);
    let chart = HelmChart {
        namespace: or(&chart.namespace, own).to_owned(),
        directory: layer.loader.root.clone(),
        ..chart.clone()
    };
    let rendered = render(&chart).map_err(|error| match error {
        InflateError::Failed(problem) => Error::invalid(problem),
        InflateError::NeedsArtifact(artifacts) => Error::NeedsArtifact(artifacts),
    })?;
    let mut resources = documents::read(&rendered, DuplicateKeys::Refuse, &layer.build.openapi)?;
    for resource in &mut resources {
        resource.notes.from_chart = true;
        resource.origin = layer.configured_origin("HelmChartInflationGenerator");
    }
    Ok(resources)
}
