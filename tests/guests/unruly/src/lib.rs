//! A transformer that misbehaves in the way its setting `do` names.

use std::hint::black_box;

use serde_json::json;
use windlass_sdk::{
    Failure,
    transformer::{Finding, FindingSeverity, ResourceList, Transformer},
};

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Deed {
    Trap,
    Loop,
    Flood,
    Duplicate,
    Nameless,
    Refuse,
    Complain,
    Warn,
    Empty,
    Rename,
    Generate,
}

struct Unruly;

windlass_sdk::export_transformer!(Unruly);

impl Transformer for Unruly {
    fn transform(list: &mut ResourceList) -> Result<(), Failure> {
        match list.config("/do")? {
            Deed::Trap => panic!("the mast is down"),
            Deed::Loop => loop {
                black_box(());
            },
            Deed::Flood => list.items = vec![json!({}); 10_001],
            Deed::Duplicate => list.items.extend(list.items.clone()),
            Deed::Nameless => list.items.push(json!({ "kind": "ConfigMap" })),
            Deed::Refuse => return Err(Failure::Unsupported("this is not done here".into())),
            Deed::Complain => {
                list.results.push(Finding { severity: FindingSeverity::Error, message: "too few replicas".into() });
            }
            Deed::Warn => list.warn("old"),
            Deed::Empty => list.items.clear(),
            Deed::Rename => {
                for object in &mut list.items {
                    object["metadata"]["name"] = json!("renamed");
                }
            }
            Deed::Generate => list.items.push(generated()),
        }
        Ok(())
    }
}

fn generated() -> serde_json::Value {
    let annotations = json!({ "kustomize.config.k8s.io/needs-hash": "true" });
    let metadata = json!({ "name": "made", "annotations": annotations });
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "a": "b" } })
}
