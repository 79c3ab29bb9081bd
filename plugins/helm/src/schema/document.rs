//! A schema document: which draft it follows, what can be referred to in it, and its regular expressions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;
use serde_json::Value;

/// What Helm calls the schema of a chart.
const ROOT: &str = "file:///values.schema.json";
const MAX_DEPTH: usize = 200;
/// Bytes that one compiled regular expression may take.
const MAX_REGEX_BYTES: usize = 2 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Four,
    Six,
    Seven,
    Year2019,
    Year2020,
}

impl Draft {
    fn of(schema: &Value) -> Result<Self, String> {
        let Some(url) = schema.get("$schema").and_then(Value::as_str) else { return Ok(Self::Year2020) };
        let name = url.trim_end_matches('#');
        let name = name.strip_prefix("http://").or_else(|| name.strip_prefix("https://")).unwrap_or(name);
        Ok(match name {
            "json-schema.org/schema" | "json-schema.org/draft/2020-12/schema" => Self::Year2020,
            "json-schema.org/draft/2019-09/schema" => Self::Year2019,
            "json-schema.org/draft-07/schema" => Self::Seven,
            "json-schema.org/draft-06/schema" => Self::Six,
            "json-schema.org/draft-04/schema" => Self::Four,
            _ => return Err(format!("failing loading {url:?}: remote schemas are not fetched\n")),
        })
    }
}

/// A place in the document: a schema, and the URL of the resource it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) schema: &'a Value,
    pub(super) resource: Rc<str>,
}

pub(super) struct Document<'a> {
    pub(super) draft: Draft,
    pub(super) root: Place<'a>,
    /// Whether evaluated properties and items must be tracked at all.
    pub(super) tracks_evaluation: bool,
    resources: HashMap<Rc<str>, &'a Value>,
    anchors: HashMap<(Rc<str>, &'a str), &'a Value>,
    dynamic_anchors: HashMap<(Rc<str>, &'a str), &'a Value>,
    regexes: RefCell<HashMap<String, Rc<Regex>>>,
}

impl<'a> Document<'a> {
    pub(super) fn new(schema: &'a Value) -> Result<Self, String> {
        let root = Place { schema, resource: ROOT.into() };
        let mut document = Self {
            draft: Draft::of(schema)?,
            root: root.clone(),
            tracks_evaluation: false,
            resources: HashMap::from([(root.resource.clone(), schema)]),
            anchors: HashMap::new(),
            dynamic_anchors: HashMap::new(),
            regexes: RefCell::default(),
        };
        document.index(schema, &root.resource, "", 0)?;
        document.root = document.enter(&root, schema);
        Ok(document)
    }

    /// Records identifiers and anchors, and refuses what no draft allows.
    fn index(&mut self, schema: &'a Value, resource: &Rc<str>, path: &str, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("{ROOT}#{path}: schema is nested deeper than {MAX_DEPTH}\n"));
        }
        match schema {
            Value::Object(keywords) => {
                check_type(keywords.get("type"), path)?;
                let resource = self.identify(schema, resource);
                for (keyword, inner) in keywords {
                    self.tracks_evaluation |= keyword.starts_with("unevaluated");
                    if !matches!(keyword.as_str(), "const" | "enum" | "default" | "examples") {
                        self.index(inner, &resource, &format!("{path}/{keyword}"), depth + 1)?;
                    }
                }
            }
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    self.index(inner, resource, &format!("{path}/{index}"), depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn identify(&mut self, schema: &'a Value, resource: &Rc<str>) -> Rc<str> {
        let mut resource = resource.clone();
        if let Some(id) = self.id(schema) {
            let (url, fragment) = split(id);
            if !url.is_empty() {
                resource = join(&resource, url).into();
                self.resources.entry(resource.clone()).or_insert(schema);
            }
            if self.draft < Draft::Year2019 && !fragment.is_empty() {
                self.anchors.insert((resource.clone(), fragment), schema);
            }
        }
        if let Some(anchor) = schema.get("$anchor").and_then(Value::as_str) {
            self.anchors.insert((resource.clone(), anchor), schema);
        }
        if let Some(anchor) = schema.get("$dynamicAnchor").and_then(Value::as_str) {
            self.anchors.insert((resource.clone(), anchor), schema);
            self.dynamic_anchors.insert((resource.clone(), anchor), schema);
        }
        resource
    }

    fn id(&self, schema: &'a Value) -> Option<&'a str> {
        let keyword = if self.draft == Draft::Four { "id" } else { "$id" };
        // Beside a $ref the older drafts ignore everything.
        let ignored = self.draft < Draft::Year2019 && schema.get("$ref").is_some();
        if ignored { None } else { schema.get(keyword).and_then(Value::as_str) }
    }

    /// The place of a schema that lies directly in `outer`.
    pub(super) fn enter(&self, outer: &Place<'a>, schema: &'a Value) -> Place<'a> {
        let url = self.id(schema).map(|id| split(id).0).filter(|url| !url.is_empty());
        let resource = url.map_or_else(|| outer.resource.clone(), |url| join(&outer.resource, url).into());
        Place { schema, resource }
    }

    /// What `reference`, standing at `from`, refers to.
    pub(super) fn resolve(&self, from: &Place<'a>, reference: &str) -> Result<Place<'a>, String> {
        let (url, fragment) = split(reference);
        let resource: Rc<str> = if url.is_empty() { from.resource.clone() } else { join(&from.resource, url).into() };
        let Some(schema) = self.resources.get(&resource) else {
            return Err(format!("failing loading {:?}: remote references are not followed\n", &*resource));
        };
        let place = Place { schema, resource: resource.clone() };
        if fragment.is_empty() {
            return Ok(place);
        }
        if fragment.starts_with('/') {
            return self.walk(place, fragment, reference);
        }
        let anchored = self.anchors.get(&(resource.clone(), fragment));
        let schema = anchored.ok_or_else(|| format!("{:?} not found\n", format!("{resource}#{fragment}")))?;
        Ok(Place { schema, resource })
    }

    fn walk(&self, from: Place<'a>, pointer: &str, reference: &str) -> Result<Place<'a>, String> {
        let mut place = from;
        for part in pointer.split('/').skip(1) {
            let part = percent_decoded(part).replace("~1", "/").replace("~0", "~");
            let inner = match place.schema {
                Value::Object(entries) => entries.get(&part),
                Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            let inner = inner.ok_or_else(|| format!("json-pointer in {reference:?} not found\n"))?;
            place = self.enter(&place, inner);
        }
        Ok(place)
    }

    pub(super) fn dynamic_anchor(&self, resource: &Rc<str>, name: &str) -> Option<Place<'a>> {
        let schema = self.dynamic_anchors.get(&(resource.clone(), name))?;
        Some(Place { schema, resource: resource.clone() })
    }

    pub(super) fn regex(&self, pattern: &str) -> Result<Rc<Regex>, String> {
        if let Some(regex) = self.regexes.borrow().get(pattern) {
            return Ok(regex.clone());
        }
        let compiled = regex::RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).build();
        let regex = Rc::new(compiled.map_err(|_| format!("invalid regex {pattern:?} in the schema\n"))?);
        self.regexes.borrow_mut().insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    }
}

/// A `type` that names no type is the fault seen most often in schemas.
fn check_type(types: Option<&Value>, path: &str) -> Result<(), String> {
    const NAMES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];
    let known = |name: &Value| name.as_str().is_some_and(|name| NAMES.contains(&name));
    // A property may be called `type`; its value is then a schema.
    let valid = match types {
        None | Some(Value::Object(_) | Value::Bool(_)) => true,
        Some(Value::Array(names)) => names.iter().all(known) || path.ends_with("/required"),
        Some(name) => known(name),
    };
    if valid { Ok(()) } else { Err(format!("\"{ROOT}#{path}\" is not valid against metaschema: type names no type\n")) }
}

fn split(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// Resolves `url` against `base`, as far as schemas need it.
fn join(base: &str, url: &str) -> String {
    if url.contains("://") || url.starts_with("urn:") {
        return url.to_owned();
    }
    let scheme_end = base.find("://").map_or(0, |at| at + 3);
    let path_start = base[scheme_end..].find('/').map_or(base.len(), |at| scheme_end + at);
    let folder = match url.strip_prefix('/') {
        Some(_) => &base[..path_start],
        None => base.rfind('/').map_or(base, |at| &base[..at]),
    };
    let mut parts: Vec<&str> =
        folder[path_start.min(folder.len())..].split('/').filter(|part| !part.is_empty()).collect();
    for part in url.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{}/{}", &base[..path_start], parts.join("/"))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
