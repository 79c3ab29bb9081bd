//! One object of the build: its content, and what it was called before.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::error::Result;
use crate::id::{Gvk, ResId};
use crate::node::{Node, Scalar};
use crate::origin::Origin;
use crate::schema::OpenApi;

pub(crate) type Labels = BTreeMap<String, String>;

/// Prefix of the annotations in which kustomize keeps its own notes. They never reach the output.
const INTERNAL: &str = "internal.config.kubernetes.io/";

/// How a generated object meets one of the same name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    #[default]
    Unspecified,
    Create,
    Replace,
    Merge,
}

impl Behavior {
    /// What is no behaviour is none.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }
}

/// A name the object had, and its kind and namespace then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreviousId {
    name: String,
    namespace: String,
    kind: String,
}

/// What kustomize notes on an object while it builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) previous: Vec<PreviousId>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    pub(crate) behavior: Behavior,
    pub(crate) needs_hash: bool,
    /// Inflated from a chart, which has set its namespaces itself.
    pub(crate) from_chart: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) body: Node,
    pub(crate) notes: Notes,
    /// Names of the `vars` that point at this object.
    pub(crate) variables: Vec<String>,
    pub(crate) origin: Origin,
    /// The transformers that changed it, for `buildMetadata: [transformerAnnotations]`.
    pub(crate) transformations: Vec<Rc<Origin>>,
    /// Line of the file it begins on; 0 for generated ones.
    pub(crate) line: u32,
    openapi: Rc<OpenApi>,
}

impl Resource {
    pub(crate) fn new(body: Node, line: u32, openapi: Rc<OpenApi>) -> Self {
        let origin = Origin::default();
        Self {
            body,
            notes: Notes::default(),
            variables: Vec::new(),
            origin,
            transformations: Vec::new(),
            line,
            openapi,
        }
    }

    pub(crate) fn openapi(&self) -> &OpenApi {
        &self.openapi
    }

    /// Nothing is left of it: a patch deleted it.
    pub(crate) fn is_deleted(&self) -> bool {
        self.body.is_empty()
    }

    pub(crate) fn kind(&self) -> &str {
        self.body.get("kind").map_or("", Node::text)
    }

    pub(crate) fn api_version(&self) -> &str {
        self.body.get("apiVersion").map_or("", Node::text)
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::of(self.api_version(), self.kind())
    }

    fn metadata(&self, field: &str) -> Option<&Node> {
        self.body.get("metadata")?.get(field)
    }

    pub(crate) fn name(&self) -> &str {
        self.metadata("name").filter(|name| !name.is_empty()).map_or("", Node::text)
    }

    pub(crate) fn namespace(&self) -> &str {
        self.metadata("namespace").filter(|namespace| !namespace.is_empty()).map_or("", Node::text)
    }

    pub(crate) fn is_cluster_scoped(&self) -> bool {
        self.openapi.is_cluster_scoped(self.api_version(), self.kind())
    }

    /// What it is called now.
    pub(crate) fn id(&self) -> ResId {
        ResId {
            gvk: self.gvk(),
            name: self.name().to_owned(),
            namespace: self.namespace().to_owned(),
            cluster_scoped: self.is_cluster_scoped(),
        }
    }

    /// What it was called before, oldest first.
    pub(crate) fn previous_ids(&self) -> Vec<ResId> {
        let Gvk { group, version, .. } = self.gvk();
        let id = |previous: &PreviousId| ResId {
            gvk: Gvk::new(&group, &version, &previous.kind),
            name: previous.name.clone(),
            namespace: previous.namespace.clone(),
            cluster_scoped: false,
        };
        self.notes.previous.iter().map(id).collect()
    }

    pub(crate) fn original_id(&self) -> ResId {
        self.previous_ids().into_iter().next().unwrap_or_else(|| self.id())
    }

    /// Whether it is or was ever called so.
    pub(crate) fn was_called(&self, matches: impl Fn(&ResId) -> bool) -> bool {
        self.previous_ids().iter().any(&matches) || matches(&self.id())
    }

    pub(crate) fn had_name(&self, name: &str) -> bool {
        self.notes.previous.iter().any(|previous| previous.name == name)
    }

    /// Whether the name can be its own, now or before: a cheap test ahead of comparing whole ids.
    pub(crate) fn may_be_called(&self, name: &str) -> bool {
        self.name() == name || self.had_name(name)
    }

    /// What it is called now, and what it was called before.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.notes.previous.iter().map(|previous| previous.name.as_str()).chain([self.name()])
    }

    /// Notes the present name before it is changed.
    pub(crate) fn store_previous_id(&mut self) {
        let id = self.id();
        let namespace = id.effective_namespace().to_owned();
        self.notes.previous.push(PreviousId { name: id.name, namespace, kind: id.gvk.kind });
    }

    pub(crate) fn set_kind(&mut self, kind: &str) -> Result<()> {
        self.body.set("kind", Scalar::plain(kind))
    }

    pub(crate) fn set_api_version(&mut self, api_version: &str) -> Result<()> {
        self.body.set("apiVersion", Scalar::plain(api_version))
    }

    pub(crate) fn set_name(&mut self, name: &str) -> Result<()> {
        match self.body.map_at("metadata") {
            Some(metadata) => metadata.set("name", Scalar::plain(name)),
            None => Ok(()),
        }
    }

    pub(crate) fn set_namespace(&mut self, namespace: &str) -> Result<()> {
        match self.body.get_mut("metadata") {
            Some(metadata) if namespace.is_empty() => {
                metadata.remove("namespace");
                Ok(())
            }
            _ => match self.body.map_at("metadata") {
                Some(metadata) if !namespace.is_empty() => metadata.set("namespace", Scalar::plain(namespace)),
                _ => Ok(()),
            },
        }
    }

    pub(crate) fn labels(&self) -> Labels {
        self.metadata_map("labels")
    }

    pub(crate) fn annotations(&self) -> Labels {
        self.metadata_map("annotations")
    }

    fn metadata_map(&self, field: &str) -> Labels {
        let entries = self.metadata(field).map_or(&[][..], Node::entries);
        entries.iter().map(|(key, value)| (key.text.clone(), value.text().to_owned())).collect()
    }

    pub(crate) fn set_labels(&mut self, labels: &Labels) {
        self.set_metadata_map("labels", labels);
    }

    /// Sets the annotations, every value as a string, in alphabetical order; none at all leaves no field.
    pub(crate) fn set_annotations(&mut self, annotations: &Labels) {
        self.set_metadata_map("annotations", annotations);
    }

    fn set_metadata_map(&mut self, field: &str, values: &Labels) {
        let Some(metadata) = self.body.map_at("metadata") else { return };
        metadata.remove(field);
        if !values.is_empty() {
            let entry =
                |(key, value): (&String, &String)| (Scalar::plain(key.as_str()), Scalar::text_block(value).into());
            let map = Node::Map(values.iter().map(entry).collect());
            if let Node::Map(entries) = metadata {
                entries.push((Scalar::plain(field), map));
            }
        }
    }

    /// Takes labels, annotations, name and namespace over from the object this one is merged onto or stands in for.
    /// Its own labels and annotations win; the notes are the other's, except whether a hash is wanted.
    pub(crate) fn take_metadata_from(&mut self, other: &Resource) -> Result<()> {
        let merge = |mut base: Labels, over: Labels| {
            base.extend(over);
            base
        };
        self.set_labels(&merge(other.labels(), self.labels()));
        self.set_annotations(&merge(other.annotations(), self.annotations()));
        self.set_name(other.name())?;
        self.set_namespace(other.namespace())?;
        let needs_hash = self.notes.needs_hash && other.notes.needs_hash;
        self.notes = Notes { needs_hash, ..other.notes.clone() };
        self.variables = other.variables.clone();
        Ok(())
    }

    /// The notes as kustomize would have written them into the annotations. A JSON patch sees these: with them there
    /// is an `annotations` field that a patch can add to or remove.
    pub(crate) fn internal_annotations(&self) -> Labels {
        let notes = &self.notes;
        let join = |texts: &[String]| texts.join(",");
        let previous = |part: fn(&PreviousId) -> &String| {
            notes.previous.iter().map(|id| part(id).as_str()).collect::<Vec<_>>().join(",")
        };
        let all = [
            ("previousKinds", previous(|id| &id.kind)),
            ("previousNames", previous(|id| &id.name)),
            ("previousNamespaces", previous(|id| &id.namespace)),
            ("prefixes", join(&notes.prefixes)),
            ("suffixes", join(&notes.suffixes)),
            ("needsHashSuffix", if notes.needs_hash { "enabled".to_owned() } else { String::new() }),
        ];
        let named = all.into_iter().filter(|(_, value)| !value.is_empty());
        named.map(|(name, value)| (format!("{INTERNAL}{name}"), value)).collect()
    }

    pub(crate) fn drop_internal_annotations(&mut self) {
        let mut annotations = self.annotations();
        annotations.retain(|key, _| !key.starts_with(INTERNAL));
        self.set_annotations(&annotations);
    }

    /// The string values of a ConfigMap's or Secret's field.
    pub(crate) fn data(&self, field: &str) -> Labels {
        let entries = self.body.get(field).map_or(&[][..], Node::entries);
        let value = |node: &Node| if node.is_null() { String::new() } else { node.text().to_owned() };
        entries.iter().map(|(key, node)| (key.text.clone(), value(node))).collect()
    }

    pub(crate) fn set_data(&mut self, field: &str, data: &Labels) {
        self.body.remove(field);
        if let (false, Node::Map(entries)) = (data.is_empty(), &mut self.body) {
            let entry =
                |(key, value): (&String, &String)| (Scalar::plain(key.as_str()), Scalar::text_block(value).into());
            entries.push((Scalar::plain(field), Node::Map(data.iter().map(entry).collect())));
        }
    }

    /// Whether it is only for kustomize itself and not to be printed.
    pub(crate) fn is_local(&self) -> bool {
        self.annotations().get("config.kubernetes.io/local-config").is_some_and(|value| value != "false")
    }
}
