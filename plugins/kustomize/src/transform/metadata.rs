//! Labels and annotations.

use crate::error::Result;
use crate::fieldspec::{Creation, FieldSpec};
use crate::node::{Node, Scalar};
use crate::resmap::ResMap;
use crate::resource::Labels;

/// Sets the pairs in every map that the specifications lead to.
pub(crate) fn add(resources: &mut ResMap, pairs: &Labels, specs: &[FieldSpec]) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    resources.for_each_body(|body| {
        for (key, value) in pairs {
            let set = &mut |map: &mut Node| match map.is_null() {
                true => Ok(()),
                false => map.set(key, Scalar::string(value.as_str())),
            };
            specs.iter().try_for_each(|spec| spec.apply(body, Some(Creation::MAP), set))?;
        }
        Ok(())
    })
}
