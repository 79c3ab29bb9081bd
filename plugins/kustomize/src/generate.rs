//! ConfigMaps and Secrets made of literals and files.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::generator::GeneratorArgs;
use crate::error::{Error, Result};
use crate::files::base_name;
use crate::loader::{Build, Loader};
use crate::node::{Node, Scalar, Tag};
use crate::resource::Resource;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generated {
    ConfigMap,
    Secret,
}

impl Generated {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// Base64 is folded at this many columns where it does not fit on one line.
const LINE_LENGTH: usize = 70;

pub(crate) fn generate(kind: Generated, args: &GeneratorArgs, loader: &Loader, build: &Build<'_>) -> Result<Resource> {
    make(kind, args, loader, build).map_err(|error| error.in_field(&args.place).at_line(args.line))
}

fn make(kind: Generated, args: &GeneratorArgs, loader: &Loader, build: &Build<'_>) -> Result<Resource> {
    if args.name.is_empty() {
        return Err(Error::invalid(format!("a {} must have a name", kind.kind())));
    }
    let mut body = base(kind, args)?;
    let pairs = pairs(args, loader, build)?;
    match kind {
        Generated::ConfigMap => add_config_data(&mut body, &pairs)?,
        Generated::Secret => add_secret_data(&mut body, &pairs)?,
    }
    add_options(&mut body, args)?;
    let mut resource = Resource::new(body, 0, build.openapi.clone());
    resource.notes.needs_hash = !args.options.disable_hash;
    resource.notes.behavior = args.behavior;
    Ok(resource)
}

fn base(kind: Generated, args: &GeneratorArgs) -> Result<Node> {
    let mut body = Node::map();
    body.set("apiVersion", Scalar::string("v1"))?;
    body.set("kind", Scalar::string(kind.kind()))?;
    let mut metadata = Node::map();
    metadata.set("name", Scalar::plain(args.name.as_str()))?;
    if !args.namespace.is_empty() {
        metadata.set("namespace", Scalar::plain(args.namespace.as_str()))?;
    }
    body.set("metadata", metadata)?;
    if kind == Generated::Secret {
        let secret_type = if args.secret_type.is_empty() { "Opaque" } else { &args.secret_type };
        body.set("type", Scalar::string(secret_type))?;
    }
    Ok(body)
}

/// All keys with their values: from env files, literals and files. No key can come twice.
fn pairs(args: &GeneratorArgs, loader: &Loader, build: &Build<'_>) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut pairs = BTreeMap::new();
    let mut add = |key: String, value: Vec<u8>| match pairs.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(Error::invalid(format!("{} illegally repeats the key `{key}`", args.name))),
    };
    for path in &args.envs {
        let file = loader.load(build, path).map_err(Error::from)?;
        for (key, value) in env_pairs(&file.content).map_err(|error| error.in_file(&file.path))? {
            add(key, value.into_bytes())?;
        }
    }
    for literal in &args.literals {
        let (key, value) = parse_literal(literal)?;
        add(key.to_owned(), value.as_bytes().to_vec())?;
    }
    for source in &args.files {
        let (key, path) = parse_file_source(source)?;
        add(key.to_owned(), loader.load(build, path).map_err(Error::from)?.content)?;
    }
    Ok(pairs)
}

/// `KEY=value` lines. A key without `=` has no value: this build has no environment to take it from.
fn env_pairs(content: &[u8]) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (at, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let text = std::str::from_utf8(line)
            .map_err(|_| Error::invalid("line has invalid UTF-8 bytes").at_line(at as u32 + 1))?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        let text = if at == 0 { text.trim_start_matches('\u{FEFF}') } else { text };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(pairs)
}

/// The text of a literal may hold a secret, so it is not repeated.
fn parse_literal(literal: &str) -> Result<(&str, &str)> {
    match literal.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, without_quotes(value))),
        _ => Err(Error::invalid("invalid literal source, expected key=value")),
    }
}

fn without_quotes(text: &str) -> &str {
    let quote = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    quote('"').or_else(|| quote('\'')).unwrap_or(text)
}

/// `path` or `key=path`.
fn parse_file_source(source: &str) -> Result<(&str, &str)> {
    match source.split_once('=') {
        None => Ok((base_name(source), source)),
        Some((_, path)) if path.contains('=') => {
            Err(Error::invalid(format!("source {source:?} key name or file path contains '='")))
        }
        Some(("", path)) => Err(Error::invalid(format!("missing key name for file path {path:?}"))),
        Some((key, "")) => Err(Error::invalid(format!("missing file path for key name {key:?}"))),
        Some((key, path)) => Ok((key, path)),
    }
}

fn add_config_data(body: &mut Node, pairs: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    for (key, value) in pairs {
        let (field, text) = match std::str::from_utf8(value) {
            Ok(text) => ("data", text.to_owned()),
            Err(_) => ("binaryData", folded_base64(value)),
        };
        if let Some(data) = body.map_at(field) {
            data.set(key, Scalar::text_block(&text))?;
        }
    }
    Ok(())
}

fn add_secret_data(body: &mut Node, pairs: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let Some(data) = body.map_at("data") else { return Ok(()) };
    for (key, value) in pairs {
        data.set(key, Scalar::text_block(&folded_base64(value)))?;
    }
    Ok(())
}

/// One line, or several that each end with a line break.
fn folded_base64(content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    if encoded.len() < LINE_LENGTH {
        return encoded;
    }
    let mut folded = String::with_capacity(encoded.len() + encoded.len() / LINE_LENGTH + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(LINE_LENGTH.min(rest.len()));
        folded.push_str(line);
        folded.push('\n');
        rest = more;
    }
    folded
}

fn add_options(body: &mut Node, args: &GeneratorArgs) -> Result<()> {
    let options = &args.options;
    for (field, values) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        for (key, value) in values {
            if let Some(map) = body.map_at("metadata").and_then(|metadata| metadata.map_at(field)) {
                map.set(key, Scalar::string(value.as_str()))?;
            }
        }
    }
    if options.immutable {
        body.set("immutable", Scalar::tagged("true", Tag::Bool))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_lines_keep_everything_after_the_first_equals_sign() {
        let pairs = env_pairs("\u{FEFF}A=1=2\n# no\n\n  B= x \nC\n".as_bytes()).unwrap();
        let expected = [("A", "1=2"), ("B", " x "), ("C", "")];
        assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn long_base64_is_folded() {
        assert_eq!(folded_base64(b"abc"), "YWJj");
        let folded = folded_base64(&[0; 60]);
        assert_eq!(folded.lines().map(str::len).collect::<Vec<_>>(), [70, 10]);
        assert!(folded.ends_with('\n'));
    }
}
