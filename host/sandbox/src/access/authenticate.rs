//! Who asks: by client certificate, by bearer token, or nobody.

use http::header::{AUTHORIZATION, HeaderMap};

use super::user::User;
use super::{impersonate, refusal, token};
use crate::api::Api;
use crate::error::ApiError;

/// What is known of a client before it says anything.
#[derive(Clone, Debug)]
pub enum Peer {
    /// A client in the same process, which holds the server anyway.
    InProcess,
    /// A connection without a certificate.
    Remote,
    /// A connection with a certificate that this server's authority signed.
    Certified(User),
    /// A connection with a certificate of someone else.
    Stranger,
}

/// The user a request acts as, after impersonation.
///
/// # Errors
/// Credentials that are not ours; impersonation that is not allowed.
pub fn identify(api: &Api, headers: &HeaderMap, peer: &Peer) -> Result<User, ApiError> {
    let user = authenticate(api, headers, peer)?;
    match impersonate::asked(headers)? {
        Some(wanted) => impersonate::become_other(api, &user, wanted),
        None => Ok(user),
    }
}

fn authenticate(api: &Api, headers: &HeaderMap, peer: &Peer) -> Result<User, ApiError> {
    if let Peer::Certified(user) = peer {
        return Ok(user.clone());
    }
    if let Some(given) = bearer(headers) {
        if token::same(given, &api.access.admin_token) {
            return Ok(User::admin());
        }
        return token::user(api, given, &[]).map(|(user, _)| user).map_err(|reason| {
            tracing::debug!(reason, "a token was refused");
            refusal::unauthorized()
        });
    }
    match peer {
        Peer::InProcess => Ok(User::admin()),
        Peer::Stranger => Err(refusal::unauthorized()),
        Peer::Remote | Peer::Certified(_) => Ok(User::anonymous()),
    }
}

/// The token of an `Authorization` header; other schemes say nothing to this server.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
