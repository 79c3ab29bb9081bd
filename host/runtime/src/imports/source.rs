//! `source`: the files of one commit.

use windlass_model::TreeError;

use crate::{
    Stop,
    bindings::imports::source::{Entry, EntryKind, Host, ReadError},
    files::GlobError,
    session::Session,
};

impl Host for Session {
    fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, ReadError>> {
        self.meter.host_call()?;
        answer(self.files.read(&path).map(|body| body.to_vec()))
    }

    fn read_dir(&mut self, path: String) -> wasmtime::Result<Result<Vec<Entry>, ReadError>> {
        self.meter.host_call()?;
        let entry = |entry: windlass_model::Entry| Entry {
            name: entry.name,
            kind: match entry.kind {
                windlass_model::EntryKind::File => EntryKind::File,
                windlass_model::EntryKind::Directory => EntryKind::Directory,
            },
            size: entry.size,
        };
        answer(self.files.read_dir(&path).map(|entries| entries.into_iter().map(entry).collect()))
    }

    fn glob(&mut self, pattern: String) -> wasmtime::Result<Result<Vec<String>, ReadError>> {
        self.meter.host_call()?;
        match self.files.glob(&pattern) {
            Ok(paths) => Ok(Ok(paths)),
            Err(GlobError::Pattern(message)) => Ok(Err(ReadError::Other(message))),
            Err(GlobError::Tree(error)) => answer(Err(error)),
        }
    }
}

/// A tree that is broken is nothing a plugin could answer for: it ends the run, which is tried again.
fn answer<T>(result: Result<T, TreeError>) -> wasmtime::Result<Result<T, ReadError>> {
    Ok(match result {
        Ok(value) => Ok(value),
        Err(TreeError::NotFound { .. }) => Err(ReadError::NotFound),
        Err(TreeError::NotAFile { .. }) => Err(ReadError::NotAFile),
        Err(TreeError::NotADirectory { .. }) => Err(ReadError::NotADirectory),
        Err(TreeError::LeadsOut { .. }) => Err(ReadError::LeadsOut),
        Err(TreeError::TooLarge { size, limit, .. }) => Err(ReadError::TooLarge((size, limit))),
        Err(error @ TreeError::LinkLoop { .. }) => Err(ReadError::Other(error.to_string())),
        Err(error @ TreeError::Broken { .. }) => return Err(Stop::Source(error).into()),
    })
}
