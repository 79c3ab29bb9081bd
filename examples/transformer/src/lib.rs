//! A function of a kustomization: says of every container when its image is pulled.

use serde_json::Value;
use windlass_sdk::transformer::{Failure, ResourceList, Transformer};

struct PullPolicy;

impl Transformer for PullPolicy {
    fn transform(list: &mut ResourceList) -> Result<(), Failure> {
        let policy: String = list.config("/spec/policy")?;
        for object in &mut list.items {
            let containers = object.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
                container.insert("imagePullPolicy".into(), policy.clone().into());
            }
        }
        Ok(())
    }
}

windlass_sdk::export_transformer!(PullPolicy);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_get_the_policy_and_other_objects_stay() {
        let pods = |container: Value| json!({"spec": {"template": {"spec": {"containers": [container]}}}});
        let (other, policy) = (json!({"kind": "ConfigMap"}), json!({"spec": {"policy": "Always"}}));
        let mut list = ResourceList::new(policy, vec![pods(json!({"name": "web"})), other.clone()]);
        assert_eq!(PullPolicy::transform(&mut list), Ok(()));
        assert_eq!(list.items, [pods(json!({"name": "web", "imagePullPolicy": "Always"})), other]);
    }

    #[test]
    fn a_configuration_without_a_policy_is_refused() {
        assert!(PullPolicy::transform(&mut ResourceList::new(json!({}), Vec::new())).is_err());
    }
}
