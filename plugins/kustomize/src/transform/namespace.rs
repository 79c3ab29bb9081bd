//! The namespace of all objects.

use crate::error::{Error, Result};
use crate::fieldspec::{Creation, FieldSpec};
use crate::node::{Node, Scalar};
use crate::resmap::{ResMap, named};
use crate::resource::Resource;

/// Which subjects of role bindings get the namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Those named `default`.
    #[default]
    Default,
    AllServiceAccounts,
    None,
}

impl Subjects {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text {
            "" | "defaultOnly" => Ok(Self::Default),
            "allServiceAccounts" => Ok(Self::AllServiceAccounts),
            "none" => Ok(Self::None),
            _ => Err(Error::invalid(format!(
                "invalid value {text:?}: must be one of defaultOnly, allServiceAccounts or none"
            ))
            .in_field("setRoleBindingSubjects")),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct NamespaceChange {
    pub(crate) namespace: String,
    pub(crate) specs: Vec<FieldSpec>,
    /// Leaves namespaces alone that are set already.
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

fn is_role_binding(kind: &str) -> bool {
    kind == "RoleBinding" || kind == "ClusterRoleBinding"
}

impl NamespaceChange {
    pub(crate) fn apply(&self, resources: &mut ResMap) -> Result<()> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        for at in 0..resources.list.len() {
            let resource = &resources.list[at];
            if resource.is_deleted() || resource.notes.from_chart {
                continue;
            }
            let changed = resources.list.change(at, |resource| {
                resource.store_previous_id();
                self.change(resource).map_err(|error| named(error, resource))
            });
            changed?;
            let id = resources.list[at].id();
            if resources.called_now(&id).count() != 1 {
                return Err(Error::invalid(format!("namespace transformation produces ID conflict: {id}")));
            }
        }
        Ok(())
    }

    /// Changes one object without looking at the others.
    pub(crate) fn change(&self, resource: &mut Resource) -> Result<()> {
        let is_binding = is_role_binding(resource.kind());
        let is_core = resource.api_version() == "v1";
        if !resource.is_cluster_scoped() {
            self.set(&FieldSpec::creating("metadata/namespace"), &mut resource.body)?;
        }
        if is_binding {
            self.change_subjects(&mut resource.body)?;
        }
        let applies = |spec: &&FieldSpec| match spec.path.as_str() {
            "metadata/namespace" => false,
            "metadata/name" => is_core,
            "subjects/namespace" => !(is_binding && is_role_binding(&spec.gvk.kind)),
            _ => true,
        };
        self.specs.iter().filter(applies).try_for_each(|spec| self.set(spec, &mut resource.body))
    }

    fn set(&self, spec: &FieldSpec, body: &mut Node) -> Result<()> {
        spec.apply(body, Some(Creation::STRING), &mut |field| self.set_field(field))
    }

    fn set_field(&self, field: &mut Node) -> Result<()> {
        if self.unset_only && !field.is_null() && !field.text().is_empty() {
            return Ok(());
        }
        if field.is_null() {
            *field = Scalar::plain("").into();
        }
        field.set_scalar(Scalar::string(self.namespace.as_str()))
    }

    fn change_subjects(&self, body: &mut Node) -> Result<()> {
        let Some(Node::Seq(subjects)) = body.get_mut("subjects") else { return Ok(()) };
        let is_meant = |subject: &Node| match self.subjects {
            Subjects::Default => subject.get("name").is_some_and(|name| name.text() == "default"),
            Subjects::AllServiceAccounts => subject.get("kind").is_some_and(|kind| kind.text() == "ServiceAccount"),
            Subjects::None => false,
        };
        for subject in subjects.iter_mut().filter(|subject| is_meant(subject)) {
            if subject.get("namespace").is_none() {
                subject.set("namespace", Scalar::plain(""))?;
            }
            if let Some(namespace) = subject.get_mut("namespace") {
                self.set_field(namespace)?;
            }
        }
        Ok(())
    }
}
