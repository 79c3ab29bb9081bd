//! Replica counts.

use crate::config::transforms::Replica;
use crate::error::{Error, Result};
use crate::fieldspec::{Creation, FieldSpec};
use crate::node::{Node, Scalar, Tag};
use crate::resmap::{ResMap, named};

/// Sets the count of the workloads that are or were called so; there has to be one.
pub(crate) fn set(resources: &mut ResMap, replica: &Replica, specs: &[FieldSpec]) -> Result<()> {
    let mut found = false;
    for spec in specs {
        for resource in resources.list.iter_mut().filter(|resource| !resource.is_deleted()) {
            if !resource.was_called(|id| id.name == replica.name && id.gvk.is_selected_by(&spec.gvk)) {
                continue;
            }
            found = true;
            let count = Scalar::tagged(replica.count.to_string(), Tag::Int);
            let set = &mut |field: &mut Node| field.set_scalar(count.clone());
            spec.apply(&mut resource.body, Some(Creation::INTEGER), set).map_err(|error| named(error, resource))?;
        }
    }
    if found {
        return Ok(());
    }
    let kinds: Vec<String> = specs.iter().map(|spec| spec.gvk.to_string()).collect();
    Err(Error::invalid(format!("no resource with name {} is of the kinds {}", replica.name, kinds.join(", ")))
        .in_field("replicas"))
}
