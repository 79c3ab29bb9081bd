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

/// An expression that has to match a whole text; an empty one matches all.
#[derive(Debug, Clone)]
struct Whole(Option<Regex>);

impl Whole {
    fn new(pattern: &str, selector: &Selector, field: &str) -> Result<Self> {
        if pattern.is_empty() {
            return Ok(Self(None));
        }
        let path = if selector.path.is_empty() { field.to_owned() } else { format!("{}.{field}", selector.path) };
        compile(&format!("^(?:{pattern})$")).map(|regex| Self(Some(regex))).map_err(|error| error.in_field(&path))
    }

    fn matches(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|regex| regex.is_match(text))
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
