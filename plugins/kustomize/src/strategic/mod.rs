//! Strategic merge, as kustomize's kyaml does it.
//!
//! This is not the API server's strategic merge patch: lists grow at the front, `$retainKeys`, `$setElementOrder` and
//! `$deleteFromPrimitiveList` are fields like any other, and lists of kinds without a schema are replaced. Corner
//! cases follow kyaml even where they look odd, because what users see from `kustomize build` is the measure.

mod elements;
mod lists;

use crate::error::{Error, Result};
use crate::node::{Kind, Node, Scalar};
use crate::schema::{OpenApi, Schema};

const DIRECTIVE: &str = "$patch";

/// Merges the patch into the target, which is an empty map afterwards if the patch deleted it.
pub(crate) fn merge(patch: &Node, target: &mut Node, openapi: &OpenApi) -> Result<()> {
    let taken = std::mem::replace(target, Node::map());
    let sides = Sides { target: Some(taken), patch: Some(patch.clone()), are_same: false };
    let merged = Merger { openapi }.walk(sides, None)?;
    *target = merged.into_node().unwrap_or_else(Node::map);
    Ok(())
}

/// The two nodes that stand at the same place.
struct Sides {
    target: Option<Node>,
    patch: Option<Node>,
    /// Both are the patch's: what the patch adds is merged with itself, which takes its directives and nulls out.
    are_same: bool,
}

/// What has become of a place.
enum Merged {
    Gone,
    /// The target's node, changed.
    Target(Node),
    /// The patch's node instead of the target's.
    Patch(Node),
    /// A null that the target had written out and that stays.
    Null(Node),
}

impl Merged {
    fn into_node(self) -> Option<Node> {
        match self {
            Self::Gone => None,
            Self::Target(node) | Self::Patch(node) => (!node.is_null()).then_some(node),
            Self::Null(node) => Some(node),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

impl Directive {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            "delete" => Ok(Self::Delete),
            _ => Err(Error::invalid(format!("unknown patch strategy '{text}' in $patch"))),
        }
    }
}

struct Merger<'a> {
    openapi: &'a OpenApi,
}

impl Merger<'_> {
    fn walk(&self, sides: Sides, schema: Option<Schema>) -> Result<Merged> {
        let present = || [&sides.target, &sides.patch].into_iter().flatten().filter(|node| !node.is_null());
        let schema = schema.or_else(|| present().find_map(|node| self.schema_of(node)));
        let kind = present().next().map(Node::kind);
        if let Some(kind) = kind {
            present().try_for_each(|node| node.expect(kind).map(drop))?;
        }
        match kind {
            None | Some(Kind::Map) => self.walk_map(sides, schema.as_ref()),
            Some(Kind::Seq) if schema.as_ref().is_some_and(Schema::merges_elements) => {
                self.walk_list(sides, schema.as_ref())
            }
            Some(Kind::Seq | Kind::Scalar) => Ok(match (sides.target, sides.patch) {
                (_, Some(patch)) => Merged::Patch(patch),
                (Some(target), None) => Merged::Target(target),
                (None, None) => Merged::Gone,
            }),
        }
    }

    fn schema_of(&self, node: &Node) -> Option<Schema> {
        let text = |field| node.get(field).map(Node::text).filter(|text| !text.is_empty());
        self.openapi.of_kind(text("apiVersion")?, text("kind")?)
    }

    fn walk_map(&self, sides: Sides, schema: Option<&Schema>) -> Result<Merged> {
        match Base::of_map(sides)? {
            Base::Settled(merged) => Ok(merged),
            Base::Target { mut node, patch, are_same } => {
                self.merge_fields(&mut node, &patch, are_same, schema)?;
                Ok(Merged::Target(node))
            }
            Base::Patch(mut node) => {
                self.merge_fields(&mut node, &Node::map(), true, schema)?;
                Ok(Merged::Patch(node))
            }
        }
    }

    fn merge_fields(&self, base: &mut Node, patch: &Node, are_same: bool, schema: Option<&Schema>) -> Result<()> {
        for key in field_names(base, patch) {
            let target = base.get_mut(&key.text).map(take_content);
            let patch = if are_same { target.clone() } else { patch.get(&key.text).cloned() };
            let field_schema = schema.and_then(|schema| schema.field(&key.text));
            let merged = self
                .walk(Sides { target, patch, are_same }, field_schema)
                .map_err(|error| error.while_doing(&key.text))?;
            match merged.into_node() {
                Some(node) => base.set_keyed(&key, node)?,
                None => {
                    base.remove(&key.text);
                }
            }
        }
        Ok(())
    }
}

/// Takes a collection out of its place; a scalar stays there as well, for its quoting outlives it.
fn take_content(node: &mut Node) -> Node {
    match node {
        Node::Scalar(_) => node.clone(),
        _ => std::mem::replace(node, Node::map()),
    }
}

/// Every field of either side once, in alphabetical order.
fn field_names(base: &Node, patch: &Node) -> Vec<Scalar> {
    let mut names: Vec<Scalar> = Vec::new();
    for (key, _) in patch.entries().iter().chain(base.entries()) {
        names.push(key.clone());
    }
    names.sort_by(|left, right| left.text.cmp(&right.text));
    names.dedup_by(|later, first| later.text == first.text);
    names
}

/// What a merge of two collections starts from, once directives and nulls have spoken.
enum Base {
    Settled(Merged),
    Target { node: Node, patch: Node, are_same: bool },
    Patch(Node),
}

impl Base {
    fn of_map(sides: Sides) -> Result<Self> {
        Self::choose(sides, |node| Ok(take_map_directive(node)?.unwrap_or(Directive::Merge)))
    }

    fn of_list(sides: Sides) -> Result<Self> {
        Self::choose(sides, lists::take_directive)
    }

    fn choose(sides: Sides, take_directive: fn(&mut Node) -> Result<Directive>) -> Result<Self> {
        let Sides { target, patch, are_same } = sides;
        let Some(mut target) = target.filter(|node| !node.is_null() || patch.is_none()) else {
            return Ok(Self::added(patch));
        };
        if target.is_null() {
            let is_written_out = !target.text().is_empty();
            return Ok(Self::Settled(if is_written_out { Merged::Null(target) } else { Merged::Gone }));
        }
        let Some(mut patch) = patch else {
            return Ok(Self::Target { node: target, patch: Node::map(), are_same: false });
        };
        if patch.is_null() {
            return Ok(Self::Settled(Merged::Gone));
        }
        match take_directive(&mut patch)? {
            Directive::Delete => Ok(Self::Settled(Merged::Gone)),
            Directive::Replace => Ok(Self::Patch(patch)),
            Directive::Merge => {
                if are_same {
                    take_directive(&mut target)?;
                }
                Ok(Self::Target { node: target, patch, are_same })
            }
        }
    }

    /// The target has nothing here. A map that says it is to be deleted is not added; a list is looked at element by
    /// element.
    fn added(patch: Option<Node>) -> Self {
        match patch {
            None => Self::Settled(Merged::Gone),
            Some(mut patch) => match take_map_directive(&mut patch) {
                Ok(Some(Directive::Delete)) => Self::Settled(Merged::Gone),
                _ => Self::Patch(patch),
            },
        }
    }
}

fn take_map_directive(node: &mut Node) -> Result<Option<Directive>> {
    let Some(directive) = node.get(DIRECTIVE).filter(|_| node.kind() == Kind::Map) else { return Ok(None) };
    let directive = Directive::parse(directive.text())?;
    node.remove(DIRECTIVE);
    Ok(Some(directive))
}
