//! The secret of this installation that all random values and keys of generators come out of. It is made once, read at
//! each start, and never written anywhere else: whoever has it can compute every password that a chart has generated.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, PostParams},
};
use serde_json::json;
use windlass_runtime::Seed;

/// The Secret in the control plane's namespace. Without it, everything that was generated is generated anew.
const NAME: &str = "windlass-entropy";
const KEY: &str = "seed";
const LENGTH: usize = 32;

/// Why there is no seed; the text names the Secret and never shows what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SeedError {
    #[error("Secret {NAME} cannot be read or made: {0}")]
    Api(#[from] kube::Error),
    #[error("Secret {NAME} has no key `{KEY}` with at least {LENGTH} bytes; delete it to have a new one made")]
    Unusable,
    #[error("the machine has no randomness to give: {0}")]
    Randomness(getrandom::Error),
}

/// Reads the seed, and makes one where there is none yet.
pub(crate) async fn ensure(client: &Client, namespace: &str) -> Result<Seed, SeedError> {
    let secrets: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &secret_kind());
    if let Some(secret) = secrets.get_opt(NAME).await? {
        return read(&secret);
    }
    match secrets.create(&PostParams::default(), &fresh()?).await {
        Ok(secret) => read(&secret),
        // Somebody else was faster; theirs counts.
        Err(kube::Error::Api(status)) if status.code == 409 => read(&secrets.get(NAME).await?),
        Err(error) => Err(error.into()),
    }
}

fn secret_kind() -> ApiResource {
    ApiResource {
        group: String::new(),
        version: "v1".into(),
        api_version: "v1".into(),
        kind: "Secret".into(),
        plural: "secrets".into(),
    }
}

fn fresh() -> Result<DynamicObject, SeedError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(SeedError::Randomness)?;
    let data = json!({ "type": "Opaque", "data": { KEY: STANDARD.encode(bytes) } });
    Ok(DynamicObject::new(NAME, &secret_kind()).data(data))
}

fn read(secret: &DynamicObject) -> Result<Seed, SeedError> {
    let text = secret.data["data"][KEY].as_str().ok_or(SeedError::Unusable)?;
    let bytes = STANDARD.decode(text).map_err(|_| SeedError::Unusable)?;
    if bytes.len() < LENGTH { Err(SeedError::Unusable) } else { Ok(Seed::new(&bytes)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_made_is_read_and_a_short_one_is_refused_without_being_shown() {
        let secret = fresh().unwrap();
        assert_eq!(read(&secret).unwrap(), read(&secret).unwrap());
        assert_ne!(read(&secret).unwrap(), read(&fresh().unwrap()).unwrap());
        let short = DynamicObject::new(NAME, &secret_kind()).data(json!({ "data": { KEY: "aHVudGVyMg==" } }));
        let error = read(&short).unwrap_err().to_string();
        assert!(error.contains(NAME) && !error.contains("hunter2") && !error.contains("aHVudGVyMg"), "{error}");
    }
}
