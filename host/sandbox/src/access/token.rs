//! Service account tokens: issued by `serviceaccounts/token`, believed in requests and in TokenReviews.

use http::StatusCode;
use serde_json::{Value, json};

use super::claims::{Bound, Claims, ISSUER};
use super::user::User;
use crate::api::{Api, Call, Reply};
use crate::catalog::shelf_of;
use crate::error::{ApiError, Cause, Reason, Subject};
use crate::object::{self, Object};
use crate::store::{Key, Name};
use crate::verbs::decode;

const HOUR: i64 = 3600;
const TEN_MINUTES: i64 = 600;

/// Answers a TokenRequest.
///
/// # Errors
/// The account or what the token is bound to is not there; times that are too short or too long.
pub fn issue(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let mut request: Value = decode::loose(call)?;
    let stored = api.store.get(&call.key()).ok_or_else(|| call.not_found())?;
    let account = object::parse(&stored.body).map_err(|error| ApiError::internal(error.to_string()))?;
    let seconds = request["spec"]["expirationSeconds"].as_i64().unwrap_or(HOUR);
    check_time(seconds)?;
    let bound = bound(api, call, &request["spec"]["boundObjectRef"])?;
    let audiences = audiences(&request["spec"]["audiences"]);
    let now = jiff::Timestamp::now();
    let claims = Claims {
        namespace: call.target.namespace.clone(),
        name: call.target.name.clone(),
        uid: object::uid(&account).into(),
        audiences: audiences.clone(),
        issued: now.as_second(),
        expires: now.as_second() + seconds,
        id: uuid::Uuid::new_v4().to_string(),
        bound,
    };
    let token = api.access.signer.sign(&claims.json()).map_err(|error| ApiError::internal(error.to_string()))?;
    request["kind"] = "TokenRequest".into();
    request["apiVersion"] = "authentication.k8s.io/v1".into();
    request["metadata"] = json!({
        "name": call.target.name,
        "namespace": call.target.namespace,
        "uid": object::uid(&account),
        "creationTimestamp": object::now(),
    });
    request["spec"]["audiences"] = audiences.into();
    request["spec"]["expirationSeconds"] = seconds.into();
    if request["spec"].get("boundObjectRef").is_none() {
        request["spec"]["boundObjectRef"] = Value::Null;
    }
    let end = now + jiff::SignedDuration::from_secs(seconds);
    request["status"] =
        json!({ "token": token, "expirationTimestamp": end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() });
    Ok(Reply::json(StatusCode::CREATED, request.to_string().into_bytes()))
}

fn check_time(seconds: i64) -> Result<(), ApiError> {
    let detail = match seconds {
        ..TEN_MINUTES => "may not specify a duration less than 10 minutes",
        4_294_967_297.. => "may not specify a duration larger than 2^32 seconds",
        _ => return Ok(()),
    };
    let cause = Cause::invalid("spec.expirationSeconds", &seconds.into(), detail);
    let subject = Subject { group: "authentication.k8s.io", resource: "TokenRequest", name: "" };
    Err(ApiError::invalid(subject, vec![cause]))
}

fn audiences(asked: &Value) -> Vec<String> {
    let asked: Vec<String> =
        asked.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    if asked.is_empty() { vec![ISSUER.into()] } else { asked }
}

/// The object a token is to be bound to; it has to be there, with the uid that is asked for.
fn bound(api: &Api, call: &Call, reference: &Value) -> Result<Option<Bound>, ApiError> {
    if reference.is_null() {
        return Ok(None);
    }
    let text = |key: &str| reference[key].as_str().unwrap_or_default();
    let (kind, name) = (text("kind"), text("name"));
    let Some(key) = bound_key(&kind.to_lowercase(), &call.target.namespace, name) else {
        let version = text("apiVersion");
        let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        return Err(ApiError::bad_request(format!("cannot bind token to object of type {version}, Kind={kind}")));
    };
    let subject = Subject { group: "", resource: key.shelf.as_str(), name };
    let uid = uid_at(api, &key).ok_or_else(|| ApiError::not_found(subject))?;
    if !text("uid").is_empty() && text("uid") != uid {
        let detail = format!(
            "the UID in the bound object reference ({}) does not match the UID in record. The object might have been deleted and then recreated",
            text("uid")
        );
        return Err(ApiError::conflict(subject, &detail));
    }
    Ok(Some(Bound { kind: kind.to_lowercase(), name: name.into(), uid }))
}

fn bound_key(kind: &str, namespace: &str, name: &str) -> Option<Key> {
    let (plural, namespace) = match kind {
        "pod" => ("pods", namespace),
        "secret" => ("secrets", namespace),
        "node" => ("nodes", ""),
        _ => return None,
    };
    Some(Key { shelf: shelf_of("", plural), name: Name::new(namespace, name) })
}

fn uid_at(api: &Api, key: &Key) -> Option<String> {
    let stored = api.store.get(key)?;
    object::parse(&stored.body).ok().map(|object| object::uid(&object).to_owned())
}

/// The user a token stands for.
///
/// # Errors
/// Why it is not believed; never what it holds.
pub fn user(api: &Api, token: &str, wanted: &[String]) -> Result<(User, Vec<String>), String> {
    let claims = api.access.signer.verify(token).as_ref().and_then(Claims::read).ok_or("invalid bearer token")?;
    let here = [ISSUER.to_owned()];
    let wanted = if wanted.is_empty() { &here } else { wanted };
    if let Some(reason) = claims.refuse(jiff::Timestamp::now().as_second(), wanted) {
        return Err(reason);
    }
    let key = Key { shelf: shelf_of("", "serviceaccounts"), name: Name::new(&claims.namespace, &claims.name) };
    match uid_at(api, &key) {
        None => return Err("service account token has been invalidated".into()),
        Some(uid) if uid != claims.uid => {
            return Err(format!("service account UID ({uid}) does not match claim ({})", claims.uid));
        }
        Some(_) => {}
    }
    let mut user = User::service_account(&claims.namespace, &claims.name, &claims.uid);
    user.extra.insert("authentication.kubernetes.io/credential-id".into(), vec![format!("JTI={}", claims.id)]);
    if let Some(bound) = &claims.bound {
        let alive = bound_key(&bound.kind, &claims.namespace, &bound.name).and_then(|key| uid_at(api, &key));
        if alive.as_ref() != Some(&bound.uid) {
            return Err("service account token has been invalidated".into());
        }
        if bound.kind != "secret" {
            let mut tell = |what: &str, value: &str| {
                user.extra.insert(format!("authentication.kubernetes.io/{}-{what}", bound.kind), vec![value.into()])
            };
            tell("name", &bound.name);
            tell("uid", &bound.uid);
        }
    }
    let audiences = claims.audiences.into_iter().filter(|audience| wanted.contains(audience)).collect();
    Ok((user, audiences))
}

/// The status of a TokenReview.
///
/// # Errors
/// No token to review.
pub fn review(api: &Api, review: &Object) -> Result<Value, ApiError> {
    let spec = object::child(review, "spec");
    let token = object::text(spec, "token");
    if token.is_empty() {
        return Err(ApiError::new(Reason::BadRequest, "token is required for TokenReview in authentication"));
    }
    let wanted: Vec<String> = spec.get("audiences").map(strings).unwrap_or_default();
    let found = if same(token, &api.access.admin_token) {
        let audiences = if wanted.is_empty() { vec![ISSUER.into()] } else { wanted };
        Ok((User::admin(), audiences))
    } else {
        user(api, token, &wanted)
    };
    Ok(match found {
        Ok((user, audiences)) => json!({ "authenticated": true, "user": user.info(), "audiences": audiences }),
        Err(reason) => json!({ "user": {}, "error": reason }),
    })
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Compared in full whatever differs, so that time tells nothing.
pub fn same(given: &str, wanted: &str) -> bool {
    given.len() == wanted.len()
        && given.bytes().zip(wanted.bytes()).fold(0, |differs, (one, two)| differs | (one ^ two)) == 0
}

/// `/.well-known/openid-configuration`.
pub fn issuer(address: &str) -> Value {
    json!({
        "issuer": ISSUER,
        "jwks_uri": format!("https://{address}/openid/v1/jwks"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    })
}
