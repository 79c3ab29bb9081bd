//! Live objects, as the library asks for them, asked of the host.

use std::rc::Rc;

use serde_json::{Value, json};
use windlass_helm::{Lookup, LookupRequest};
use windlass_sdk::{Refusal, generator::cluster};

/// Where the cluster is not to be asked, nothing is there: what `helm template` says as well.
pub(crate) fn lookup() -> Rc<Lookup> {
    Rc::new(|request: &LookupRequest| {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let found = cluster::lookup(&cluster::Query {
            api_version: request.api_version.clone(),
            kind: request.kind.clone(),
            namespace: given(&request.namespace),
            name: given(&request.name),
            selector: String::new(),
        });
        match found {
            Ok(objects) => answer(request, &objects),
            Err(Refusal::Denied(_) | Refusal::NotFound) => Ok(None),
            Err(refusal) => Err(refusal.message()),
        }
    })
}

/// One object, or a list of what was found.
fn answer(request: &LookupRequest, objects: &[Vec<u8>]) -> Result<Option<Value>, String> {
    let objects = objects.iter().map(|object| serde_json::from_slice(object).map_err(|error| error.to_string()));
    let mut objects = objects.collect::<Result<Vec<Value>, _>>()?;
    if !request.name.is_empty() {
        return Ok(objects.pop());
    }
    let (api_version, kind) = (&request.api_version, format!("{}List", request.kind));
    Ok(Some(json!({ "apiVersion": api_version, "kind": kind, "metadata": {}, "items": objects })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str) -> LookupRequest {
        let text = str::to_owned;
        LookupRequest { api_version: text("v1"), kind: text("Pod"), namespace: text("ns"), name: text(name) }
    }

    #[test]
    fn a_name_asks_for_one_object_and_none_for_a_list() {
        let pod = br#"{"kind":"Pod"}"#.to_vec();
        assert_eq!(answer(&request("web"), std::slice::from_ref(&pod)).unwrap().unwrap()["kind"], "Pod");
        assert_eq!(answer(&request("web"), &[]), Ok(None));
        let list = answer(&request(""), &[pod]).unwrap().unwrap();
        assert_eq!((&list["kind"], list["items"].as_array().map(Vec::len)), (&json!("PodList"), Some(1)));
    }
}
