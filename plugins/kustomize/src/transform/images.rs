//! Names, tags and digests of images.

use regex::Regex;

use crate::config::transforms::Image;
use crate::error::{Error, Result};
use crate::fieldspec::FieldSpec;
use crate::node::{Kind, Node, Scalar};
use crate::resmap::ResMap;
use crate::selector::compile;

/// Changes the image in every list of containers, wherever it stands, and in the fields of the specifications.
pub(crate) fn change(resources: &mut ResMap, image: &Image, specs: &[FieldSpec]) -> Result<()> {
    let pattern = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", image.name);
    // A name that is no expression is an error only where there is an image to compare it with.
    let change = Change { image, matches: compile(&pattern).map_err(|error| error.in_field("images.name")) };
    resources.for_each_body(|body| {
        if body.get("kind").is_some_and(|kind| kind.text() == "CustomResourceDefinition") {
            return Ok(());
        }
        change.in_containers(body)?;
        specs.iter().try_for_each(|spec| spec.apply(body, None, &mut |field| change.apply(field)))
    })
}

struct Change<'a> {
    image: &'a Image,
    matches: Result<Regex>,
}

impl Change<'_> {
    fn in_containers(&self, node: &mut Node) -> Result<()> {
        match node {
            Node::Map(entries) => {
                for (key, value) in entries {
                    self.in_containers(value)?;
                    if key.text == "containers" || key.text == "initContainers" {
                        self.in_list(value)?;
                    }
                }
                Ok(())
            }
            Node::Seq(items) => items.iter_mut().try_for_each(|item| self.in_containers(item)),
            Node::Scalar(_) => Ok(()),
        }
    }

    fn in_list(&self, list: &mut Node) -> Result<()> {
        let Node::Seq(containers) = list else { return Ok(()) };
        for container in containers.iter_mut().filter(|container| !container.is_null()) {
            container.expect(Kind::Map)?;
            if let Some(image) = container.get_mut("image") {
                self.apply(image)?;
            }
        }
        Ok(())
    }

    fn apply(&self, field: &mut Node) -> Result<()> {
        field.expect(Kind::Scalar)?;
        let matches = self.matches.as_ref().map_err(Error::clone)?;
        if !matches.is_match(field.text()) {
            return Ok(());
        }
        let changed = self.changed(field.text());
        field.set_scalar(Scalar::plain(changed)).map_err(|error: Error| error.in_field("image"))
    }

    fn changed(&self, text: &str) -> String {
        let Image { new_name, new_tag, digest, tag_suffix, .. } = self.image;
        let (name, tag, old_digest) = split(text);
        let name = if new_name.is_empty() { name } else { new_name };
        let (tag, digest) = match (new_tag.as_str(), digest.as_str(), tag_suffix.as_str()) {
            ("", "", "") => (tag.to_owned(), old_digest),
            ("", "", suffix) => (format!("{tag}{suffix}"), ""),
            (new_tag, digest, _) => (new_tag.to_owned(), digest),
        };
        let tag = if tag.is_empty() { tag } else { format!(":{tag}") };
        let digest = if digest.is_empty() { String::new() } else { format!("@{digest}") };
        format!("{name}{tag}{digest}")
    }
}

/// Name, tag and digest. A colon before the first slash belongs to the registry's port.
pub(crate) fn split(image: &str) -> (&str, &str, &str) {
    let path_start = image.find('/').filter(|at| *at > 0).unwrap_or(0);
    let path = &image[path_start..];
    let digest_at = path.find('@').map(|at| at + path_start);
    let tag_at = path.find(':').map(|at| at + path_start);
    match (tag_at, digest_at) {
        (None, None) => (image, "", ""),
        (Some(tag), Some(digest)) if tag < digest => (&image[..tag], &image[tag + 1..digest], &image[digest + 1..]),
        (_, Some(digest)) => (&image[..digest], "", &image[digest + 1..]),
        (Some(tag), None) => (&image[..tag], &image[tag + 1..], ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!(split("host:5000/app/web:1.0@sha256:ab"), ("host:5000/app/web", "1.0", "sha256:ab"));
        assert_eq!(split("host:5000/app"), ("host:5000/app", "", ""));
        assert_eq!(split("web@sha256:ab"), ("web", "", "sha256:ab"));
    }
}
