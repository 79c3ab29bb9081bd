//! Names, tags and digests of images.

use regex::Regex;

use crate::config::transforms::Image;
use crate::error::{Error, Result};
use crate::fieldspec::FieldSpec;
use crate::node::{Kind, Node, Scalar};
use crate::resmap::ResMap;
use crate::selector::{Literal, compile};

/// Changes the image in every list of containers, wherever it stands, and in the fields of the specifications.
pub(crate) fn change(resources: &mut ResMap, image: &Image, specs: &[FieldSpec]) -> Result<()> {
    let change = Change { image, pattern: Pattern::new(&image.name) };
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
    pattern: Pattern,
}

/// Which images are meant: those of a name, with any tag and digest.
enum Pattern {
    Name(Literal),
    /// A name that is no expression is an error only where there is an image to compare it with.
    Regex(Result<Regex>),
}

impl Pattern {
    fn new(name: &str) -> Self {
        Literal::new(name).map_or_else(|| Self::Regex(Self::compiled(name)), Self::Name)
    }

    fn compiled(name: &str) -> Result<Regex> {
        let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
        compile(&pattern).map_err(|error| error.in_field("images.name"))
    }

    fn matches(&self, image: &str) -> Result<bool> {
        match self {
            Self::Name(name) => Ok(name.strip(image).is_some_and(is_tag_and_digest)),
            Self::Regex(regex) => Ok(regex.as_ref().map_err(Error::clone)?.is_match(image)),
        }
    }
}

/// The same as the end of the expression above.
fn is_tag_and_digest(text: &str) -> bool {
    after_part(after_part(text, ":"), "@sha256:").is_empty()
}

/// What comes after a tag or digest, where there is one.
fn after_part<'t>(text: &'t str, start: &str) -> &'t str {
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '{' | '}' | '-');
    text.strip_prefix(start).map_or(text, |part| part.trim_start_matches(belongs))
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
        if !self.pattern.matches(field.text())? {
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
    fn a_literal_name_matches_what_the_same_regular_expression_does() {
        let ends = [
            "",
            ":1.0",
            ":",
            ":v1-a_b",
            "@sha256:ab",
            ":1@sha256:ab",
            "@sha256:",
            "@sha512:ab",
            ":a:b",
            "/x",
            "2",
            ":1\n",
        ];
        for name in ["web", "ghcr.io/a/web", "w.b"] {
            let (literal, regex) = (Pattern::new(name), Pattern::Regex(Pattern::compiled(name)));
            for image in ends.iter().flat_map(|end| [format!("{name}{end}"), format!("webx{end}"), format!("web{end}")])
            {
                assert_eq!(literal.matches(&image).unwrap(), regex.matches(&image).unwrap(), "{name} {image:?}");
            }
        }
    }

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!(split("host:5000/app/web:1.0@sha256:ab"), ("host:5000/app/web", "1.0", "sha256:ab"));
        assert_eq!(split("host:5000/app"), ("host:5000/app", "", ""));
        assert_eq!(split("web@sha256:ab"), ("web", "", "sha256:ab"));
    }
}
