//! What is rendered again and again: a chart and an overlay of our own, and the corpora where they are at hand.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use windlass_model::{MemoryTree, TreePath};

use crate::Failure;

/// A folder as a tree, and where in it rendering begins.
pub struct Input {
    pub name: String,
    pub folder: PathBuf,
    pub root: TreePath,
}

impl Input {
    fn new(name: &str, folder: PathBuf, root: &str) -> Option<Self> {
        Some(Self { name: name.to_owned(), folder, root: TreePath::parse(root)? })
    }

    /// Where the tool is called.
    pub fn path(&self) -> PathBuf {
        self.folder.join(self.root.as_str())
    }

    pub fn tree(&self) -> Result<MemoryTree, Failure> {
        let mut tree = MemoryTree::default();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(name) = path.strip_prefix(&self.folder)?.to_str() {
                    tree = tree.with(name, fs::read(&path)?);
                }
            }
        }
        Ok(tree)
    }
}

/// The chart that lies beside this program, or the overlay.
pub fn own(name: &str) -> Vec<Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("inputs").join(name);
    Input::new(name, folder, "").into_iter().collect()
}

/// The charts of the corpora.
pub fn charts() -> Result<Vec<Input>, Failure> {
    let cases = cases("helm/cases")?.into_iter();
    Ok(cases.filter_map(|(name, case)| Input::new(&name, case.join("chart"), "")).collect())
}

/// Those kustomizations of the corpora that projects deploy by, and that build without options.
pub fn overlays() -> Result<Vec<Input>, Failure> {
    let mut found = Vec::new();
    for (name, case) in cases("kustomize/cases")? {
        let about: Value = serde_json::from_slice(&fs::read(case.join("case.json"))?)?;
        let restrictor = about["options"]["load_restrictor"].as_str().unwrap_or("LoadRestrictionsRootOnly");
        if about["origin"] == "real" && about["kind"] == "output" && restrictor == "LoadRestrictionsRootOnly" {
            let run = about["run"].as_str().unwrap_or_default();
            found.extend(Input::new(&name, case.join("input"), if run == "." { "" } else { run }));
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
