//! What is read out of objects for status and results.

use serde_json::Value;
use windlass_model::Object;

/// Container images of a workload, in order, once each.
pub fn images(object: &Object) -> Vec<String> {
    let mut images = Vec::new();
    for pod_spec in pod_specs(object) {
        for list in ["initContainers", "containers"] {
            let containers = pod_spec.get(list).and_then(Value::as_array).into_iter().flatten();
            for image in containers.filter_map(|container| container.get("image")?.as_str()) {
                if !images.iter().any(|known| known == image) {
                    images.push(image.to_owned());
                }
            }
        }
    }
    images
}

fn pod_specs(object: &Object) -> impl Iterator<Item = &Value> {
    let paths: [&[&str]; 3] =
        [&["spec"], &["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"]];
    paths.into_iter().filter_map(|path| object.at(path))
}

/// URLs under which an Ingress is reached, as `status.summary.externalURLs` lists them.
pub fn external_urls(object: &Object) -> Vec<String> {
    let mut urls = Vec::new();
    if object.kind() != "Ingress" || object.at(&["status", "loadBalancer", "ingress"]).is_none() {
        return urls;
    }
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let tls: Vec<Value> = list(object.at(&["spec", "tls"]));
    for rule in list(object.at(&["spec", "rules"])) {
        let Some(host) = rule.get("host").and_then(Value::as_str) else { continue };
        let secure = tls.iter().any(|entry| {
            entry.get("hosts").and_then(Value::as_array).is_none_or(|hosts| hosts.iter().any(|name| name == host))
        });
        let scheme = if secure { "https" } else { "http" };
        for path in list(rule.pointer("/http/paths")) {
            let path = path.get("path").and_then(Value::as_str).unwrap_or_default().trim_end_matches('*');
            let url = format!("{scheme}://{host}{}", path.trim_end_matches('/').trim_end());
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls.sort();
    urls
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn images_of_init_and_main_containers_are_listed_once() {
        let object = Object::new(json!({"spec": {"template": {"spec": {
            "initContainers": [{"image": "init:1"}],
            "containers": [{"image": "web:2"}, {"image": "init:1"}, {"name": "no-image"}],
        }}}}));
        assert_eq!(images(&object.unwrap()), ["init:1", "web:2"]);
    }
}
