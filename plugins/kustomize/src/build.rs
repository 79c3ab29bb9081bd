//! A whole build: from the directory to the printed objects.

use windlass_yaml::Style;

use crate::error::{Error, Result};
use crate::files::{Files, join};
use crate::layer::{Accumulated, Layer};
use crate::loader::{Build, Loader};
use crate::options::{Options, Reorder};
use crate::order::{Order, SortOptions, sort};
use crate::origin::{Origin, list_text};
use crate::references;
use crate::resmap::named;
use crate::resource::Resource;
use crate::transform::{Transformer, add_hashes};
use crate::variables;

/// The value of `app.kubernetes.io/managed-by` under `buildMetadata: [managedByLabel]`. kustomize puts its own version
/// there; this is the one whose behaviour is followed.
const MANAGED_BY: &str = "kustomize-v5.8.1";

/// What a build has made.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    pub objects: Vec<Object>,
    /// Deprecated fields that are in use, in kustomize's words.
    pub warnings: Vec<String>,
}

/// One object, in the order in which kustomize prints them.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub body: serde_json::Value,
    /// Where it comes from; relative to the directory that was built.
    pub origin: Origin,
}

impl Built {
    /// The objects as `kustomize build` prints them.
    pub fn to_yaml(&self) -> String {
        let printed: Vec<String> =
            self.objects.iter().map(|object| windlass_yaml::emit(&object.body, Style::V2)).collect();
        printed.join("---\n")
    }
}

/// Builds the kustomization of a directory, whose path is relative to the root of the tree.
///
/// # Errors
/// [`Error::NeedsArtifact`] names remote content to fetch before building again, and [`Error::NeedsFunction`] a function
/// to run; the other errors do not go away before the input changes.
pub fn build(files: &dyn Files, directory: &str, options: &Options<'_>) -> Result<Built, Error> {
    let build = Build::new(files, options);
    let loader = Loader::top(&build, directory)?;
    let mut top = Layer::load(&build, loader, Origin::default())?;
    let root = top.loader.root.clone();
    let has_directory = |path: &str| join(&root, path).is_some_and(|path| files.directory(&path).is_ok());
    options.edits.apply(&mut top.kustomization, has_directory)?;
    let made = top.accumulate(Accumulated::default())?;
    let objects = finish(&top, made).map_err(|error| error.in_file(&top.file))?;
    drop(top);
    Ok(Built { objects, warnings: build.warnings.into_inner() })
}

/// What only the top layer does.
fn finish(top: &Layer<'_>, made: Accumulated) -> Result<Vec<Object>> {
    let Accumulated { mut resources, config, vars } = made;
    add_hashes(&mut resources)?;
    references::fix(&mut resources, &config)?;
    variables::resolve(&vars, &mut resources, &config.var_reference)?;
    resources.list.retain(|resource| !resource.is_local());
    let order = match (&top.kustomization.sort_options, top.build.options.reorder) {
        (Some(own), _) => SortOptions::order(own)?,
        (None, Reorder::Legacy) => Order::default(),
        (None, Reorder::None) => Order::Input,
    };
    sort(resources.list.as_mut_slice(), &order);
    let metadata = Metadata::of(&top.kustomization.build_metadata);
    if metadata.managed_by {
        let labels = [("app.kubernetes.io/managed-by".to_owned(), MANAGED_BY.to_owned())].into();
        let specs = vec![crate::fieldspec::FieldSpec::creating("metadata/labels")];
        Transformer::Labels { labels, specs }.apply(&mut resources, top.build)?;
    }
    resources.list.into_vec().into_iter().map(|resource| metadata.print(resource)).collect()
}

/// Which notes `buildMetadata` wants in the output.
struct Metadata {
    managed_by: bool,
    origins: bool,
    transformations: bool,
}

impl Metadata {
    fn of(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|wanted| wanted == name);
        Self {
            managed_by: has("managedByLabel"),
            origins: has("originAnnotations"),
            transformations: has("transformerAnnotations"),
        }
    }

    fn print(&self, mut resource: Resource) -> Result<Object> {
        resource.drop_internal_annotations();
        let mut annotations = resource.annotations();
        annotations.remove("config.kubernetes.io/origin");
        annotations.remove("alpha.config.kubernetes.io/transformations");
        if self.origins {
            annotations.insert("config.kubernetes.io/origin".to_owned(), resource.origin.to_text());
        }
        if self.transformations && !resource.transformations.is_empty() {
            let text = list_text(&resource.transformations);
            annotations.insert("alpha.config.kubernetes.io/transformations".to_owned(), text);
        }
        resource.set_annotations(&annotations);
        let body = resource.body.to_json().map_err(|error| named(error, &resource))?;
        Ok(Object { body, origin: resource.origin })
    }
}
