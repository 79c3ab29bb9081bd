//! A released version of the plugin interface does not change, not even in a comment.

use sha2::{Digest, Sha256};

use crate::{File, Finding};

/// Version folder and digest of each release. None is released yet: `0.1.0` is open to change.
const RELEASED: &[(&str, &str)] = &[];

pub fn check(files: &[File]) -> Vec<Finding> {
    check_against(RELEASED, files)
}

fn check_against(released: &[(&str, &str)], files: &[File]) -> Vec<Finding> {
    let changed = released.iter().filter(|(version, digest)| digest_of(version, files) != *digest);
    let message = |version: &str| {
        let now = digest_of(version, files);
        format!(
            "version {version} is released and may not change (its digest is {now} now): restore it, and change a new version"
        )
    };
    changed.map(|(version, _)| Finding::new(&format!("wit/{version}"), 1, message(version))).collect()
}

/// Over names and bodies, with their lengths, in the order of names.
fn digest_of(version: &str, files: &[File]) -> String {
    let folder = format!("wit/{version}/");
    let mut inside: Vec<&File> = files.iter().filter(|file| file.path.starts_with(&folder)).collect();
    inside.sort_by_key(|file| &file.path);
    let mut hash = Sha256::new();
    for part in inside.into_iter().flat_map(|file| [&file.path, &file.text]) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_to_a_released_version_is_found() {
        let tree = |text: &str| [File::new("wit/1.0.0/types.wit", text), File::new("wit/README.md", text)];
        let digest = digest_of("1.0.0", &tree("package a;"));
        let released = [("1.0.0", digest.as_str())];
        assert_eq!(check_against(&released, &tree("package a;")), []);
        assert_eq!(check_against(&released, &tree("package a; ")).len(), 1);
        assert_eq!(check_against(&released, &[]).len(), 1, "removed");
    }
}
