//! Replacements: a value from one object, put into fields of others.

use super::path_matcher::{self, PathMatcher};
use super::structured;
use crate::config::transforms::{DEFAULT_FIELD_PATH, FieldOptions, Replacement, Selector, Source, Target};
use crate::error::{Error, Result};
use crate::id::ResId;
use crate::node::{Kind, Node, Scalar, check_depth, split_path_with_brackets};
use crate::resmap::{ResMap, named};
use crate::resource::Resource;
use crate::selector::Matcher;

#[derive(Debug, Default)]
pub(crate) struct Replacing {
    pub(crate) replacements: Vec<Replacement>,
}

impl Replacing {
    pub(crate) fn apply(&self, resources: &mut ResMap) -> Result<()> {
        for replacement in &self.replacements {
            apply(replacement, resources)
                .map_err(|error| error.in_field(&replacement.place).at_line(replacement.line))?;
        }
        resources.drop_deleted();
        Ok(())
    }
}

fn apply(replacement: &Replacement, resources: &mut ResMap) -> Result<()> {
    let value = match (&replacement.source, &replacement.source_value, &replacement.targets) {
        (None, None, _) | (_, _, None) => {
            return Err(Error::invalid("replacements must specify a source and at least one target"));
        }
        (Some(_), Some(_), _) => return Err(Error::invalid("sourceValue and source are mutually exclusive")),
        (None, Some(value), _) => Scalar::plain(value.as_str()).into(),
        (Some(source), None, _) => read(source, resources)?,
    };
    replacement.targets.iter().flatten().try_for_each(|target| write(target, &value, resources))
}

/// Present and earlier ids; the present one counts as namespaced, whatever its kind.
fn ids(resource: &Resource) -> Vec<ResId> {
    let mut ids = vec![ResId { cluster_scoped: false, ..resource.id() }];
    ids.extend(resource.previous_ids());
    ids
}

fn as_id(selector: &Selector) -> ResId {
    ResId {
        gvk: selector.gvk.clone(),
        name: selector.name.clone(),
        namespace: selector.namespace.clone(),
        cluster_scoped: false,
    }
}

fn read(source: &Source, resources: &ResMap) -> Result<Node> {
    let wanted = as_id(&source.selector);
    let mut matches =
        resources.list.iter().filter(|resource| ids(resource).iter().any(|id| id.is_selected_by(&wanted)));
    let resource = match (matches.next(), matches.next()) {
        (Some(resource), None) => resource,
        (Some(_), Some(_)) => return Err(Error::invalid(format!("multiple matches for selector {wanted}"))),
        (None, _) => return Err(Error::invalid(format!("nothing selected by {wanted}"))),
    };
    let path = if source.field_path.is_empty() { DEFAULT_FIELD_PATH } else { &source.field_path };
    let found = resource.body.lookup(&split_path_with_brackets(path, '.'))?;
    let found = found.filter(|found| !found.is_empty());
    let value = found
        .ok_or_else(|| Error::invalid(format!("fieldPath `{path}` is missing for replacement source {wanted}")))?;
    part_of(value, &source.options)
}

/// The value itself, or one of the parts between delimiters.
fn part_of(value: &Node, options: &FieldOptions) -> Result<Node> {
    if options.delimiter.is_empty() {
        return Ok(value.clone());
    }
    let Node::Scalar(scalar) = value else {
        return Err(Error::invalid("delimiter option can only be used with scalar nodes"));
    };
    let part = usize::try_from(options.index).ok().and_then(|at| scalar.text.split(&options.delimiter).nth(at));
    let part = part.ok_or_else(|| {
        Error::invalid(format!("options.index {} is out of bounds for the source's value", options.index))
    })?;
    Ok(Scalar { text: part.to_owned(), ..scalar.clone() }.into())
}

fn write(target: &Target, value: &Node, resources: &mut ResMap) -> Result<()> {
    let Some(select) = &target.select else {
        return Err(Error::invalid("target must specify resources to select"));
    };
    let selects = Matcher::new(select)?;
    let rejects = target.reject.iter().map(|reject| Ok((reject, Matcher::new(reject)?))).collect::<Result<Vec<_>>>()?;
    for resource in resources.list.iter_mut() {
        let ids = ids(resource);
        let is_rejected = rejects.iter().any(|(reject, matcher)| rejects_one(reject, matcher, resource, &ids));
        if selects.matches_labels(resource) && !is_rejected && ids.iter().any(|id| selects.matches_id(id)) {
            copy(target, value, &mut resource.body).map_err(|error| named(error, resource))?;
        }
    }
    Ok(())
}

/// Name and kind reject on their own, and so do labels and annotations.
fn rejects_one(reject: &Selector, matcher: &Matcher, resource: &Resource, ids: &[ResId]) -> bool {
    let names_something = as_id(reject) != ResId::default();
    let has_labels = !reject.labels.is_empty() || !reject.annotations.is_empty();
    (has_labels && matcher.matches_labels(resource)) || (names_something && ids.iter().any(|id| matcher.matches_id(id)))
}

fn copy(target: &Target, value: &Node, body: &mut Node) -> Result<()> {
    let default = [DEFAULT_FIELD_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for field_path in paths {
        let path = split_path_with_brackets(field_path, '.');
        check_depth(&path)?;
        let create = target.options.create.then(|| value.kind());
        if structured::set(body, value, &path, create).is_ok() {
            continue;
        }
        let problem = || {
            let or_create = if create.is_some() { "or create " } else { "" };
            format!("unable to find {or_create}field {field_path:?} in replacement target")
        };
        let found = PathMatcher { create }.find(body, &path).map_err(|error| error.while_doing(problem()))?;
        if found.is_empty() {
            return Err(Error::invalid(problem()));
        }
        for location in &found {
            if let Some(field) = path_matcher::at(body, location) {
                set_field(field, value, &target.options)?;
            }
            if value.kind() != Kind::Scalar {
                body.check_size()?;
            }
        }
    }
    Ok(())
}

fn set_field(field: &mut Node, value: &Node, options: &FieldOptions) -> Result<()> {
    let mut value = value.clone();
    if !options.delimiter.is_empty() {
        if field.kind() != Kind::Scalar {
            return Err(Error::invalid("delimiter option can only be used with scalar nodes"));
        }
        let text = joined(field.text(), value.text(), options);
        value = match value {
            Node::Scalar(scalar) => Scalar { text, ..scalar }.into(),
            _ => Scalar::plain(text).into(),
        };
    }
    match field {
        // Only the text is taken over, so that a port in quotes stays one.
        Node::Scalar(scalar) => value.text().clone_into(&mut scalar.text),
        collection => *collection = value,
    }
    Ok(())
}

/// The text with one part replaced; a negative index puts the value in front, one past the end behind.
fn joined(text: &str, value: &str, options: &FieldOptions) -> String {
    let mut parts: Vec<&str> = text.split(&options.delimiter).collect();
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, value),
        Ok(at) if at >= parts.len() => parts.push(value),
        Ok(at) => parts[at] = value,
    }
    parts.join(&options.delimiter)
}
