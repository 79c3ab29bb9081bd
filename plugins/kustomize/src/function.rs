//! Functions of a kustomization's own, as components that the caller runs: a ResourceList out, a ResourceList back.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::artifact::Artifact;
use crate::documents::{self, DuplicateKeys};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::loader::Build;
use crate::origin::Origin;
use crate::plugins::origin_of;
use crate::resmap::ResMap;
use crate::resource::{Behavior, Resource};
use crate::transform::Place;

/// Names a setting's component: `NAME@sha256:DIGEST`.
pub(crate) const COMPONENT: &str = "windlass.dev/component";
/// What a generated object wants, as kustomize's functions say it.
const HASH: &str = "kustomize.config.k8s.io/needs-hash";
const BEHAVIOR: &str = "kustomize.config.k8s.io/behavior";

/// A function that has to be run before the build can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCall {
    /// What the kustomization calls it: kind and name.
    pub function: String,
    pub component: String,
    /// Of the component: `sha256:…`.
    pub digest: String,
    /// The ResourceList that it gets, as JSON.
    pub resources: Vec<u8>,
    /// Path of the file that asks for it, below the tree's root.
    pub file: String,
    /// The field there.
    pub field: String,
}

impl FunctionCall {
    /// What the answer is known by: a file that holds the ResourceList that came back.
    pub fn answer(&self) -> Artifact {
        let resources = Sha256::digest(&self.resources).iter().map(|byte| format!("{byte:02x}")).collect();
        Artifact::Answer { component: self.component.clone(), digest: self.digest.clone(), resources }
    }
}

/// A setting that names a component.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    component: String,
    digest: String,
    setting: Resource,
    /// Of what it makes.
    origin: Origin,
    place: Place,
}

impl Function {
    /// The function that a setting of a field names, if it names one.
    pub(crate) fn of(layer: &Layer<'_>, field: &str, setting: &Resource) -> Result<Option<Self>> {
        let annotations = setting.annotations();
        let Some(text) = annotations.get(COMPONENT) else { return Ok(None) };
        let Some((component, digest)) = text.split_once('@').filter(|(name, digest)| is_named(name, digest)) else {
            let problem = format!("{}: {COMPONENT}: `{text}` is not NAME@sha256: and 64 digits", name(setting));
            return Err(Error::invalid(problem));
        };
        Ok(Some(Self {
            component: component.to_owned(),
            digest: digest.to_owned(),
            setting: setting.clone(),
            origin: origin_of(setting),
            place: Place { file: layer.file.clone(), line: 0, field: field.to_owned() },
        }))
    }

    /// The objects that it makes of nothing.
    pub(crate) fn generate(&self, build: &Build<'_>) -> Result<Vec<Resource>> {
        let mut made = self.run(build, Vec::new())?;
        for resource in &mut made {
            resource.origin = self.origin.clone();
            take_options(resource).map_err(|error| error.while_doing(name(&self.setting)))?;
        }
        Ok(made)
    }

    /// Lets it change the objects. One that is still called the same is the same; others are new, or gone.
    pub(crate) fn transform(&self, build: &Build<'_>, resources: &mut ResMap) -> Result<()> {
        let items: Vec<Value> = resources.list.iter().map(|old| old.body.to_json()).collect::<Result<_>>()?;
        let mut returned = ResMap::default();
        returned.append_all(self.run(build, items.clone())?).map_err(|error| self.unusable(&error))?;
        let mut is_known = vec![false; returned.list.len()];
        let old = std::mem::take(&mut resources.list).into_vec();
        for (mut old, sent) in old.into_iter().zip(items) {
            let found = returned.called_now(&old.id()).next();
            let Some(at) = found else { continue };
            is_known[at] = true;
            let body = &returned.list[at].body;
            if body.to_json()? != sent {
                old.body = body.clone();
            }
            resources.list.push(old);
        }
        for (mut resource, _) in returned.list.into_vec().into_iter().zip(is_known).filter(|(_, is_known)| !is_known) {
            resource.origin = self.origin.clone();
            resources.list.push(resource);
        }
        Ok(())
    }

    fn run(&self, build: &Build<'_>, items: Vec<Value>) -> Result<Vec<Resource>> {
        let call = self.call(items)?;
        let Some(place) = build.options.artifacts.get(&call.answer()) else {
            return Err(Error::NeedsFunction(Box::new(call)));
        };
        let read = build.files.read(place).map_err(|error| Error::invalid(error.to_string()));
        let answer = read.and_then(|file| documents::read(&file.content, DuplicateKeys::Refuse, &build.openapi));
        answer.map_err(|error| self.unusable(&error))
    }

    /// Nobody sees what came back: lines and fields of it are no places.
    fn unusable(&self, error: &Error) -> Error {
        let error = Error::invalid(format!("{} gave back: {error}", name(&self.setting)));
        error.in_field(&self.place.field).in_file(&self.place.file)
    }

    fn call(&self, items: Vec<Value>) -> Result<FunctionCall> {
        let list = json!({
            "apiVersion": "config.kubernetes.io/v1",
            "kind": "ResourceList",
            "items": items,
            "functionConfig": self.setting.body.to_json()?,
        });
        Ok(FunctionCall {
            function: name(&self.setting),
            component: self.component.clone(),
            digest: self.digest.clone(),
            resources: list.to_string().into_bytes(),
            file: self.place.file.clone(),
            field: self.place.field.clone(),
        })
    }
}

fn name(setting: &Resource) -> String {
    format!("{} '{}'", setting.kind(), setting.name())
}

fn is_named(name: &str, digest: &str) -> bool {
    let digits = digest.strip_prefix("sha256:").unwrap_or_default();
    !name.is_empty() && digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// What a generated object says of itself: whether its name gets a hash, and how it meets one of the same name.
fn take_options(resource: &mut Resource) -> Result<()> {
    let mut annotations = resource.annotations();
    let (hash, behavior) = (annotations.remove(HASH), annotations.remove(BEHAVIOR));
    if hash.is_none() && behavior.is_none() {
        return Ok(());
    }
    resource.notes.needs_hash = match hash.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(Error::invalid(format!("{HASH}: `{other}` is neither true nor false"))),
    };
    resource.notes.behavior = Behavior::parse(behavior.as_deref().unwrap_or_default());
    resource.set_annotations(&annotations);
    Ok(())
}
