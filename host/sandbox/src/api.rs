//! The server's state and the two types that verbs work between: a call and its reply.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use http::StatusCode;

use crate::access::{Access, User};
use crate::catalog::{Catalog, Resource};
use crate::error::{ApiError, Reason, Subject};
use crate::faults::Affliction;
use crate::http::accept::Accept;
use crate::http::body::ReplyBody;
use crate::http::query::Query;
use crate::http::route::Target;
use crate::store::{CommitError, Key, Name, Store};

/// Everything requests share.
pub struct Api {
    pub store: Store,
    pub access: Access,
    catalog: RwLock<Arc<Catalog>>,
    /// Held while something is admitted to a namespace with quotas, and while one is counted.
    pub quotas: Mutex<()>,
    /// `host:port` as clients reach it.
    pub address: String,
}

impl Api {
    pub fn new(store: Store, access: Access, address: String) -> Self {
        Api { store, access, catalog: RwLock::new(Arc::new(Catalog::builtin())), quotas: Mutex::new(()), address }
    }

    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_catalog(&self, catalog: Catalog) {
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalog);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
        }
    }

    /// # Errors
    /// A method that no API path takes.
    pub fn of(method: &http::Method, target: &Target, watch: bool) -> Result<Self, ApiError> {
        let named = !target.name.is_empty();
        match method.as_str() {
            "GET" | "HEAD" if target.watched || (watch && !named) => Ok(Verb::Watch),
            "GET" | "HEAD" if named => Ok(Verb::Get),
            "GET" | "HEAD" => Ok(Verb::List),
            "POST" => Ok(Verb::Create),
            "PUT" if named => Ok(Verb::Update),
            "PATCH" if named => Ok(Verb::Patch),
            "DELETE" if named => Ok(Verb::Delete),
            "DELETE" => Ok(Verb::DeleteCollection),
            _ => Err(ApiError::method_not_allowed()),
        }
    }
}

/// A request, as far as it can be understood without its body.
pub struct Call {
    pub verb: Verb,
    pub resource: Arc<Resource>,
    pub target: Target,
    pub query: Query,
    pub accept: Accept,
    pub content_type: Option<String>,
    pub user: User,
    pub agent: String,
    pub body: Bytes,
    /// What is to go wrong with the watch, on purpose.
    pub affliction: Option<Affliction>,
}

impl Call {
    pub fn key(&self) -> Key {
        self.key_of(&self.target.name)
    }

    pub fn key_of(&self, name: &str) -> Key {
        Key { shelf: self.resource.shelf.clone(), name: Name::new(&self.target.namespace, name) }
    }

    /// The collection and object that errors name.
    pub fn subject<'a>(&'a self, name: &'a str) -> Subject<'a> {
        Subject { group: &self.resource.group, resource: &self.resource.plural, name }
    }

    /// The same for errors of validation, which name the kind.
    pub fn kind_subject<'a>(&'a self, name: &'a str) -> Subject<'a> {
        Subject { group: &self.resource.group, resource: &self.resource.kind, name }
    }

    pub fn not_found(&self) -> ApiError {
        ApiError::not_found(self.subject(&self.target.name))
    }

    /// The field manager of a write that is not an apply.
    pub fn manager(&self) -> String {
        match &self.query.field_manager {
            Some(manager) => manager.clone(),
            None => self.agent.split('/').next().unwrap_or_default().chars().take(128).collect(),
        }
    }
}

/// What is sent back.
pub struct Reply {
    pub code: StatusCode,
    pub media: &'static str,
    pub body: ReplyBody,
    pub warnings: Vec<String>,
}

pub const JSON: &str = "application/json";

impl Reply {
    pub fn json(code: StatusCode, body: impl Into<ReplyBody>) -> Self {
        Reply { code, media: JSON, body: body.into(), warnings: Vec::new() }
    }

    pub fn value(value: &serde_json::Value) -> Self {
        Self::json(StatusCode::OK, value.to_string().into_bytes())
    }

    pub fn text(text: &str) -> Self {
        Reply { media: "text/plain; charset=utf-8", ..Self::json(StatusCode::OK, text.as_bytes().to_vec()) }
    }

    pub fn warn(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}

/// A collision is for the caller to resolve; a failed log is the server's fault.
pub fn log_failure(error: CommitError) -> ApiError {
    tracing::error!(error = %error, "a write was refused by the data folder");
    ApiError::new(Reason::InternalError, "Internal error occurred: the write could not be stored")
}
