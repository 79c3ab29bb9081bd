//! Version constraints, in the one implementation that `semverCompare` uses too.

use windlass_sprig::semver;

/// Whether Helm takes `text` for a version; parts may be missing and a `v` may lead.
pub(crate) fn is_version(text: &str) -> bool {
    semver::Version::parse(text).is_ok()
}

/// Whether `version` fits `constraint`; false where either is malformed.
pub(crate) fn satisfies(constraint: &str, version: &str) -> bool {
    let Ok(version) = semver::Version::parse(version) else { return false };
    semver::Constraints::parse(constraint).is_ok_and(|constraint| constraint.check(&version))
}
