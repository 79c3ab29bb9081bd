//! A directory of the machine as the engines see it.

use std::path::PathBuf;

use windlass_helm::{Entry, EntryKind, FileError, Files};

/// The tree below a folder; links are followed wherever they lead.
pub struct Directory(pub PathBuf);

fn file_error(error: &std::io::Error) -> FileError {
    match error.kind() {
        std::io::ErrorKind::NotFound => FileError::NotFound,
        _ => FileError::Refused(error.to_string()),
    }
}

impl Files for Directory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(self.0.join(path)).map_err(|error| file_error(&error))
    }

    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, FileError> {
        let listing = std::fs::read_dir(self.0.join(path)).map_err(|error| file_error(&error))?;
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry?;
            let about = std::fs::metadata(entry.path())?;
            let kind = if about.is_dir() {
                EntryKind::Directory
            } else if about.is_file() {
                EntryKind::File
            } else {
                EntryKind::Irregular
            };
            Ok(Entry { name: entry.file_name().to_string_lossy().into_owned(), kind })
        };
        listing.map(|one| entry(one).map_err(|error: std::io::Error| file_error(&error))).collect()
    }
}
