//! What a service account token says, and when it is believed.

use serde_json::{Value, json};

/// The one audience and issuer of this server.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// An object that has to live for the token to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// `pod`, `secret` or `node`.
    pub kind: String,
    pub name: String,
    pub uid: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub audiences: Vec<String>,
    pub issued: i64,
    pub expires: i64,
    pub id: String,
    pub bound: Option<Bound>,
}

impl Claims {
    pub fn json(&self) -> Value {
        let mut own = json!({
            "namespace": self.namespace,
            "serviceaccount": { "name": self.name, "uid": self.uid },
        });
        if let Some(bound) = &self.bound {
            own[&bound.kind] = json!({ "name": bound.name, "uid": bound.uid });
        }
        json!({
            "aud": self.audiences,
            "exp": self.expires,
            "iat": self.issued,
            "iss": ISSUER,
            "jti": self.id,
            "kubernetes.io": own,
            "nbf": self.issued,
            "sub": super::user::service_account_name(&self.namespace, &self.name),
        })
    }

    pub fn read(claims: &Value) -> Option<Self> {
        if claims["iss"] != ISSUER {
            return None;
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let own = &claims["kubernetes.io"];
        let bound = ["pod", "secret", "node"].iter().find_map(|kind| {
            Some(Bound { kind: (*kind).into(), name: text(&own[*kind]["name"])?, uid: text(&own[*kind]["uid"])? })
        });
        Some(Claims {
            namespace: text(&own["namespace"])?,
            name: text(&own["serviceaccount"]["name"])?,
            uid: text(&own["serviceaccount"]["uid"])?,
            audiences: claims["aud"].as_array()?.iter().filter_map(text).collect(),
            issued: claims["nbf"].as_i64()?,
            expires: claims["exp"].as_i64()?,
            id: text(&claims["jti"]).unwrap_or_default(),
            bound,
        })
    }

    /// Why the token does not hold at this second for any of these audiences.
    pub fn refuse(&self, now: i64, audiences: &[String]) -> Option<String> {
        if now >= self.expires {
            return Some("[invalid bearer token, service account token has expired]".into());
        }
        if now < self.issued {
            return Some("[invalid bearer token, service account token is not valid yet]".into());
        }
        if !self.audiences.iter().any(|audience| audiences.contains(audience)) {
            let (found, wanted) = (quoted(&self.audiences), quoted(audiences));
            return Some(format!(
                "[invalid bearer token, token audiences {found} is invalid for the target audiences {wanted}]"
            ));
        }
        None
    }
}

fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_read_back_equal_and_hold_within_their_time_and_audience() {
        let claims = Claims {
            namespace: "a".into(),
            name: "b".into(),
            uid: "u".into(),
            audiences: vec![ISSUER.into()],
            issued: 100,
            expires: 200,
            id: "one".into(),
            bound: Some(Bound { kind: "pod".into(), name: "p".into(), uid: "v".into() }),
        };
        assert_eq!(Claims::read(&claims.json()), Some(claims.clone()));
        let here = [ISSUER.to_owned()];
        assert_eq!(claims.refuse(150, &here), None);
        assert!(claims.refuse(99, &here).is_some());
        assert!(claims.refuse(200, &here).is_some());
        assert!(claims.refuse(150, &["elsewhere".to_owned()]).is_some());
    }
}
