//! Changes to the top kustomization before it is built: what `kustomize edit` would write into the file.

use std::collections::BTreeMap;

use crate::artifact::remote_base;
use crate::config::kustomization::Kustomization;
use crate::config::transforms::{Image, Label, Patch, Replica, Selector};
use crate::error::{Error, Result};
use crate::id::Gvk;

/// The edits, each as the command of `kustomize edit` that it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// `set nameprefix`.
    pub name_prefix: Option<String>,
    /// `set namesuffix`.
    pub name_suffix: Option<String>,
    /// `set namespace`.
    pub namespace: Option<String>,
    /// `set image`. A part that is `*` keeps what the file says.
    pub images: Vec<Image>,
    /// `set replicas`.
    pub replicas: Vec<Replica>,
    /// `add label`.
    pub labels: LabelEdits,
    /// `add annotation`.
    pub annotations: BTreeMap<String, String>,
    /// Whether annotations may replace those in the file.
    pub force_annotations: bool,
    /// `add component`.
    pub components: Vec<String>,
    /// Leaves out components that are not there.
    pub ignore_missing_components: bool,
    /// Patches behind those of the file.
    pub patches: Vec<PatchEdit>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelEdits {
    pub pairs: BTreeMap<String, String>,
    /// Whether they may replace labels in the file.
    pub force: bool,
    /// Adds them under `labels`, without selectors, instead of `commonLabels`.
    pub without_selector: bool,
    /// With `without_selector`: also to the templates of pods.
    pub include_templates: bool,
}

/// An entry of `patches`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatchEdit {
    pub path: String,
    pub patch: String,
    pub target: Option<PatchTarget>,
    pub allow_name_change: bool,
    pub allow_kind_change: bool,
}

/// Which objects a patch is for; all but the selectors are regular expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatchTarget {
    pub gvk: Gvk,
    pub name: String,
    pub namespace: String,
    pub label_selector: String,
    pub annotation_selector: String,
}

const KEEP: &str = "*";

impl Image {
    /// Reads `name:tag`, `name@digest`, `name=newname`, `name=newname:tag` and the like; `None` for a bare name.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, value) = text.split_once('=').map_or(("", text), |(key, value)| (key, value));
        let (name, tag, digest) = crate::transform::split_image(value);
        if name == text {
            return None;
        }
        let image = Self { new_tag: tag.to_owned(), digest: digest.to_owned(), ..Self::default() };
        Some(match key {
            "" => Self { name: name.to_owned(), ..image },
            key => Self { name: key.to_owned(), new_name: name.to_owned(), ..image },
        })
    }

    fn over(&self, present: Option<&Image>) -> Image {
        let part = |own: &String, present: Option<&String>| match own.as_str() {
            KEEP => present.cloned().unwrap_or_default(),
            _ => own.clone(),
        };
        Image {
            name: self.name.clone(),
            new_name: part(&self.new_name, present.map(|image| &image.new_name)),
            new_tag: part(&self.new_tag, present.map(|image| &image.new_tag)),
            digest: part(&self.digest, present.map(|image| &image.digest)),
            tag_suffix: self.tag_suffix.clone(),
        }
    }
}

impl Edits {
    /// Applies the edits; `has_directory` says whether a component is there.
    pub(crate) fn apply(&self, to: &mut Kustomization, has_directory: impl Fn(&str) -> bool) -> Result<()> {
        let set = |field: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        set(&mut to.name_prefix, &self.name_prefix);
        set(&mut to.name_suffix, &self.name_suffix);
        set(&mut to.namespace, &self.namespace);
        self.set_images(to);
        self.set_replicas(to);
        self.labels.add(to)?;
        add_pairs(&mut to.common_annotations, &self.annotations, self.force_annotations, "annotation")?;
        for component in &self.components {
            let is_there = || remote_base(component).is_some() || has_directory(component);
            if !to.components.contains(component) && (!self.ignore_missing_components || is_there()) {
                to.components.push(component.clone());
            }
        }
        to.patches.extend(self.patches.iter().map(PatchEdit::to_patch));
        Ok(())
    }

    fn set_images(&self, to: &mut Kustomization) {
        if self.images.is_empty() {
            return;
        }
        let mut by_name: BTreeMap<String, Image> =
            to.images.drain(..).map(|image| (image.name.clone(), image)).collect();
        for image in &self.images {
            let edited = image.over(by_name.get(&image.name));
            by_name.insert(image.name.clone(), edited);
        }
        to.images = by_name.into_values().collect();
    }

    fn set_replicas(&self, to: &mut Kustomization) {
        if self.replicas.is_empty() {
            return;
        }
        let all = to.replicas.drain(..).chain(self.replicas.iter().cloned());
        let by_name: BTreeMap<String, Replica> = all.map(|replica| (replica.name.clone(), replica)).collect();
        to.replicas = by_name.into_values().collect();
    }
}

impl LabelEdits {
    fn add(&self, to: &mut Kustomization) -> Result<()> {
        if self.pairs.is_empty() {
            return Ok(());
        }
        if self.include_templates && !self.without_selector {
            return Err(Error::invalid(
                "labels with selectors are in templates already: include templates only without selectors",
            ));
        }
        if !self.without_selector {
            return add_pairs(&mut to.common_labels, &self.pairs, self.force, "label");
        }
        let is_alike =
            |label: &&mut Label| !label.include_selectors && label.include_templates == self.include_templates;
        match to.labels.iter_mut().find(is_alike) {
            Some(label) => add_pairs(&mut label.pairs, &self.pairs, self.force, "label"),
            None => {
                let pairs = self.pairs.clone();
                to.labels.push(Label { pairs, include_templates: self.include_templates, ..Label::default() });
                Ok(())
            }
        }
    }
}

fn add_pairs(
    to: &mut BTreeMap<String, String>,
    pairs: &BTreeMap<String, String>,
    may_replace: bool,
    what: &str,
) -> Result<()> {
    for (key, value) in pairs {
        if to.contains_key(key) && !may_replace {
            return Err(Error::invalid(format!(
                "{what} {key} is already in the kustomization; force it to replace it"
            )));
        }
        to.insert(key.clone(), value.clone());
    }
    Ok(())
}

impl PatchEdit {
    fn to_patch(&self) -> Patch {
        let target = self.target.as_ref().map(|target| Selector {
            gvk: target.gvk.clone(),
            name: target.name.clone(),
            namespace: target.namespace.clone(),
            annotations: target.annotation_selector.clone(),
            labels: target.label_selector.clone(),
            path: "patches.target".to_owned(),
        });
        Patch {
            path: self.path.clone(),
            patch: self.patch.clone(),
            target,
            allow_name_change: self.allow_name_change,
            allow_kind_change: self.allow_kind_change,
            place: "patches".to_owned(),
            line: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_keeps_the_parts_that_the_edit_leaves_open() {
        let present =
            Image { name: "web".into(), new_name: "registry/web".into(), new_tag: "1".into(), ..Image::default() };
        let mut kustomization = Kustomization { images: vec![present], ..Kustomization::default() };
        let edits = Edits { images: Image::parse("web=*:2").into_iter().collect(), ..Edits::default() };
        edits.apply(&mut kustomization, |_| true).unwrap();
        assert_eq!(
            (kustomization.images[0].new_name.as_str(), kustomization.images[0].new_tag.as_str()),
            ("registry/web", "2")
        );
    }

    #[test]
    fn a_label_of_the_file_is_replaced_only_by_force() {
        let pairs = BTreeMap::from([("app".to_owned(), "new".to_owned())]);
        let mut edits = Edits { labels: LabelEdits { pairs, ..LabelEdits::default() }, ..Edits::default() };
        let common_labels = BTreeMap::from([("app".to_owned(), "old".to_owned())]);
        let mut kustomization = Kustomization { common_labels, ..Kustomization::default() };
        assert!(edits.apply(&mut kustomization, |_| true).is_err());
        edits.labels.force = true;
        edits.apply(&mut kustomization, |_| true).unwrap();
        assert_eq!(kustomization.common_labels["app"], "new");
    }

    #[test]
    fn labels_for_templates_go_without_selectors_or_not_at_all() {
        let pairs = BTreeMap::from([("app".to_owned(), "new".to_owned())]);
        let labels = LabelEdits { pairs, include_templates: true, ..LabelEdits::default() };
        let apply = |labels: LabelEdits| {
            let mut kustomization = Kustomization::default();
            let edits = Edits { labels, ..Edits::default() };
            edits.apply(&mut kustomization, |_| true).map(|()| kustomization.labels)
        };
        assert!(apply(labels.clone()).is_err());
        assert!(apply(LabelEdits { without_selector: true, ..labels }).unwrap()[0].include_templates);
    }
}
