//! The sprig 3.3 functions, for templates of `windlass-gotemplate`.
//!
//! No function reads a clock, draws random numbers or makes keys by itself: the caller hands in an
//! [`Environment`], which [`Environment::seeded`] makes out of a seed and the machine's clock. `env`, `expandenv` and `getHostByName` are not provided: a sandboxed template has
//! no environment and no network. Helm's own functions belong to Helm's crate.
//!
//! Known differences: the only time zones are UTC, `Local` (which is UTC) and fixed offsets, since
//! there is no zone database; keys and values of maps come out sorted where Go's order is random.

mod args;
mod cache;
mod case;
pub mod cast;
mod certificate;
mod chance;
mod crypto;
mod date;
mod decimal;
mod deep;
mod defaults;
mod dict;
mod encoding;
mod environment;
pub mod json;
mod list;
mod merge;
mod number;
mod password;
mod path;
mod reflection;
pub mod regexp;
mod regular;
pub mod semver;
mod semver_functions;
mod strings;
pub mod time;
mod url;
mod url_functions;
mod wrap;

use std::rc::Rc;

use windlass_gotemplate::Functions;

pub use self::deep::{deep_copy, deep_equal};
pub use self::environment::{Environment, Reading};
pub use self::merge::merge_maps;

/// Adds all functions to `functions`. Those of the same name in text/template (`slice`) are replaced,
/// as they are in Helm.
pub fn register(functions: &mut Functions, environment: Environment) {
    let chance = Rc::new(chance::Chance::new(environment));
    strings::register(functions);
    case::register(functions);
    encoding::register(functions);
    defaults::register(functions);
    json::register(functions);
    dict::register(functions);
    list::register(functions);
    number::register(functions, &chance);
    date::register(functions, &chance);
    crypto::register(functions, &chance);
    password::register(functions);
    certificate::register(functions, &chance);
    regular::register(functions);
    semver_functions::register(functions);
    url_functions::register(functions);
    path::register(functions);
    reflection::register(functions);
}
