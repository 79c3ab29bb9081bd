//! Lists: selection, pages and the versions they are read at.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::present;
use crate::api::{Api, Call, Reply};
use crate::error::{ApiError, Cause, Reason};
use crate::fields;
use crate::http::query::VersionMatch;
use crate::selector::Selector;
use crate::store::{Name, Page, Range, Stored, TooOld};

/// A selected part of a collection.
pub struct Listed {
    pub items: Vec<(Name, Stored)>,
    pub version: u64,
    pub continue_token: String,
    /// Only known where nothing is filtered out.
    pub remaining: Option<usize>,
}

pub fn list(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    present::list(call, select(api, call)?)
}

/// What the selectors, the page and the version of the query choose.
///
/// # Errors
/// Bad selectors and tokens; a version that the window no longer reaches.
pub fn select(api: &Api, call: &Call) -> Result<Listed, ApiError> {
    let query = &call.query;
    let selector = Selector::parse(&call.resource, &query.label_selector, &query.field_selector)?;
    let token = Token::read(&query.continue_token)?;
    let at = read_version(api, call, token.as_ref())?;
    let namespace = Some(call.target.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let (mut at, mut after) = (at, token.map(|token| token.after));
    let mut listed = Listed { items: Vec::new(), version: 0, continue_token: String::new(), remaining: None };
    loop {
        let range = Range { namespace, after: after.as_ref(), limit: query.limit, at };
        let page = api.store.list(&call.resource.shelf, &range).map_err(expired_page)?;
        let Page { items, version, remaining } = page;
        (listed.version, at) = (version, Some(version));
        let last = items.last().map(|(name, _)| name.clone());
        listed.items.extend(items.into_iter().filter(|(_, stored)| selector.matches_bytes(&stored.body)));
        let full = query.limit > 0 && listed.items.len() >= query.limit;
        if remaining == 0 || full || last.is_none() {
            finish(&mut listed, query.limit, last, remaining, &selector);
            return Ok(listed);
        }
        after = last;
    }
}

fn finish(listed: &mut Listed, limit: usize, last: Option<Name>, left: usize, selector: &Selector) {
    let Some(last) = last.filter(|_| left > 0) else { return };
    // A filtered page may hold more than the limit: the surplus is read again on the next page.
    let surplus = listed.items.len().saturating_sub(limit);
    listed.items.truncate(limit);
    let after = match listed.items.last() {
        Some((name, _)) if surplus > 0 => name.clone(),
        _ => last,
    };
    listed.continue_token = Token { version: listed.version, after }.write();
    listed.remaining = selector.selects_all().then_some(left);
}

fn read_version(api: &Api, call: &Call, token: Option<&Token>) -> Result<Option<u64>, ApiError> {
    let query = &call.query;
    if let Some(token) = token {
        if !matches!(query.resource_version.as_str(), "" | "0") {
            return Err(ApiError::bad_request("specifying resource version is not allowed when using continue"));
        }
        return Ok(Some(token.version));
    }
    if query.resource_version.is_empty() {
        return Ok(None);
    }
    let wanted = parse_version(&query.resource_version)
        .map_err(|error| ApiError::bad_request(format!("invalid resource version: {error}")))?;
    let now = api.store.version();
    if wanted > now {
        return Err(too_large(wanted, now));
    }
    Ok((query.version_match == Some(VersionMatch::Exact)).then_some(wanted))
}

pub fn parse_version(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
        ))
    })
}

/// A version that a single object is wanted at or after: it is never old, but it may be in the future.
///
/// # Errors
/// Text that is no version, and versions that are not there yet.
pub fn check_version(api: &Api, text: &str) -> Result<(), ApiError> {
    if text.is_empty() {
        return Ok(());
    }
    let wanted = parse_version(text).map_err(|error| ApiError::new(Reason::Unknown, error.message))?;
    let now = api.store.version();
    if wanted > now { Err(too_large(wanted, now)) } else { Ok(()) }
}

fn too_large(wanted: u64, now: u64) -> ApiError {
    let message = format!("Timeout: Too large resource version: {wanted}, current: {now}");
    let cause =
        Cause { reason: "ResourceVersionTooLarge", message: "Too large resource version".into(), field: String::new() };
    ApiError::new(Reason::Timeout, message).with_causes(vec![cause]).retry_after(1)
}

fn expired_page(TooOld(_): TooOld) -> ApiError {
    ApiError::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter.",
    )
}

/// As Go reads it: what is left of the last letter counts for nothing.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// Where the next page starts, and at which version the first was read.
#[derive(Debug, PartialEq, Eq)]
struct Token {
    version: u64,
    after: Name,
}

impl Token {
    fn write(&self) -> String {
        let start = [&*self.after.namespace, &*self.after.name];
        URL_SAFE_NO_PAD.encode(json!({ "v": "meta.k8s.io/v1", "rv": self.version, "after": start }).to_string())
    }

    fn read(text: &str) -> Result<Option<Self>, ApiError> {
        if text.is_empty() {
            return Ok(None);
        }
        let refuse =
            |why: String| ApiError::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
        let bad = || refuse("unrecognized structure".into());
        let bytes = LENIENT.decode(text).map_err(|error| refuse(undecodable(&error)))?;
        let value = fields::json::read(&bytes).map_err(refuse)?.value;
        let part = |at: usize| value["after"].get(at).and_then(Value::as_str).ok_or_else(bad);
        let version = value["rv"].as_u64().ok_or_else(bad)?;
        Ok(Some(Token { version, after: Name::new(part(0)?, part(1)?) }))
    }
}

/// Why a token is not in its alphabet, in Go's words.
fn undecodable(error: &base64::DecodeError) -> String {
    let at = match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        base64::DecodeError::InvalidLength(length) => *length,
        base64::DecodeError::InvalidPadding => 0,
    };
    format!("illegal base64 data at input byte {at}")
}
