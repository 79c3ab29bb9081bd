//! A fixed text, put into fields: the `ValueAddTransformer`, which only a transformer's own file can name.

use super::namespace::NamespaceChange;
use crate::config::Fields;
use crate::config::transforms::{self, Selector};
use crate::error::{Error, Result};
use crate::node::{Kind, Node, Scalar, check_depth, split_path};
use crate::resmap::ResMap;
use crate::selector::Matcher;

#[derive(Debug, Clone, Default)]
pub(crate) struct Addition {
    pub(crate) selector: Option<Selector>,
    pub(crate) field_path: String,
    /// Position in the field's path from 1 to insert the value at; 0 replaces the whole text.
    pub(crate) position: i64,
}

#[derive(Debug)]
pub(crate) struct ValueAddition {
    pub(crate) value: String,
    pub(crate) targets: Vec<Addition>,
}

impl ValueAddition {
    pub(crate) fn apply(&self, resources: &mut ResMap) -> Result<()> {
        for target in &self.targets {
            let matcher = target.selector.as_ref().map(Matcher::new).transpose()?;
            for resource in resources.list.iter_mut() {
                if matcher.as_ref().is_some_and(|matcher| !matcher.matches(resource)) {
                    continue;
                }
                if target.field_path == "metadata/namespace" {
                    let change = NamespaceChange { namespace: self.value.clone(), ..NamespaceChange::default() };
                    change.change(resource)?;
                } else {
                    self.set(&mut resource.body, target)?;
                }
            }
        }
        Ok(())
    }

    fn set(&self, body: &mut Node, target: &Addition) -> Result<()> {
        let path = split_path(&target.field_path, '/');
        check_depth(&path)?;
        let mut field = body;
        for (at, part) in path.iter().enumerate() {
            field.expect(Kind::Map)?;
            if field.get(part).is_none() {
                let is_last = at + 1 == path.len();
                field.set(part, if is_last { Scalar::plain("").into() } else { Node::map() })?;
            }
            field = field.get_mut(part).ok_or_else(|| Error::invalid(format!("no field {part}")))?;
        }
        let text = match usize::try_from(target.position) {
            Ok(0) | Err(_) => self.value.clone(),
            Ok(position) => inserted(field.text(), position - 1, &self.value),
        };
        field.set_scalar(Scalar::plain(text))
    }
}

/// A path with one more part; the position does not count the root of an absolute path.
fn inserted(path: &str, position: usize, part: &str) -> String {
    if part.is_empty() {
        return path.to_owned();
    }
    let (root, relative) = path.strip_prefix('/').map_or(("", path), |relative| ("/", relative));
    let mut parts: Vec<&str> = relative.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}

/// One of the transformer's targets.
pub(crate) fn value_addition(fields: &mut Fields<'_>) -> Result<Addition> {
    let addition = Addition {
        selector: fields.optional("selector", transforms::selector)?,
        field_path: fields.text("fieldPath")?,
        position: fields.integer("filePathPosition")?,
    };
    match &addition {
        Addition { field_path, .. } if field_path.is_empty() => Err(fields.fault("fieldPath", "cannot be empty")),
        Addition { position: ..0, .. } => Err(fields.fault("filePathPosition", "cannot be negative")),
        _ => Ok(addition),
    }
}
