//! Manifests as kustomize holds them: text, tag and quoting of each scalar, order of keys.
//!
//! Whether `8080` is a number is decided again each time a scalar is printed, from its text, its tag and whether it
//! was quoted; transformers change one of the three and leave the others. A JSON value could not tell.

mod access;
mod folded;
mod path;
mod read;
mod value;

pub(crate) use path::{check_depth, is_index, list_condition, split_path, split_path_with_brackets};
pub(crate) use read::from_yaml;
pub(crate) use value::{looks_typed, resolve};

use windlass_yaml::ScalarStyle;

/// How deep an object may be nested and of how many nodes it may consist. What is read is held to such limits by the
/// reader; transformers that build on what they have built could go beyond.
pub(crate) const MOST_DEPTH: usize = 256;
pub(crate) const MOST_NODES: usize = 2_000_000;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Scalar(Scalar),
    Map(Vec<(Scalar, Node)>),
    Seq(Vec<Node>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) tag: Tag,
    /// What is written in quotes or as a block is never read as anything but text.
    pub(crate) style: ScalarStyle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Set by a transformer that leaves the type to the reader.
    Unset,
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Str,
}

/// The three kinds, for errors and for checks that both sides of a merge agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar,
    Map,
    Seq,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Map => "mapping",
            Self::Seq => "list",
        }
    }
}

impl Scalar {
    /// Text whose type the reader infers.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::tagged(text, Tag::Unset)
    }

    pub(crate) fn string(text: impl Into<String>) -> Self {
        Self::tagged(text, Tag::Str)
    }

    pub(crate) fn tagged(text: impl Into<String>, tag: Tag) -> Self {
        Self { text: text.into(), tag, style: ScalarStyle::Plain }
    }

    /// A string, as a block if it has several lines.
    pub(crate) fn text_block(text: &str) -> Self {
        let style = if text.contains('\n') { ScalarStyle::Literal } else { ScalarStyle::Plain };
        Self { style, ..Self::string(text) }
    }

    /// A string to kustomize: tagged as one, or not tagged at all.
    pub(crate) fn is_string(&self) -> bool {
        matches!(self.tag, Tag::Str | Tag::Unset)
    }
}

impl From<Scalar> for Node {
    fn from(scalar: Scalar) -> Self {
        Self::Scalar(scalar)
    }
}
