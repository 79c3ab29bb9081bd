//! `log`: lines for the operator, with the plugin's and the application's name.

use crate::{
    bindings::imports::log::{Host, Level},
    session::Session,
};

impl Host for Session {
    fn write(&mut self, level: Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        self.meter.host_call()?;
        let weight = message.len() + fields.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        self.meter.log(weight)?;
        let (plugin, application) = (&self.plugin, self.application.join("/"));
        let message = printable(&message);
        let fields =
            printable(&fields.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "));
        match level {
            Level::Debug => tracing::debug!(target: "plugin", %plugin, application, fields, "{message}"),
            Level::Info => tracing::info!(target: "plugin", %plugin, application, fields, "{message}"),
            Level::Warn => tracing::warn!(target: "plugin", %plugin, application, fields, "{message}"),
            Level::Error => tracing::error!(target: "plugin", %plugin, application, fields, "{message}"),
        }
        Ok(())
    }
}

/// A plugin's text must not steer the terminal it is shown on.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
