//! Fields that a kind does not have: pruned, and told by path.

use crate::catalog::Resource;
use crate::object::Object;

pub(super) fn prune(_resource: &Resource, _object: &mut Object) -> Vec<String> {
    Vec::new()
}
