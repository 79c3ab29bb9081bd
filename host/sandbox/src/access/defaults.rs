//! The roles and bindings that every cluster begins with, read from the table in `defaults.txt`.
//!
//! A line of the table is `KIND NAME [label=value…]`, and below it, indented, its rules, subjects or aggregation:
//! `rule VERBS GROUPS RESOURCES NAMES`, `path VERBS PATHS`, `to KIND NAME [NAMESPACE]`, `of KIND NAME`,
//! `aggregate LABEL`. Lists are separated by commas; `-` is an empty list and `""` the core group.

use serde_json::{Value, json};

const TABLE: &str = include_str!("defaults.txt");
const GROUP: &str = "rbac.authorization.k8s.io";

/// One object of the table and where it is kept.
pub struct Default {
    pub plural: &'static str,
    pub namespace: String,
    pub name: String,
    pub object: Value,
}

/// All of them, as objects without system fields.
pub fn objects() -> Vec<Default> {
    let mut found: Vec<Default> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix(' '), found.last_mut()) {
            (Some(detail), Some(last)) => add(&mut last.object, detail.trim()),
            (None, _) => found.push(head(line)),
            (Some(_), None) => {}
        }
    }
    found
}

fn head(line: &str) -> Default {
    let mut words = line.split(' ');
    let kind = words.next().unwrap_or_default();
    let place = words.next().unwrap_or_default();
    let (namespace, name) = place.split_once('/').unwrap_or(("", place));
    let mut labels = json!({ "kubernetes.io/bootstrapping": "rbac-defaults" });
    for (key, value) in words.filter_map(|word| word.split_once('=')) {
        labels[key] = value.into();
    }
    let mut metadata = json!({
        "name": name,
        "labels": labels,
        "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
    });
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    let object = json!({ "kind": kind, "apiVersion": format!("{GROUP}/v1"), "metadata": metadata });
    let plural = match kind {
        "ClusterRole" => "clusterroles",
        "ClusterRoleBinding" => "clusterrolebindings",
        "Role" => "roles",
        _ => "rolebindings",
    };
    Default { plural, namespace: namespace.into(), name: name.into(), object }
}

fn add(object: &mut Value, detail: &str) {
    let words: Vec<&str> = detail.split(' ').collect();
    match words.as_slice() {
        ["rule", verbs, groups, resources, names] => {
            let mut rule = json!({ "verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources) });
            if *names != "-" {
                rule["resourceNames"] = list(names).into();
            }
            push(object, "rules", rule);
        }
        ["path", verbs, paths] => {
            push(object, "rules", json!({ "verbs": list(verbs), "nonResourceURLs": list(paths) }));
        }
        ["to", "ServiceAccount", name, namespace] => {
            push(object, "subjects", json!({ "kind": "ServiceAccount", "name": name, "namespace": namespace }));
        }
        ["to", kind, name] => push(object, "subjects", json!({ "kind": kind, "apiGroup": GROUP, "name": name })),
        ["of", kind, name] => object["roleRef"] = json!({ "apiGroup": GROUP, "kind": kind, "name": name }),
        ["aggregate", label] => {
            let selector = json!({ "matchLabels": { *label: "true" } });
            object["aggregationRule"] = json!({ "clusterRoleSelectors": [selector] });
        }
        _ => {}
    }
}

fn list(words: &str) -> Vec<&str> {
    let words = words.split(',').filter(|word| *word != "-");
    words.map(|word| if word == "\"\"" { "" } else { word }).collect()
}

fn push(object: &mut Value, key: &str, entry: Value) {
    match &mut object[key] {
        Value::Array(list) => list.push(entry),
        absent => *absent = json!([entry]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_understood() {
        for line in TABLE.lines().filter(|line| line.starts_with(' ')) {
            let mut object = json!({});
            add(&mut object, line.trim());
            assert_ne!(object, json!({}), "{line}");
        }
    }

    #[test]
    fn every_binding_names_a_role_of_the_table() {
        let all = objects();
        for binding in all.iter().filter(|entry| entry.object["roleRef"].is_object()) {
            let reference = &binding.object["roleRef"];
            let role = all.iter().find(|role| {
                role.object["kind"] == reference["kind"]
                    && role.name == reference["name"]
                    && (role.namespace.is_empty() || role.namespace == binding.namespace)
            });
            assert!(role.is_some(), "{}", binding.name);
        }
    }
}
