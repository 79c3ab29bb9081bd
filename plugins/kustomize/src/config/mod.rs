//! The files that configure a build: kustomizations, transformer settings, field specifications.

pub(crate) mod crds;
mod defaults;
mod fields;
pub(crate) mod generator;
pub(crate) mod helm;
pub(crate) mod kustomization;
pub(crate) mod transformer;
pub(crate) mod transforms;

pub(crate) use fields::{Fields, Reading, parse};
