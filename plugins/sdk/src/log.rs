//! Lines for the operator, shown with the plugin's and the application's name.

use crate::bindings::generator::windlass::plugin::log as host;
pub use host::Level;

/// Writes one line with fields.
pub fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    let fields: Vec<_> = fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    host::write(level, message, &fields);
}

/// Writes one line for people who watch what happens.
pub fn info(message: &str) {
    write(Level::Info, message, &[]);
}

/// Writes one line for people who must look.
pub fn warn(message: &str) {
    write(Level::Warn, message, &[]);
}
