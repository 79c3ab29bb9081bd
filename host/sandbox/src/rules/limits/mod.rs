//! What a LimitRange says of containers without saying it.

use serde_json::Value;

use super::{each, inside};
use crate::object::{self, Object};

/// A default limit comes from the maximum, a default request from the default limit, else from the minimum.
pub(super) fn default(object: &mut Object) {
    let Some(spec) = inside(object, &["spec"]) else { return };
    for item in each(spec, "limits").filter(|item| object::text(item, "type") == "Container") {
        inherit(item, "max", "default");
        inherit(item, "default", "defaultRequest");
        inherit(item, "min", "defaultRequest");
    }
}

/// Each amount of one list that the other lacks.
fn inherit(item: &mut Object, from: &str, to: &str) {
    let Some(Value::Object(amounts)) = item.get(from).cloned() else { return };
    let known = object::child_mut(item, to);
    for (name, amount) in amounts {
        known.entry(name).or_insert(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_for_containers_is_taken_from_what_is_there() {
        let item = |kind: &str| {
            let limits = json!([{"type": kind, "max": {"cpu": "2"}, "min": {"cpu": "1", "memory": "1Gi"}}]);
            let Value::Object(mut object) = json!({"spec": {"limits": limits}}) else { unreachable!() };
            default(&mut object);
            object["spec"]["limits"][0].clone()
        };
        assert_eq!(item("Container")["default"], json!({"cpu": "2"}));
        assert_eq!(item("Container")["defaultRequest"], json!({"cpu": "2", "memory": "1Gi"}));
        assert_eq!(item("Pod").get("default"), None);
    }
}
