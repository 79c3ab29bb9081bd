//! From what an application asks for (`main`, `v1.*`, `HEAD`, a commit) to one commit: the pure part.

use std::{collections::BTreeMap, fmt, sync::Arc};

use gix::ObjectId;

use crate::{Constraint, snapshot::Snapshot};

/// One immutable state of a repository or a folder.
#[derive(Clone)]
pub struct Revision {
    /// 40 hexadecimal digits: a commit, or the tree hash of a working tree.
    pub id: String,
    /// The name that led here, as it was asked for; empty for the default branch.
    pub requested: String,
    pub(crate) snapshot: Option<Arc<Snapshot>>,
}

impl Revision {
    /// A commit that is known by its full id.
    pub fn of_commit(id: &str) -> Option<Self> {
        let id = parse_full_id(id)?.to_string();
        Some(Self { requested: id.clone(), id, snapshot: None })
    }

    /// Whether this is a snapshot of a folder rather than a commit.
    pub fn is_working_tree(&self) -> bool {
        self.snapshot.is_some()
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({}, {:?})", self.id, self.requested)
    }
}

/// A repository's references, as far as they were listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct RefList {
    /// Object ids by full name. Annotated tags may be peeled or not.
    pub(crate) refs: BTreeMap<String, ObjectId>,
    pub(crate) head: Option<ObjectId>,
}

/// What a revision stands for among the references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Object(ObjectId),
    /// No reference has this name, but it can be the start of a commit id.
    Abbreviation(String),
    Missing,
}

/// Reads a full commit id. No reference is looked at for one.
pub(crate) fn parse_full_id(revision: &str) -> Option<ObjectId> {
    (revision.len() == 40).then(|| ObjectId::from_hex(revision.to_ascii_lowercase().as_bytes()).ok()).flatten()
}

/// Finds `revision`: a version constraint over tags first, then references by name, then abbreviations.
/// A branch wins over a tag of the same name, as in Argo CD.
pub(crate) fn choose(list: &RefList, revision: &str, tag_prefix: &str) -> Choice {
    if is_head(revision) {
        return list.head.map_or(Choice::Missing, Choice::Object);
    }
    let tagged = highest_tag(list, revision, tag_prefix);
    if let Some(id) = tagged.or_else(|| by_name(list, revision)) {
        return Choice::Object(id);
    }
    let is_abbreviation = (7..40).contains(&revision.len()) && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_abbreviation { Choice::Abbreviation(revision.to_ascii_lowercase()) } else { Choice::Missing }
}

/// Whether the default branch is meant.
pub(crate) fn is_head(revision: &str) -> bool {
    matches!(revision, "" | "HEAD")
}

fn highest_tag(list: &RefList, revision: &str, prefix: &str) -> Option<ObjectId> {
    let constraint = Constraint::parse(revision)?;
    let tags = list.refs.keys().filter_map(|name| name.strip_prefix("refs/tags/"));
    let tag = constraint.highest(tags, prefix)?;
    list.refs.get(&format!("refs/tags/{tag}")).copied()
}

fn by_name(list: &RefList, name: &str) -> Option<ObjectId> {
    let spellings =
        [name.to_owned(), format!("refs/heads/{name}"), format!("refs/{name}"), format!("refs/tags/{name}")];
    spellings.iter().find_map(|spelling| list.refs.get(spelling)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> ObjectId {
        ObjectId::from_hex(digit.to_string().repeat(40).as_bytes()).unwrap()
    }

    fn refs() -> RefList {
        let names = [
            ("refs/heads/main", '1'),
            ("refs/heads/both", '2'),
            ("refs/tags/both", '3'),
            ("refs/tags/v1.2.0", '4'),
            ("refs/tags/v1.3.0", '5'),
            ("refs/pull/7/head", '6'),
            ("refs/heads/deadbeef", '7'),
            ("refs/tags/web-1.9.0", '8'),
        ];
        let refs = names.into_iter().map(|(name, digit)| (name.to_owned(), id(digit))).collect();
        RefList { refs, head: Some(id('1')) }
    }

    #[track_caller]
    fn check(revision: &str, tag_prefix: &str, expected: Choice) {
        assert_eq!(choose(&refs(), revision, tag_prefix), expected, "{revision}");
    }

    #[test]
    fn a_revision_is_a_constraint_or_a_name_or_an_abbreviation() {
        check("", "", Choice::Object(id('1')));
        check("HEAD", "", Choice::Object(id('1')));
        check("main", "", Choice::Object(id('1')));
        check("both", "", Choice::Object(id('2')));
        check("refs/tags/both", "", Choice::Object(id('3')));
        check("v1.2.0", "", Choice::Object(id('4')));
        check("v1.*", "", Choice::Object(id('5')));
        check("1.x", "web-", Choice::Object(id('8')));
        check("refs/pull/7/head", "", Choice::Object(id('6')));
        check("pull/7/head", "", Choice::Object(id('6')));
        check("deadbeef", "", Choice::Object(id('7')));
        check("DEADBEE", "", Choice::Abbreviation("deadbee".into()));
        check("dead", "", Choice::Missing);
        check("9.x", "", Choice::Missing);
    }
}
