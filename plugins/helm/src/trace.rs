//! Why rendering failed, in the words and the layout of Helm 4.
//!
//! A failure deep in a chain of includes is shown as one block for each template on the way; where a function failed
//! with a plain reason, or `tpl` stands between, Helm prints text/template's single line instead.

use windlass_gotemplate::{ExecError, Limit, ParseError};

/// Around what `fail` and `required` say, so that it can be found again inside all that callers put around it.
const MARK_START: &str = "HELM_ERR_START";
const MARK_END: &str = "HELM_ERR_END";
/// Templates shown of a chain; endless recursion has thousands, of which the last are as telling as all.
const MAX_SHOWN: usize = 40;
/// A single line quotes the text given to `tpl`, again for each `tpl` within `tpl`.
const MAX_BYTES: usize = 32 * 1024;

/// Where in the chart the failure was noticed: the outermost template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Chart name, then the path within the chart.
    pub template: String,
    /// From 1.
    pub line: usize,
    /// Bytes from 0, as Go counts; none for templates that do not parse.
    pub column: Option<usize>,
}

/// A template that does not parse or fails while it runs.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct TemplateError {
    pub text: String,
    pub location: Option<Location>,
    /// Set when a limit ended the rendering.
    pub limit: Option<Limit>,
}

pub(crate) fn marked(text: &str) -> String {
    format!("{MARK_START}{text}{MARK_END}")
}

impl From<&ParseError> for TemplateError {
    fn from(error: &ParseError) -> Self {
        let ParseError { template, line, message } = error;
        // Helm keeps what follows the last colon.
        let reason = message.rsplit(": ").next().unwrap_or(message);
        Self {
            text: format!("parse error at ({template}:{line}): {reason}"),
            location: Some(Location { template: template.clone(), line: *line, column: None }),
            limit: None,
        }
    }
}

impl From<&ExecError> for TemplateError {
    fn from(error: &ExecError) -> Self {
        let at = error.position.as_ref();
        let location = at.map(|at| Location { template: at.file.clone(), line: at.line, column: Some(at.column) });
        let text = match (said(error), blocks(error)) {
            (Some(said), _) => {
                let at = location.as_ref().map(Location::to_string).unwrap_or_default();
                format!("execution error at ({at}): {said}")
            }
            (None, Some(blocks)) => blocks,
            (None, None) => shortened(error),
        };
        Self { text: truncated(text), location, limit: error.limit() }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.template, self.line)?;
        self.column.map_or(Ok(()), |column| write!(out, ":{column}"))
    }
}

fn levels(error: &ExecError) -> impl Iterator<Item = &ExecError> {
    std::iter::successors(Some(error), |error| error.cause.as_deref())
}

/// What `fail` or `required` said, wherever in the chain it stands.
fn said(error: &ExecError) -> Option<&str> {
    levels(error).find_map(|level| {
        let (_, after) = level.message.split_once(MARK_START)?;
        after.rsplit_once(MARK_END).map(|(said, _)| said)
    })
}

/// One block for each template of the chain, or nothing where Helm gives up on that.
fn blocks(error: &ExecError) -> Option<String> {
    let mut blocks: Vec<String> = Vec::new();
    for level in levels(error) {
        let block = block(level)?;
        if blocks.last() != Some(&block) {
            blocks.push(block);
        }
        if let Some(missing) = missing_template(level) {
            blocks.push(format!("{missing}\n"));
        }
    }
    if blocks.len() > MAX_SHOWN {
        let left_out = blocks.len() - MAX_SHOWN;
        blocks.splice(MAX_SHOWN / 2..MAX_SHOWN / 2 + left_out, [format!("… {left_out} more templates\n")]);
    }
    Some(blocks.concat().trim().to_owned())
}

fn block(level: &ExecError) -> Option<String> {
    // Text before the cause other than the call itself, as `tpl` adds it, hides the chain from Helm.
    let calls = level.message.strip_prefix("error calling ");
    let callee_only = calls.and_then(|rest| rest.strip_suffix(": ")).is_some_and(|name| !name.contains([' ', ':']));
    if calls.is_some() && !(level.cause.is_some() && callee_only) && missing_template(level).is_none() {
        return None;
    }
    let message = level.message.split(" template:").next().unwrap_or(&level.message).trim_end();
    match &level.position {
        Some(at) => {
            let (file, line, column, node) = (&at.file, at.line, at.column, &at.node);
            let name = windlass_gotemplate::fmt::quote(level.template.as_bytes());
            Some(format!("{file}:{line}:{column}\n  executing {name} at <{node}>:\n    {message}\n"))
        }
        None => match format!("{}: {message}", level.template).rsplit_once(": ") {
            Some((place, reason)) => Some(format!("{place}\n  {reason}\n")),
            None => Some(format!("{message}\n")),
        },
    }
}

/// The one plain error that Helm shows as part of a chain.
fn missing_template(level: &ExecError) -> Option<&str> {
    let (_, text) = level.message.split_once(": ")?;
    (level.cause.is_none() && text.starts_with("template: no template ")).then_some(text)
}

/// text/template's single line; of a chain too long to read, the two ends.
fn shortened(error: &ExecError) -> String {
    let count = levels(error).count();
    if count <= MAX_SHOWN {
        return error.to_string();
    }
    let mut text = String::new();
    for (index, level) in levels(error).enumerate() {
        let shown = index < MAX_SHOWN / 2 || index >= count - MAX_SHOWN / 2;
        if shown {
            let (template, position, message) = (level.template.clone(), level.position.clone(), level.message.clone());
            text += &ExecError { template, position, message, cause: None, limit: None }.to_string();
        } else if index == MAX_SHOWN / 2 {
            text += "… ";
        }
    }
    text
}

fn truncated(mut text: String) -> String {
    if text.len() > MAX_BYTES {
        let end = (0..=MAX_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text += " …";
    }
    text
}
