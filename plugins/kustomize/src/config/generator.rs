//! Settings of the ConfigMap and Secret generators.

use std::collections::BTreeMap;

use super::Fields;
use crate::error::Result;
use crate::resource::Behavior;

/// One generated ConfigMap or Secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GeneratorArgs {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) behavior: Behavior,
    pub(crate) literals: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) envs: Vec<String>,
    pub(crate) options: GeneratorOptions,
    /// Type of a Secret.
    pub(crate) secret_type: String,
    pub(crate) place: String,
    pub(crate) line: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) disable_hash: bool,
    pub(crate) immutable: bool,
}

impl GeneratorOptions {
    /// The options with those of the whole kustomization under them.
    pub(crate) fn over(&self, global: &Self) -> Self {
        let merge = |own: &BTreeMap<String, String>, global: &BTreeMap<String, String>| {
            let mut merged = global.clone();
            merged.extend(own.clone());
            merged
        };
        Self {
            labels: merge(&self.labels, &global.labels),
            annotations: merge(&self.annotations, &global.annotations),
            disable_hash: self.disable_hash || global.disable_hash,
            immutable: self.immutable || global.immutable,
        }
    }
}

pub(crate) fn options(fields: &mut Fields<'_>) -> Result<GeneratorOptions> {
    Ok(GeneratorOptions {
        labels: fields.map("labels")?,
        annotations: fields.map("annotations")?,
        disable_hash: fields.flag("disableNameSuffixHash")?,
        immutable: fields.flag("immutable")?,
    })
}

pub(crate) fn config_map(fields: &mut Fields<'_>) -> Result<GeneratorArgs> {
    let mut envs = fields.texts("envs")?;
    envs.extend(fields.optional_text("env")?.filter(|path| !path.is_empty()));
    Ok(GeneratorArgs {
        name: fields.text("name")?,
        namespace: fields.text("namespace")?,
        behavior: Behavior::parse(&fields.text("behavior")?),
        literals: fields.texts("literals")?,
        files: fields.texts("files")?,
        envs,
        options: fields.optional("options", options)?.unwrap_or_default(),
        secret_type: String::new(),
        place: fields.path("").trim_end_matches('.').to_owned(),
        line: fields.line(),
    })
}

pub(crate) fn secret(fields: &mut Fields<'_>) -> Result<GeneratorArgs> {
    let secret_type = fields.text("type")?;
    Ok(GeneratorArgs { secret_type, ..config_map(fields)? })
}
