//! Slash-separated paths. The `os` functions are the same: templates run as if on Unix.

use windlass_gotemplate::Functions;

use crate::args::{STRING, string};

pub(crate) fn register(functions: &mut Functions) {
    for name in ["base", "osBase"] {
        functions.add(name, STRING, |_, args| Ok(base(&string(args, 0)).into()));
    }
    for name in ["dir", "osDir"] {
        functions.add(name, STRING, |_, args| Ok(dir(&string(args, 0)).into()));
    }
    for name in ["clean", "osClean"] {
        functions.add(name, STRING, |_, args| Ok(clean(&string(args, 0)).into()));
    }
    for name in ["ext", "osExt"] {
        functions.add(name, STRING, |_, args| Ok(extension(&string(args, 0)).into()));
    }
    for name in ["isAbs", "osIsAbs"] {
        functions.add(name, STRING, |_, args| Ok(string(args, 0).starts_with('/').into()));
    }
}

/// The last element, without slashes behind it.
pub fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (false, true) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

fn dir(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |slash| slash + 1);
    clean(&path[..end])
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.').map_or("", |dot| &name[dot..])
}

/// The shortest path of the same meaning, by its words alone.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if rooted => {}
            element => kept.push(element),
        }
    }
    let joined = kept.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
