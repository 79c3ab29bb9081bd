//! The versions in which one object can be looked at: owners record fields in the version that they wrote.

use serde_json::Value;

use super::{Error, blank, without_managed_fields};
use crate::schema::TypeRef;
use crate::typed::{Duplicates, validate};
use crate::value::check_depth;

/// The object in another version with its type; `None` when that version is no longer served.
pub type Convert<'v, 's> = dyn Fn(&Value, &str) -> Result<Option<(TypeRef<'s>, Value)>, String> + 'v;

/// The version of the request, and the way to the others.
pub struct Versions<'v, 's> {
    pub api_version: &'v str,
    pub of: TypeRef<'s>,
    pub convert: &'v Convert<'v, 's>,
}

impl<'v, 's> Versions<'v, 's> {
    /// A kind that is served in this version only.
    pub fn only(api_version: &'v str, of: TypeRef<'s>) -> Self {
        Versions { api_version, of, convert: &|_, _| Ok(None) }
    }

    /// The object in this version; `None` when it is no longer served.
    pub(super) fn at(&self, object: &Typed<'s>, version: &str) -> Result<Option<Typed<'s>>, Error> {
        if object.version == version {
            return Ok(Some(object.clone()));
        }
        let failed = |reason| Error::Convert { version: version.to_owned(), reason };
        let Some((of, value)) = (self.convert)(&object.value, version).map_err(failed)? else { return Ok(None) };
        // Repeated items are tolerated in the version of the request only, as in the API server.
        validate(of, &value, Duplicates::Refused).map_err(|errors| failed(errors.to_string()))?;
        Ok(Some(Typed { version: version.to_owned(), of, value }))
    }
}

/// A value with its type in one version.
#[derive(Clone)]
pub(super) struct Typed<'a> {
    pub(super) version: String,
    pub(super) of: TypeRef<'a>,
    pub(super) value: Value,
}

impl<'a> Typed<'a> {
    /// An object in the version of the request.
    pub(super) fn new(versions: &Versions<'_, 'a>, value: Value) -> Self {
        Typed { version: versions.api_version.to_owned(), of: versions.of, value }
    }

    /// The live object without its record of owners, or the blank that a create starts from.
    pub(super) fn live(versions: &Versions<'_, 'a>, live: Option<&Value>) -> Result<Self, Error> {
        let Some(live) = live else { return Ok(Typed::new(versions, blank(versions.api_version, None))) };
        check_depth(live)?;
        Ok(Typed::new(versions, without_managed_fields(live)))
    }

    pub(super) fn emptied(&self) -> Self {
        self.with(blank(&self.version, self.value.get("kind")))
    }

    pub(super) fn with(&self, value: Value) -> Self {
        Typed { version: self.version.clone(), of: self.of, value }
    }
}
