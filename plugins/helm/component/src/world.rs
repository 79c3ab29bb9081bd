//! What the library asks of the world, asked of the host: chance, keys, the time, live objects.

use std::rc::Rc;

use serde_json::{Value, json};
use windlass_helm::{Lookup, LookupRequest};
use windlass_keys::KeyKind;
use windlass_sdk::{
    Refusal,
    generator::{clock, cluster, entropy},
};
use windlass_sprig::Environment;

/// Sites are told apart by the release as well: two sources of one application may be the same chart.
pub(crate) fn environment(release: &str) -> Environment {
    let (of_bytes, of_keys) = (format!("{release} "), format!("{release} "));
    Environment {
        now: Box::new(|reading| {
            let now = clock::now(reading.granularity, reading.phase).map_err(|refusal| refusal.message())?;
            Ok((i64::try_from(now).unwrap_or(i64::MAX), 0))
        }),
        draw: Box::new(move |site, buffer| {
            let count = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
            let bytes = entropy::draw(&(of_bytes.clone() + site), count).map_err(|refusal| refusal.message())?;
            buffer.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            Ok(())
        }),
        make_key: Box::new(move |site, kind| {
            entropy::private_key(&(of_keys.clone() + site), key_kind(kind)).map_err(|refusal| refusal.message())
        }),
    }
}

fn key_kind(kind: KeyKind) -> entropy::KeyKind {
    match kind {
        KeyKind::Rsa2048 => entropy::KeyKind::Rsa2048,
        KeyKind::Rsa4096 => entropy::KeyKind::Rsa4096,
        KeyKind::Ecdsa => entropy::KeyKind::EcdsaP256,
        KeyKind::Ed25519 => entropy::KeyKind::Ed25519,
        KeyKind::Dsa => entropy::KeyKind::Dsa2048,
    }
}

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
