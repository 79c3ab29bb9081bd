//! Reviews, which are answered and not kept: who am I, may I, whose token is this.
//!
//! Whoever holds the server's token may do everything.

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::{Api, Call, Reply, Verb};
use crate::error::ApiError;
use crate::object;

pub fn answer(_api: &Api, call: &Call) -> Result<Reply, ApiError> {
    if call.verb != Verb::Create {
        return Err(ApiError::method_not_allowed());
    }
    let mut review = super::decode::whole(call)?.object;
    let status = match call.resource.kind.as_str() {
        "SelfSubjectReview" => json!({ "userInfo": user_info(call) }),
        "SelfSubjectRulesReview" => json!({
            "resourceRules": [{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }],
            "nonResourceRules": [{ "verbs": ["*"], "nonResourceURLs": ["*"] }],
            "incomplete": false,
        }),
        "TokenReview" => json!({ "authenticated": false, "user": {} }),
        _ => json!({ "allowed": true, "reason": "every authenticated client of this server may do everything" }),
    };
    review.insert("status".into(), status);
    object::metadata_mut(&mut review).insert("creationTimestamp".into(), Value::Null);
    Ok(Reply::json(StatusCode::CREATED, object::render(&review)))
}

fn user_info(call: &Call) -> Value {
    json!({ "username": call.user, "groups": ["system:masters", "system:authenticated"] })
}

/// `serviceaccounts/token`: a token of the right shape; this server's own tokens are the only ones it trusts.
pub fn service_account_token(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    const HOUR: i64 = 3600;

    let mut request: Value = super::decode::loose(call)?;
    api.store.get(&call.key()).ok_or_else(|| call.not_found())?;
    let seconds = request["spec"]["expirationSeconds"].as_i64().unwrap_or(HOUR);
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds.clamp(600, 1 << 32));
    let subject = format!("system:serviceaccount:{}:{}", call.target.namespace, call.target.name);
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({ "alg": "none", "typ": "JWT" }));
    let claims = part(json!({ "sub": subject, "exp": end.as_second(), "iss": "windlass-sandbox" }));
    request["kind"] = "TokenRequest".into();
    request["apiVersion"] = "authentication.k8s.io/v1".into();
    request["metadata"] = json!({ "name": call.target.name, "namespace": call.target.namespace });
    request["status"] = json!({
        "token": format!("{head}.{claims}."),
        "expirationTimestamp": end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    Ok(Reply::json(StatusCode::CREATED, request.to_string().into_bytes()))
}
