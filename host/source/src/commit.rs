//! What people want to know about a commit.

use gix::ObjectId;

/// A commit's description, for status and lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// `Ada <ada@example.com>`
    pub author: String,
    /// When it was written, in seconds since 1970.
    pub authored_at: i64,
    pub message: String,
    /// Names of the tags that point to it, in order.
    pub tags: Vec<String>,
}

impl CommitInfo {
    pub(crate) fn read(repository: &gix::Repository, id: ObjectId, tags: Vec<String>) -> gix::Result<Self> {
        let commit = repository.find_commit(id)?;
        let author = commit.author()?;
        Ok(Self {
            author: format!("{} <{}>", author.name, author.email),
            authored_at: author.seconds(),
            message: commit.message_raw()?.to_string().trim_end().to_owned(),
            tags,
        })
    }
}
