//! Selectors whose parts are regular expressions.

use regex::{Regex, RegexBuilder};

use crate::config::transforms::Selector;
use crate::error::{Error, Result};
use crate::id::{Gvk, ResId};
use crate::labels::LabelSelector;
use crate::resource::Resource;

/// Bound on a compiled expression. Go has the same idea with a limit on repetitions.
const MOST_REGEX_BYTES: usize = 2 << 20;

/// Compiles an expression that a kustomization brings.
pub(crate) fn compile(pattern: &str) -> Result<Regex> {
    let built = RegexBuilder::new(pattern).size_limit(MOST_REGEX_BYTES).dfa_size_limit(MOST_REGEX_BYTES).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Error::invalid("regular expression is too big"),
        _ => Error::invalid(format!("invalid regular expression {:?}", shortened(pattern))),
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

/// An expression of characters that stand for themselves and of dots that stand for any other: a name, and most of what
/// kustomizations have. It needs no compiling.
#[derive(Debug, Clone)]
pub(crate) struct Literal(String);

impl Literal {
    /// The expression, if it is one.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        let stands_for_itself = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
        pattern.bytes().all(stands_for_itself).then(|| Self(pattern.to_owned()))
    }

    /// What comes after it in a text that begins with it.
    pub(crate) fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text.chars();
        let mut fits = |wanted| rest.next().is_some_and(|found| found == wanted || wanted == '.' && found != '\n');
        self.0.chars().all(&mut fits).then_some(rest.as_str())
    }
}

/// An expression that has to match a whole text.
#[derive(Debug, Clone)]
enum Whole {
    Literal(Literal),
    Regex(Regex),
    /// An empty one.
    All,
}

impl Whole {
    fn new(pattern: &str, selector: &Selector, field: &str) -> Result<Self> {
        if pattern.is_empty() {
            return Ok(Self::All);
        }
        if let Some(literal) = Literal::new(pattern) {
            return Ok(Self::Literal(literal));
        }
        let path = if selector.path.is_empty() { field.to_owned() } else { format!("{}.{field}", selector.path) };
        compile(&format!("^(?:{pattern})$")).map(Self::Regex).map_err(|error| error.in_field(&path))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal.strip(text) == Some(""),
            Self::Regex(regex) => regex.is_match(text),
            Self::All => true,
        }
    }
}

/// A selector, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    group: Whole,
    version: Whole,
    kind: Whole,
    name: Whole,
    namespace: Whole,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Matcher {
    pub(crate) fn new(selector: &Selector) -> Result<Self> {
        let labels = |text: &str, field: &str| {
            LabelSelector::parse(text).map_err(|error| error.in_field(&format!("{}.{field}", selector.path)))
        };
        Ok(Self {
            group: Whole::new(&selector.gvk.group, selector, "group")?,
            version: Whole::new(&selector.gvk.version, selector, "version")?,
            kind: Whole::new(&selector.gvk.kind, selector, "kind")?,
            name: Whole::new(&selector.name, selector, "name")?,
            namespace: Whole::new(&selector.namespace, selector, "namespace")?,
            labels: labels(&selector.labels, "labelSelector")?,
            annotations: labels(&selector.annotations, "annotationSelector")?,
        })
    }

    fn matches_gvk(&self, gvk: &Gvk) -> bool {
        self.group.matches(&gvk.group) && self.version.matches(&gvk.version) && self.kind.matches(&gvk.kind)
    }

    /// Whether group, version, kind, name and namespace of an id all match, the namespace as it stands there.
    pub(crate) fn matches_id(&self, id: &ResId) -> bool {
        self.matches_gvk(&id.gvk) && self.name.matches(&id.name) && self.namespace.matches(&id.namespace)
    }

    pub(crate) fn matches_labels(&self, resource: &Resource) -> bool {
        self.labels.matches(&resource.labels()) && self.annotations.matches(&resource.annotations())
    }

    /// Whether the resource is a target of a patch: its first or its present name and namespace count.
    pub(crate) fn matches(&self, resource: &Resource) -> bool {
        let (original, current) = (resource.original_id(), resource.id());
        let namespace = |id: &ResId| self.namespace.matches(id.effective_namespace());
        (namespace(&original) || namespace(&current))
            && (self.name.matches(&original.name) || self.name.matches(&current.name))
            && self.matches_gvk(&current.gvk)
            && self.matches_labels(resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_matches_what_the_same_regular_expression_does() {
        let texts = ["", "a", "web", "web2", "w.b", "web\n", "w\nb", "ghcr.io/a/b", "ghcrxio/a/b", "ä"];
        for pattern in ["a", "web", "w.b", "ghcr.io/a/b", ".", "..."] {
            let (literal, regex) = (Literal::new(pattern).unwrap(), compile(&format!("^(?:{pattern})$")).unwrap());
            for text in texts {
                assert_eq!(literal.strip(text) == Some(""), regex.is_match(text), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn what_has_a_meaning_in_an_expression_is_no_literal() {
        for pattern in ["a*", "a|b", "[ab]", "a+", "^a", "a$", "(a)", r"\d", "a{2}", "a?", "a b", "ä"] {
            assert!(Literal::new(pattern).is_none(), "{pattern}");
        }
    }
}
