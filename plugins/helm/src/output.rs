//! The text that `helm template` prints.

use std::fmt::{self, Display};

use crate::chart::pattern::Pattern;
use crate::manifest::{self, Role};
use crate::render::{Error, Rendered};

/// The whole output: documents with their separators and `# Source:` lines.
impl Display for Rendered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = everything(self);
        if self.show_only.is_empty() {
            return out.write_str(&all);
        }
        for pattern in &self.show_only {
            selected(&all, pattern).try_for_each(|document| write!(out, "---\n{document}\n"))?;
        }
        Ok(())
    }
}

/// Every pattern must fit something.
pub(crate) fn check_show_only(rendered: &Rendered) -> Result<(), Error> {
    if rendered.show_only.is_empty() {
        return Ok(());
    }
    let all = everything(rendered);
    let unfit = rendered.show_only.iter().find(|pattern| selected(&all, pattern).next().is_none());
    unfit.map_or(Ok(()), |pattern| Err(Error::NoSuchTemplate(pattern.clone())))
}

fn everything(rendered: &Rendered) -> String {
    let is_hook = |role: &Role| matches!(role, Role::Hook(_));
    let (mut text, mut hooks) = (String::new(), String::new());
    for manifest in &rendered.manifests {
        let into = if is_hook(&manifest.role) { &mut hooks } else { &mut text };
        into.push_str("---\n# Source: ");
        into.push_str(&manifest.source);
        into.push('\n');
        into.push_str(&manifest.text);
        into.push('\n');
    }
    // Only what is not a hook has the blanks at its end cut.
    text.truncate(text.trim_end().len());
    text.push('\n');
    text + &hooks
}

/// The documents whose path within the chart fits `pattern`.
fn selected<'a>(all: &'a str, pattern: &str) -> impl Iterator<Item = &'a str> {
    let pattern = Pattern::parse(pattern).ok();
    manifest::split(all).filter(move |document| {
        let path = source(document).and_then(|source| source.split_once('/')).map(|(_, path)| path);
        path.is_some_and(|path| pattern.as_ref().is_some_and(|pattern| pattern.matches(path)))
    })
}

fn source(document: &str) -> Option<&str> {
    let (_, after) = document.split_once("# Source: ")?;
    after.lines().next()
}
