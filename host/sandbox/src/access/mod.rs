//! Who asks, and may they: authentication, RBAC, and the questions clients may ask about both.
//!
//! Everything that decides is a pure function of values (`rbac`, `escalation`, `claims`); `policy` reads the
//! roles out of the store, `authenticate` the request. What is refused is worded in `refusal`.

mod action;
mod authenticate;
mod certificate;
mod claims;
pub mod defaults;
mod escalation;
mod impersonate;
mod policy;
mod rbac;
mod refusal;
pub mod review;
mod rules_review;
mod signer;
pub mod token;
mod user;

use crate::api::{Api, Call};
use crate::error::ApiError;

pub use action::Action;
pub use authenticate::{Peer, identify};
pub use certificate::user_of;
pub use escalation::check as check_escalation;
pub use policy::Roles;
pub use signer::{Signer, SignerError};
pub use user::User;

/// What the server knows to decide about access.
pub struct Access {
    /// The token that may do everything.
    pub admin_token: String,
    pub signer: Signer,
    pub roles: Roles,
}

impl Access {
    pub fn new(admin_token: &str, signer: Signer) -> Self {
        Access { admin_token: admin_token.into(), signer, roles: Roles::default() }
    }
}

/// Lets the action pass, or refuses it in the words of the API server.
///
/// # Errors
/// No role allows it.
pub fn authorize(api: &Api, user: &User, action: &Action) -> Result<(), ApiError> {
    let verdict = decide(api, user, action);
    if verdict.allowed { Ok(()) } else { Err(refusal::forbidden(user, action, &verdict.reason)) }
}

/// Whether the user may, and why.
pub fn decide(api: &Api, user: &User, action: &Action) -> rbac::Verdict {
    if user.is_master() {
        return rbac::Verdict { allowed: true, reason: String::new() };
    }
    api.access.roles.policy(&api.store).decide(user, action)
}

/// A write to a name that is free makes the object, which takes leave of its own.
///
/// # Errors
/// The caller may not create.
pub fn authorize_create(api: &Api, call: &Call) -> Result<(), ApiError> {
    authorize(api, &call.user, &Action::of_target("create", &call.target))
}
