//! Two conversations with a Git server: list references, fetch one commit. Protocol version 2 over HTTP.

use std::{error::Error as StdError, num::NonZeroU32, path::Path, sync::Arc, sync::atomic::AtomicBool};

use gix::{
    ObjectId,
    odb::pack,
    progress::Discard,
    protocol::{
        Handshake, LsRefsCommand,
        fetch::{self, Arguments, Shallow, negotiate},
        handshake::Ref,
        ls_refs::RefPrefixes,
        transport::{Service, client::Account},
    },
};

use crate::{
    Credentials, Error, Limits, Login, RepoUrl,
    revision::RefList,
    transport::{self, Meter, Overrun, Transport},
};

/// A server's address and what to present to it.
pub(crate) struct Remote {
    pub(crate) url: RepoUrl,
    /// The address without user name and password.
    pub(crate) address: String,
    pub(crate) credentials: Credentials,
    pub(crate) limits: Limits,
}

/// What to fetch into a bare repository.
pub(crate) struct Fetch<'a> {
    pub(crate) repository: &'a gix::Repository,
    pub(crate) wants: &'a [ObjectId],
    /// Commits that are here with all their files.
    pub(crate) haves: &'a [ObjectId],
    /// Commits of history to take along, `None` for all.
    pub(crate) depth: Option<NonZeroU32>,
}

/// What a connection is for.
#[derive(Clone, Copy)]
enum Errand<'a> {
    List,
    Fetch(&'a [ObjectId]),
}

impl Errand<'_> {
    fn what(self) -> &'static str {
        match self {
            Self::List => "listing its references",
            Self::Fetch(_) => "fetching it",
        }
    }

    fn byte_setting(self) -> &'static str {
        match self {
            Self::List => "list_bytes",
            Self::Fetch(_) => "fetch_bytes",
        }
    }

    fn time_setting(self) -> &'static str {
        match self {
            Self::List => "list_time",
            Self::Fetch(_) => "fetch_time",
        }
    }
}

impl Remote {
    /// Lists the references that begin with one of the prefixes, annotated tags peeled.
    pub(crate) fn list(&self, prefixes: &[&str]) -> Result<RefList, Error> {
        let meter = Meter::new(self.limits.list_bytes, self.limits.list_time);
        let listed = self.connect(&meter).and_then(|(mut transport, handshake)| {
            if let Some(refs) = handshake.refs {
                return Ok(refs);
            }
            let mut wanted = RefPrefixes::new();
            wanted.extend(prefixes.iter().map(|prefix| (*prefix).into()));
            LsRefsCommand::new(Some(wanted), &handshake.capabilities, agent()).invoke_blocking(
                &mut transport,
                &mut Discard,
                false,
            )
        });
        tracing::debug!(url = %self.url, bytes = meter.received(), "listed references");
        listed.map(collect).map_err(|error| self.explain(&error, &meter, Errand::List))
    }

    /// Fetches into the repository's object database. No reference is written.
    pub(crate) fn fetch(&self, fetch: &Fetch<'_>) -> Result<(), Error> {
        let meter = Meter::new(self.limits.fetch_bytes, self.limits.fetch_time);
        let fetched = self.connect(&meter).and_then(|(transport, handshake)| receive(transport, handshake, fetch));
        tracing::debug!(url = %self.url, bytes = meter.received(), "fetched");
        fetched.map_err(|error| self.explain(&error, &meter, Errand::Fetch(fetch.wants)))
    }

    fn login(&self) -> &Login {
        match &self.credentials.login {
            Login::Anonymous => self.url.login(),
            login => login,
        }
    }

    fn connect(&self, meter: &Arc<Meter>) -> gix::Result<(Transport, Handshake)> {
        let login = self.login();
        let mut transport = transport::connect(&self.address, login, &self.credentials, meter)?;
        let authenticate = |action| Ok(answer(action, transport::account(&self.address, login)));
        let handshake =
            gix::protocol::handshake(&mut transport, Service::UploadPack, authenticate, Vec::new(), &mut Discard)?;
        Ok((transport, handshake))
    }

    fn explain(&self, error: &gix::Error, meter: &Meter, errand: Errand<'_>) -> Error {
        let url = self.url.to_string();
        let what = errand.what();
        let timed_out =
            || Error::Timeout { url: url.clone(), what, limit: meter.time_limit, setting: errand.time_setting() };
        match meter.overrun() {
            Some(Overrun::Time) => return timed_out(),
            Some(Overrun::Bytes) => {
                return Error::TooLarge { url, what, limit: meter.byte_limit, setting: errand.byte_setting() };
            }
            None => {}
        }
        if error.is_unauthenticated() {
            return Error::AuthenticationFailed { url, hint: self.login_hint() };
        }
        match http_answer(error) {
            Some(HttpAnswer::TimedOut) => timed_out(),
            Some(HttpAnswer::Status(401 | 403)) => Error::AuthenticationFailed { url, hint: self.login_hint() },
            Some(HttpAnswer::Status(404)) => {
                let reason = "the server knows no such repository, or does not show it to this login".to_owned();
                Error::NotARepository { url, reason }
            }
            _ if error.is_unsupported() => {
                Error::NotARepository { url, reason: "the server does not answer as a Git server".to_owned() }
            }
            _ => self.explain_text(reason(error), errand),
        }
    }

    /// A commit that it lacks a server reports in words.
    fn explain_text(&self, reason: String, errand: Errand<'_>) -> Error {
        let url = self.url.to_string();
        match errand {
            Errand::Fetch([commit, ..]) if reason.contains("not our ref") => Error::RevisionNotFound {
                url,
                revision: commit.to_string(),
                hint: "the server does not have the commit, or does not give it away".to_owned(),
            },
            Errand::Fetch(_) | Errand::List => Error::RepositoryUnreachable { url, reason },
        }
    }

    fn login_hint(&self) -> String {
        match self.login() {
            Login::Anonymous => "the server asks for a login; add a repository Secret for this URL".to_owned(),
            Login::Basic { .. } | Login::Bearer(_) => {
                "the server refused the login; check the repository Secret for this URL".to_owned()
            }
            Login::Unsupported(field) => format!("the repository Secret's {field} is not supported yet"),
        }
    }
}

fn agent() -> (&'static str, Option<String>) {
    ("agent", Some(concat!("git/windlass-", env!("CARGO_PKG_VERSION")).into()))
}

fn answer(
    action: gix::credentials::helper::Action,
    account: Option<Account>,
) -> Option<gix::credentials::protocol::Outcome> {
    let gix::credentials::helper::Action::Get(context) = action else { return None };
    Some(gix::credentials::protocol::Outcome { identity: account?, next: context.into() })
}

fn collect(refs: Vec<Ref>) -> RefList {
    let mut list = RefList::default();
    for reference in refs {
        let (name, _, peeled) = reference.unpack();
        let Some(id) = peeled.map(|id| id.to_owned()).or_else(|| direct_id(&reference)) else { continue };
        if name == "HEAD" {
            list.head = Some(id);
        } else {
            list.refs.insert(name.to_string(), id);
        }
    }
    list
}

/// The commit that a reference leads to.
fn direct_id(reference: &Ref) -> Option<ObjectId> {
    match reference {
        Ref::Peeled { object, .. } | Ref::Direct { object, .. } | Ref::Symbolic { object, .. } => Some(*object),
        Ref::Unborn { .. } => None,
    }
}

fn receive(mut transport: Transport, mut handshake: Handshake, fetch: &Fetch<'_>) -> gix::Result<()> {
    let repository = fetch.repository;
    let shallow_file = repository.shallow_file()?;
    let packs = repository.objects.store_ref().path().join("pack");
    let mut want = Want { ids: fetch.wants, haves: fetch.haves };
    let shallow = Shallow::DepthAtRemote(fetch.depth.unwrap_or(EVERYTHING));
    let bases = repository.objects.clone();
    gix::protocol::fetch(
        &mut want,
        |pack, progress, interrupt| {
            write_pack(pack, &packs, bases, progress, interrupt)?;
            Ok(true)
        },
        Discard,
        &AtomicBool::new(false),
        fetch::Context {
            handshake: &mut handshake,
            transport: &mut transport,
            user_agent: agent(),
            trace_packetlines: false,
        },
        fetch::Options { shallow_file, shallow: &shallow, tags: fetch::Tags::None, reject_shallow_remote: false },
    )?;
    Ok(())
}

/// The depth at which Git servers send the whole history.
const EVERYTHING: NonZeroU32 = NonZeroU32::new(i32::MAX as u32).expect("not zero");

fn write_pack(
    pack: &mut dyn std::io::BufRead,
    folder: &Path,
    bases: gix::OdbHandle,
    progress: &mut dyn gix::DynNestedProgress,
    interrupt: &AtomicBool,
) -> gix::Result<()> {
    let options = pack::bundle::write::Options::default();
    let hash = gix::hash::Kind::Sha1;
    let written =
        pack::Bundle::write_to_directory(pack, Some(folder), progress, interrupt, Some(bases), hash, options)?;
    // The marker keeps `git gc` away until a reference is written; nothing collects here.
    if let Some(marker) = written.keep_path {
        std::fs::remove_file(marker).map_err(gix::Error::from_error)?;
    }
    Ok(())
}

/// A negotiation of one round: these commits are wanted, those are here.
struct Want<'a> {
    ids: &'a [ObjectId],
    haves: &'a [ObjectId],
}

impl fetch::Negotiate for Want<'_> {
    fn mark_complete_and_common_ref(&mut self) -> gix::Result<negotiate::Action> {
        Ok(negotiate::Action::MustNegotiate { remote_ref_target_known: Vec::new() })
    }

    fn add_wants(&mut self, arguments: &mut Arguments, _known: &[bool]) -> bool {
        self.ids.iter().for_each(|id| arguments.want(id));
        !self.ids.is_empty()
    }

    fn one_round(
        &mut self,
        _state: &mut negotiate::one_round::State,
        arguments: &mut Arguments,
        _previous: Option<&fetch::Response>,
    ) -> gix::Result<(negotiate::Round, bool)> {
        self.haves.iter().for_each(|id| arguments.have(id));
        let sent = self.haves.len();
        let round = negotiate::Round {
            haves_sent: sent,
            in_vain: 0,
            haves_to_send: sent,
            previous_response_had_at_least_one_in_common: false,
        };
        Ok((round, true))
    }
}

/// What the HTTP layer reported.
enum HttpAnswer {
    Status(u16),
    TimedOut,
}

fn http_answer(error: &gix::Error) -> Option<HttpAnswer> {
    causes(error).into_iter().find_map(|cause| {
        let error = cause.downcast_ref::<reqwest::Error>()?;
        let status = error.status().map(|status| HttpAnswer::Status(status.as_u16()));
        status.or_else(|| error.is_timeout().then_some(HttpAnswer::TimedOut))
    })
}

/// The chain of messages, outermost first, without repetitions.
fn reason(error: &gix::Error) -> String {
    let mut messages: Vec<String> = Vec::new();
    for cause in causes(error) {
        let message = cause.to_string();
        if !messages.iter().any(|known| known.contains(&message)) {
            messages.push(message);
        }
    }
    messages.join(": ")
}

/// Every error below `error`; looks into `io::Error`, whose `source` skips the error that it wraps.
fn causes(error: &gix::Error) -> Vec<&(dyn StdError + 'static)> {
    let mut found = Vec::new();
    let mut pending: Vec<&(dyn StdError + 'static)> = error.iter_errors().collect();
    pending.reverse();
    while let Some(cause) = pending.pop() {
        if found.len() >= 64 {
            break;
        }
        found.push(cause);
        if let Some(nested) = cause.downcast_ref::<gix::Error>() {
            pending.extend(nested.iter_errors().filter(|error| !error.is::<gix::Error>()));
        }
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match wrapped {
            Some(wrapped) => pending.push(wrapped),
            None => pending.extend(cause.source()),
        }
    }
    found
}
