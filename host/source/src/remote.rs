//! Two conversations with a Git server: list references, fetch one commit. Protocol version 2 over HTTP.

use std::{
    num::NonZeroU32,
    sync::{Arc, atomic::AtomicBool},
};

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
    explain::Errand,
    revision::RefList,
    transport::{self, Meter, Transport},
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
        let fetched = self
            .connect(&meter)
            .and_then(|(transport, handshake)| receive(transport, handshake, fetch, self.limits.object_bytes));
        tracing::debug!(url = %self.url, bytes = meter.received(), "fetched");
        fetched.map_err(|error| self.explain(&error, &meter, Errand::Fetch(fetch.wants)))
    }

    pub(crate) fn login(&self) -> &Login {
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

fn receive(
    mut transport: Transport,
    mut handshake: Handshake,
    fetch: &Fetch<'_>,
    object_limit: usize,
) -> gix::Result<()> {
    let repository = fetch.repository;
    let shallow_file = repository.shallow_file()?;
    let mut want = Want { ids: fetch.wants, haves: fetch.haves };
    let shallow = Shallow::DepthAtRemote(fetch.depth.unwrap_or(EVERYTHING));
    let bases = repository.objects.clone();
    gix::protocol::fetch(
        &mut want,
        |pack, progress, interrupt| {
            write_pack(pack, bases, object_limit, progress, interrupt)?;
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
    bases: gix::OdbHandle,
    object_limit: usize,
    progress: &mut dyn gix::DynNestedProgress,
    interrupt: &AtomicBool,
) -> gix::Result<()> {
    let folder = bases.store_ref().path().join("pack");
    let options = pack::bundle::write::Options {
        alloc_limit_bytes: Some(object_limit),
        ..pack::bundle::write::Options::default()
    };
    let hash = gix::hash::Kind::Sha1;
    let written =
        pack::Bundle::write_to_directory(pack, Some(&folder), progress, interrupt, Some(bases), hash, options)?;
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
