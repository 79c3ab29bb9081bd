//! Reads manifests from files of the user.

use std::path::Path;

use anyhow::{Context as _, bail};
use windlass_model::Object;
use windlass_yaml::Limits;

/// The objects of one file, in order.
pub fn read(file: &Path) -> anyhow::Result<Vec<Object>> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&text).with_context(|| format!("{}", file.display()))
}

/// The objects of a stream of documents.
pub fn parse(text: &[u8]) -> anyhow::Result<Vec<Object>> {
    let documents = windlass_yaml::to_json(text, &Limits::default())?;
    documents
        .into_iter()
        .map(|document| match Object::new(document.value) {
            Ok(object) => Ok(object),
            Err(_) => bail!("line {}: not an object", document.line),
        })
        .collect()
}

/// One object as a YAML document.
pub fn to_yaml(object: &Object) -> String {
    windlass_yaml::emit(&object.to_value(), windlass_yaml::Style::V2)
}

/// The Applications and projects that stand in the files of a folder itself, not of its subfolders.
pub fn control_objects(folder: &Path) -> anyhow::Result<Vec<Object>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file() && has_manifest_name(path))
        .collect();
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        // A file that is no manifest is not for us; if an application reads it, that says what is wrong.
        let Ok(found) = read(&file) else { continue };
        objects.extend(found.into_iter().filter(|object| {
            object.group() == "argoproj.io" && ["Application", "AppProject"].contains(&object.kind())
        }));
    }
    Ok(objects)
}

fn has_manifest_name(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}
