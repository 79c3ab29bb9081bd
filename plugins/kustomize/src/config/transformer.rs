//! The field specifications of a layer: kustomize's own and those of `configurations` and `crds`.

use std::cell::OnceCell;
use std::rc::Rc;

use super::transforms::{field_spec, gvk};
use super::{Fields, Reading, defaults, parse};
use crate::error::Result;
use crate::fieldspec::{FieldSpec, merge_all};
use crate::id::Gvk;
use crate::order::compare_gvk;

/// Fields in which objects of a kind are referred to by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NameReference {
    /// The kind referred to.
    pub(crate) gvk: Gvk,
    pub(crate) specs: Vec<FieldSpec>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TransformerConfig {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<NameReference>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

impl TransformerConfig {
    /// Reads a file of `configurations`.
    pub(crate) fn read(content: &[u8]) -> Result<Self> {
        let Some(document) = parse(content)? else { return Ok(Self::default()) };
        let mut config = Fields::new(&document.root, "", Reading::CONFIGURATION)?.finish_with(Self::from_fields)?;
        config.sort();
        Ok(config)
    }

    fn from_fields(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            name_prefix: fields.list("namePrefix", field_spec)?,
            name_suffix: fields.list("nameSuffix", field_spec)?,
            namespace: fields.list("namespace", field_spec)?,
            common_labels: fields.list("commonLabels", field_spec)?,
            labels: fields.list("labels", field_spec)?,
            template_labels: fields.list("templateLabels", field_spec)?,
            common_annotations: fields.list("commonAnnotations", field_spec)?,
            name_reference: fields.list("nameReference", name_reference)?,
            var_reference: fields.list("varReference", field_spec)?,
            images: fields.list("images", field_spec)?,
            replicas: fields.list("replicas", field_spec)?,
        })
    }

    fn lists(&mut self) -> [&mut Vec<FieldSpec>; 10] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    pub(super) fn sort(&mut self) {
        for list in self.lists() {
            list.sort_by(|left, right| compare_gvk(&left.gvk, &right.gvk));
        }
        self.name_reference.sort_by(|left, right| compare_gvk(&left.gvk, &right.gvk));
    }

    /// Adds what the other has more.
    pub(crate) fn merge(&mut self, mut other: Self) -> Result<()> {
        for (own, more) in self.lists().into_iter().zip(other.lists()) {
            merge_all(own, more)?;
        }
        for reference in other.name_reference {
            self.refer(reference)?;
        }
        self.sort();
        Ok(())
    }

    pub(crate) fn refer(&mut self, reference: NameReference) -> Result<()> {
        match self.name_reference.iter_mut().find(|known| known.gvk == reference.gvk) {
            Some(known) => merge_all(&mut known.specs, &reference.specs),
            None => {
                self.name_reference.push(reference);
                Ok(())
            }
        }
    }
}

/// What every layer starts from: made once for a build, and shared by all layers that add nothing to it.
#[derive(Debug, Default)]
pub(crate) struct Builtin(OnceCell<Rc<TransformerConfig>>);

impl Builtin {
    pub(crate) fn get(&self) -> Rc<TransformerConfig> {
        self.0.get_or_init(|| Rc::new(defaults::transformer_config())).clone()
    }

    /// Adds what the other has more. The builtin one brings nothing into itself, and is all that comes of it and none.
    pub(crate) fn merge(&self, own: &mut Rc<TransformerConfig>, other: Rc<TransformerConfig>) -> Result<()> {
        if self.is(&other) && (self.is(own) || **own == TransformerConfig::default()) {
            *own = other;
            return Ok(());
        }
        Rc::make_mut(own).merge(Rc::unwrap_or_clone(other))
    }

    fn is(&self, config: &Rc<TransformerConfig>) -> bool {
        self.0.get().is_some_and(|builtin| Rc::ptr_eq(builtin, config))
    }
}

fn name_reference(fields: &mut Fields<'_>) -> Result<NameReference> {
    Ok(NameReference { gvk: gvk(fields)?, specs: fields.list("fieldSpecs", field_spec)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(own: TransformerConfig, other: TransformerConfig) -> TransformerConfig {
        let mut own = own;
        own.merge(other).unwrap();
        own
    }

    #[test]
    fn the_builtin_configuration_is_unchanged_by_what_is_not_merged() {
        let builtin = defaults::transformer_config();
        assert_eq!(merged(TransformerConfig::default(), builtin.clone()), builtin);
        assert_eq!(merged(builtin.clone(), builtin.clone()), builtin);
    }
}
