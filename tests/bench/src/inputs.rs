//! What is rendered again and again: a chart and an overlay of our own, and the corpora where they are at hand.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::Failure;

/// A folder that is rendered.
pub struct Input {
    pub name: String,
    pub folder: PathBuf,
}

/// The chart that lies beside this program, or the overlay.
pub fn own(name: &str) -> Input {
    Input { name: name.to_owned(), folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("inputs").join(name) }
}

/// The charts of the corpora.
pub fn charts() -> Result<Vec<Input>, Failure> {
    let cases = cases("helm/cases")?.into_iter();
    Ok(cases.map(|(name, case)| Input { name, folder: case.join("chart") }).collect())
}

/// Those kustomizations of the corpora that projects deploy by, and that build without options.
pub fn overlays() -> Result<Vec<Input>, Failure> {
    let mut found = Vec::new();
    for (name, case) in cases("kustomize/cases")? {
        let about: Value = serde_json::from_slice(&fs::read(case.join("case.json"))?)?;
        let restrictor = about["options"]["load_restrictor"].as_str().unwrap_or("LoadRestrictionsRootOnly");
        if about["origin"] == "real" && about["kind"] == "output" && restrictor == "LoadRestrictionsRootOnly" {
            let folder = case.join("input").join(about["run"].as_str().unwrap_or_default());
            found.push(Input { name, folder });
        }
    }
    Ok(found)
}

/// Names and folders, sorted; none without the corpora.
fn cases(part: &str) -> Result<Vec<(String, PathBuf)>, Failure> {
    let Some(corpora) = std::env::var_os("WINDLASS_CORPORA") else { return Ok(Vec::new()) };
    let mut cases = Vec::new();
    for entry in fs::read_dir(PathBuf::from(corpora).join(part))? {
        let entry = entry?;
        cases.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    cases.sort();
    Ok(cases)
}
