//! The transformers: each changes objects in place.

mod block_yaml;
mod images;
mod json_patch;
mod metadata;
mod names;
mod namespace;
mod patch;
mod path_matcher;
mod replacement;
mod replicas;
mod splice;
mod structured;
mod value_add;

use std::rc::Rc;

use crate::config::transforms::{Image, Replica};
use crate::error::Result;
use crate::fieldspec::FieldSpec;
use crate::function::Function;
use crate::loader::Build;
use crate::origin::Origin;
use crate::resmap::ResMap;
use crate::resource::Labels;

pub(crate) use images::split as split_image;
pub(crate) use json_patch::JsonPatch;
pub(crate) use names::add_hashes;
pub(crate) use namespace::{NamespaceChange, Subjects};
pub(crate) use patch::{PatchContent, Patching, Place, parse_json};
pub(crate) use replacement::Replacing;
pub(crate) use value_add::{ValueAddition, value_addition};

/// A configured transformer.
#[derive(Debug)]
pub(crate) enum Transformer {
    Patch(Patching),
    Namespace(NamespaceChange),
    Prefix { prefix: String, specs: Vec<FieldSpec> },
    Suffix { suffix: String, specs: Vec<FieldSpec> },
    Labels { labels: Labels, specs: Vec<FieldSpec> },
    Annotations { annotations: Labels, specs: Vec<FieldSpec> },
    Replicas { replica: Replica, specs: Vec<FieldSpec> },
    Image { image: Image, specs: Vec<FieldSpec> },
    Replacements(Replacing),
    ValueAdd(ValueAddition),
    Hash,
    Function(Box<Function>),
}

/// A transformer, who asked for it, and the file to name in errors.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) transformer: Transformer,
    pub(crate) origin: Rc<Origin>,
}

impl Transformer {
    pub(crate) fn apply(&self, resources: &mut ResMap, build: &Build<'_>) -> Result<()> {
        match self {
            Self::Patch(patching) => patching.apply(resources),
            Self::Namespace(change) => change.apply(resources),
            Self::Prefix { prefix, specs } => names::add_prefix(resources, prefix, specs),
            Self::Suffix { suffix, specs } => names::add_suffix(resources, suffix, specs),
            Self::Labels { labels, specs } => metadata::add(resources, labels, specs),
            Self::Annotations { annotations, specs } => metadata::add(resources, annotations, specs),
            Self::Replicas { replica, specs } => replicas::set(resources, replica, specs),
            Self::Image { image, specs } => images::change(resources, image, specs),
            Self::Replacements(replacing) => replacing.apply(resources),
            Self::ValueAdd(addition) => addition.apply(resources),
            Self::Hash => add_hashes(resources),
            Self::Function(function) => function.transform(build, resources),
        }
    }
}

impl Step {
    /// Changes the objects and notes on each that this step was at work.
    pub(crate) fn run(&self, resources: &mut ResMap, build: &Build<'_>) -> Result<()> {
        self.transformer.apply(resources, build)?;
        for at in 0..resources.list.len() {
            resources.list.change(at, |resource| resource.transformations.push(self.origin.clone()));
        }
        resources.drop_deleted();
        Ok(())
    }
}
