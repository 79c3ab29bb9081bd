//! Generators, transformers and validators that are configured in files of their own: those built into kustomize, and
//! components. Functions that are programs or containers are refused by name.

use crate::builtin;
use crate::charts;
use crate::config::transforms::{self, field_spec};
use crate::config::{Fields, Reading, generator, helm};
use crate::documents::{self, DuplicateKeys};
use crate::error::{Error, Result};
use crate::fieldspec::FieldSpec;
use crate::files::base_name;
use crate::function::{COMPONENT, Function};
use crate::generate::{Generated, generate as generate_data};
use crate::layer::{Accumulated, Layer};
use crate::node::{Node, Scalar};
use crate::origin::{Configuration, Origin};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::transform::{NamespaceChange, Place, Step, Subjects, Transformer, ValueAddition, value_addition};

/// Reads the settings that a field lists: inline, in files, or made by kustomizations.
fn settings(layer: &Layer<'_>, field: &str, entries: &[String]) -> Result<Vec<Resource>> {
    let mut found = Accumulated::default();
    let mut paths = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        match documents::read(entry.as_bytes(), DuplicateKeys::Refuse, &layer.build.openapi) {
            Ok(mut inline) => {
                inline.iter_mut().for_each(|resource| resource.origin = layer.origin.append(layer.file_name));
                let added = found.resources.append_all(inline);
                added.map_err(|error| layer.place(&format!("{field}[{at}]"), error))?;
            }
            Err(error) if entry.trim().contains('\n') => {
                return Err(layer.place(&format!("{field}[{at}]"), error.in_text()));
            }
            Err(_) => paths.push(entry.clone()),
        }
    }
    layer.accumulate_resources(&mut found, field, &paths)?;
    Ok(found.resources.list.into_vec())
}

/// The origin of what a setting makes or changes.
pub(crate) fn origin_of(setting: &Resource) -> Origin {
    let by = Configuration {
        api_version: setting.api_version().to_owned(),
        kind: setting.kind().to_owned(),
        name: setting.name().to_owned(),
        namespace: setting.namespace().to_owned(),
    };
    Origin {
        path: String::new(),
        configured_in: setting.origin.path.clone(),
        configured_by: Some(by),
        ..setting.origin.clone()
    }
}

fn refuse_external(setting: &Resource) -> Result<()> {
    if setting.api_version() == "builtin" {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "{} {} '{}' is a function of its own ({}); no program, container or script is started: say it with kustomize's \
         builtin plugins, or port it to a Windlass component of the world `transformer`, which gets the same \
         ResourceList, and name that in the annotation {COMPONENT}: NAME@sha256:DIGEST",
        setting.api_version(),
        setting.kind(),
        setting.name(),
        function(setting)
    )))
}

/// What would have to be started, as far as the setting says it.
fn function(setting: &Resource) -> String {
    let annotations = setting.annotations();
    let declared =
        ["config.kubernetes.io/function", "config.k8s.io/function"].iter().find_map(|key| annotations.get(*key));
    let document = declared
        .and_then(|text| windlass_yaml::first_to_json(text.as_bytes(), &windlass_yaml::Limits::default()).ok()?);
    let declared = document.map(|document| document.value);
    let at = |field: &str, inner: &str| declared.as_ref()?.get(field)?.get(inner)?.as_str().map(str::to_owned);
    let container = at("container", "image").map(|image| format!("container {image}"));
    let program = || at("exec", "path").map(|path| format!("program {path}"));
    let script = || at("starlark", "path").or_else(|| at("starlark", "url")).map(|path| format!("script {path}"));
    container.or_else(program).or_else(script).unwrap_or_else(|| "a program of kustomize's plugin folder".to_owned())
}

fn unknown(setting: &Resource, what: &str) -> Error {
    Error::invalid(format!("there is no builtin {what} of kind {}", setting.kind()))
}

/// Reads settings with a function over their fields.
fn read<T>(setting: &Resource, read: impl FnOnce(&mut Fields<'_>) -> Result<T>) -> Result<T> {
    let document = setting.body.to_yaml(setting.line);
    let read = Fields::new(&document, "", Reading::PLUGIN).and_then(|mut fields| fields.finish_with(read));
    read.map_err(|error| error.while_doing(format!("{} '{}'", setting.kind(), setting.name())))
}

pub(crate) fn generate(layer: &Layer<'_>) -> Result<Vec<Resource>> {
    let mut generated = Vec::new();
    for setting in settings(layer, "generators", &layer.kustomization.generators)? {
        let made = generate_one(layer, &setting);
        generated.extend(made.map_err(|error| layer.place("generators", error))?);
    }
    Ok(generated)
}

fn generate_one(layer: &Layer<'_>, setting: &Resource) -> Result<Vec<Resource>> {
    if let Some(function) = Function::of(layer, "generators", setting)? {
        return function.generate(layer.build);
    }
    refuse_external(setting)?;
    let mut made = generate_builtin(layer, setting)?;
    made.iter_mut().for_each(|resource| resource.origin = origin_of(setting));
    Ok(made)
}

fn generate_builtin(layer: &Layer<'_>, setting: &Resource) -> Result<Vec<Resource>> {
    let data = |kind, read_args: fn(&mut Fields<'_>) -> Result<generator::GeneratorArgs>| {
        let mut args = read(setting, read_args)?;
        if args.name.is_empty() {
            setting.name().clone_into(&mut args.name);
        }
        if args.namespace.is_empty() {
            setting.namespace().clone_into(&mut args.namespace);
        }
        Ok(vec![generate_data(kind, &args, &layer.loader, layer.build)?])
    };
    match setting.kind() {
        "ConfigMapGenerator" => data(Generated::ConfigMap, generator::config_map),
        "SecretGenerator" => data(Generated::Secret, generator::secret),
        "IAMPolicyGenerator" => Ok(vec![policy_account(layer, setting)?]),
        "HelmChartInflationGenerator" => {
            let home = read(setting, helm::globals)?.chart_home;
            let home = if home.is_empty() { "charts".to_owned() } else { home };
            let chart = helm::HelmChart { chart_home: home, ..read(setting, helm::chart)? };
            charts::inflate_one(layer, &chart)
        }
        _ => Err(unknown(setting, "generator")),
    }
}

/// A ServiceAccount bound to an account of a cloud provider.
fn policy_account(layer: &Layer<'_>, setting: &Resource) -> Result<Resource> {
    let (cloud, service, account) = read(setting, |fields| {
        let names = |fields: &mut Fields<'_>| Ok((fields.text("name")?, fields.text("namespace")?));
        let account = |fields: &mut Fields<'_>| Ok((fields.text("name")?, fields.text("projectId")?));
        let service = fields.optional("kubernetesService", names)?.unwrap_or_default();
        Ok((fields.text("cloud")?, service, fields.optional("serviceAccount", account)?.unwrap_or_default()))
    })?;
    if cloud != "gke" {
        return Err(Error::invalid(format!("cloud provider {cloud} not supported yet")).in_field("cloud"));
    }
    let mut annotations = Node::map();
    let email = format!("{}@{}.iam.gserviceaccount.com", account.0, account.1);
    annotations.set("iam.gke.io/gcp-service-account", Scalar::string(email))?;
    let mut metadata = Node::map();
    metadata.set("annotations", annotations)?;
    metadata.set("name", Scalar::plain(service.0))?;
    if !service.1.is_empty() {
        metadata.set("namespace", Scalar::plain(service.1))?;
    }
    let mut body = Node::map();
    body.set("apiVersion", Scalar::string("v1"))?;
    body.set("kind", Scalar::string("ServiceAccount"))?;
    body.set("metadata", metadata)?;
    Ok(Resource::new(body, 0, layer.build.openapi.clone()))
}

pub(crate) fn transformers(layer: &Layer<'_>, field: &str, entries: &[String]) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for setting in settings(layer, field, entries)? {
        for transformer in transformer(layer, field, &setting).map_err(|error| layer.place(field, error))? {
            steps.push(Step { transformer, origin: origin_of(&setting).into() });
        }
    }
    Ok(steps)
}

fn specs(fields: &mut Fields<'_>) -> Result<Vec<FieldSpec>> {
    fields.list("fieldSpecs", field_spec)
}

fn affix(fields: &mut Fields<'_>, name: &str) -> Result<(String, Vec<FieldSpec>)> {
    if fields.take("fieldSpecs").is_none() {
        return Err(Error::invalid("is required").in_field("fieldSpecs"));
    }
    Ok((fields.text(name)?, specs(fields)?))
}

fn transformer(layer: &Layer<'_>, field: &str, setting: &Resource) -> Result<Vec<Transformer>> {
    if let Some(function) = Function::of(layer, field, setting)? {
        return Ok(vec![Transformer::Function(Box::new(function))]);
    }
    refuse_external(setting)?;
    builtin_transformer(layer, setting)
}

fn builtin_transformer(layer: &Layer<'_>, setting: &Resource) -> Result<Vec<Transformer>> {
    let prefix = |fields: &mut Fields<'_>| {
        let (prefix, specs) = affix(fields, "prefix")?;
        Ok(Transformer::Prefix { prefix, specs })
    };
    let suffix = |fields: &mut Fields<'_>| {
        let (suffix, specs) = affix(fields, "suffix")?;
        Ok(Transformer::Suffix { suffix, specs })
    };
    Ok(match setting.kind() {
        "AnnotationsTransformer" => vec![read(setting, |fields| {
            Ok(Transformer::Annotations { annotations: fields.map("annotations")?, specs: specs(fields)? })
        })?],
        "LabelTransformer" => vec![read(setting, |fields| {
            Ok(Transformer::Labels { labels: fields.map("labels")?, specs: specs(fields)? })
        })?],
        "PrefixTransformer" => vec![read(setting, prefix)?],
        "SuffixTransformer" => vec![read(setting, suffix)?],
        "PrefixSuffixTransformer" => vec![read(setting, prefix)?, read(setting, suffix)?],
        "NamespaceTransformer" => vec![Transformer::Namespace(read(setting, namespace)?)],
        "ImageTagTransformer" => vec![read(setting, |fields| {
            let image = fields.optional("imageTag", transforms::image)?.unwrap_or_default();
            Ok(Transformer::Image { image, specs: specs(fields)? })
        })?],
        "ReplicaCountTransformer" => vec![read(setting, |fields| {
            let replica = fields.optional("replica", transforms::replica)?.unwrap_or_default();
            Ok(Transformer::Replicas { replica, specs: specs(fields)? })
        })?],
        "ReplacementTransformer" => {
            let entries = read(setting, |fields| fields.list("replacements", transforms::replacement))?;
            vec![Transformer::Replacements(builtin::replacing(layer, &entries)?)]
        }
        "ValueAddTransformer" => vec![Transformer::ValueAdd(value_add(layer, setting)?)],
        "HashTransformer" => vec![Transformer::Hash],
        _ => vec![patch_transformer(layer, setting)?],
    })
}

fn patch_transformer(layer: &Layer<'_>, setting: &Resource) -> Result<Transformer> {
    let patching = match setting.kind() {
        "PatchTransformer" => builtin::patching(layer, &read(setting, transforms::patch)?)?,
        "PatchJson6902Transformer" => {
            let mut patch = read(setting, transforms::patch)?;
            patch.patch = read(setting, |fields| fields.text("jsonOp"))?;
            builtin::json_patching(layer, &patch)?
        }
        "PatchStrategicMergeTransformer" => strategic_merge(layer, setting)?,
        _ => return Err(unknown(setting, "transformer")),
    };
    Ok(Transformer::Patch(patching))
}

fn strategic_merge(layer: &Layer<'_>, setting: &Resource) -> Result<crate::transform::Patching> {
    let (paths, inline) = read(setting, |fields| Ok((fields.texts("paths")?, fields.text("patches")?)))?;
    let mut patches = Vec::new();
    for path in &paths {
        patches.extend(builtin::strategic_patch(layer, path)?);
    }
    patches.extend(documents::read(inline.as_bytes(), DuplicateKeys::Ignore, &layer.build.openapi)?);
    builtin::strategic(patches, Place { file: layer.file.clone(), line: 0, field: "transformers".to_owned() })
}

fn namespace(fields: &mut Fields<'_>) -> Result<NamespaceChange> {
    let metadata = fields.optional("metadata", |fields| fields.text("namespace"))?;
    Ok(NamespaceChange {
        namespace: metadata.unwrap_or_default(),
        specs: specs(fields)?,
        unset_only: fields.flag("unsetOnly")?,
        subjects: Subjects::parse(&fields.text("setRoleBindingSubjects")?)?,
    })
}

fn value_add(layer: &Layer<'_>, setting: &Resource) -> Result<ValueAddition> {
    let targets_of = |fields: &mut Fields<'_>| fields.list("targets", value_addition);
    let mut targets = read(setting, targets_of)?;
    let (value, path) = read(setting, |fields| Ok((fields.text("value")?, fields.text("targetFilePath")?)))?;
    if !path.is_empty() {
        let loaded = layer.load_file(&path)?;
        if let Some(document) = crate::config::parse(&loaded.content)? {
            let more = Fields::new(&document.root, "", Reading::PLUGIN)?.finish_with(targets_of);
            targets.extend(more.map_err(|error| error.in_file(&loaded.path))?);
        }
    }
    if targets.is_empty() {
        return Err(Error::invalid("must specify at least one target").in_field("targets"));
    }
    let value = match value.trim() {
        "" => base_name(&layer.loader.root).to_owned(),
        value => value.to_owned(),
    };
    Ok(ValueAddition { value, targets })
}

/// Runs validators: transformers that may change nothing, except that they may leave a label that says they ran.
pub(crate) fn validate(layer: &Layer<'_>, resources: &mut ResMap) -> Result<()> {
    for step in transformers(layer, "validators", &layer.kustomization.validators)? {
        let before = resources.clone();
        step.transformer.apply(resources, layer.build).map_err(|error| layer.place("validators", error))?;
        if !are_same(&before, resources) {
            let error = Error::invalid("validator shouldn't modify the resource map");
            return Err(layer.place("validators", error));
        }
    }
    Ok(())
}

fn are_same(before: &ResMap, after: &ResMap) -> bool {
    let same_at = |resource: &Resource| {
        let id = resource.id();
        let found: Vec<Resource> = after.called_now(&id).map(|at| without_stamp(&after.list[at])).collect();
        matches!(&found[..], [other] if other.body == resource.body && other.notes == resource.notes)
    };
    before.list.len() == after.list.len() && before.list.iter().all(same_at)
}

fn without_stamp(resource: &Resource) -> Resource {
    let mut resource = resource.clone();
    let mut labels = resource.labels();
    if labels.remove("validated-by").is_some() {
        resource.set_labels(&labels);
    }
    resource
}
