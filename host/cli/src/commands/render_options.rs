//! The options of `helm template` and `kustomize build` as parameters of their generators. Files that are named on the
//! command line are read here: a generator sees the rendered folder and nothing else of this machine.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use crate::args::{ChartArgs, KustomizationArgs, RenderArgs};

/// What `helm template` calls a release that nobody named.
const RELEASE: &str = "release-name";

/// The parameters that the options stand for. Options of another generator are refused.
pub fn parameters(args: &RenderArgs, generator: &str) -> anyhow::Result<Map<String, Value>> {
    if generator != "helm" && args.chart != ChartArgs::default() {
        bail!("an option is for Helm charts only, and {} is none ({generator})", args.folder.display());
    }
    if generator != "kustomize" && args.kustomization != KustomizationArgs::default() {
        bail!("an option is for kustomizations only, and {} is none ({generator})", args.folder.display());
    }
    let mut parameters = match generator {
        "helm" => chart(&args.chart, args.name.as_deref())?,
        _ => Map::new(),
    };
    if let Some(text) = &args.parameters {
        let given: Map<String, Value> = serde_json::from_str(text).context("--parameters is not a JSON object")?;
        parameters.extend(given);
    }
    Ok(parameters)
}

/// The options that are an administrator's to give, as the settings that they stand for.
pub fn settings(args: &KustomizationArgs) -> Vec<(String, String)> {
    let restrictor = args.load_restrictor.map(|restrictor| format!("--load-restrictor={}", restrictor.name()));
    let reorder = args.reorder.map(|reorder| format!("--reorder={}", reorder.name()));
    let helm = args.enable_helm.then(|| "--enable-helm".to_owned());
    let options: Vec<String> = [restrictor, reorder, helm].into_iter().flatten().collect();
    vec![("kustomize.buildOptions".to_owned(), options.join(" "))]
}

fn chart(args: &ChartArgs, name: Option<&str>) -> anyhow::Result<Map<String, Value>> {
    let values = args.values.iter().map(|file| Ok(json!({ "name": file.display().to_string(), "data": read(file)? })));
    let template = json!({
        "values": values.collect::<anyhow::Result<Vec<_>>>()?,
        "set": args.set,
        "setString": args.set_string,
        "setJson": args.set_json,
        "setFile": args.set_file,
        "setLiteral": args.set_literal,
        "files": named_files(&args.set_file)?,
        "showOnly": args.show_only,
        "isUpgrade": args.is_upgrade,
        "skipHooks": args.no_hooks,
        "debug": args.debug,
    });
    Ok(object([
        ("releaseName", json!(name.unwrap_or(RELEASE))),
        ("skipCrds", json!(!args.include_crds)),
        ("skipTests", json!(args.skip_tests)),
        ("skipSchemaValidation", json!(args.skip_schema_validation)),
        ("template", template),
    ]))
}

fn object<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The files in `name=path,name=path`, by path.
fn named_files(arguments: &[String]) -> anyhow::Result<Map<String, Value>> {
    let paths = arguments.iter().flat_map(|argument| argument.split(',')).filter_map(|pair| pair.split_once('='));
    paths.map(|(_, path)| Ok((path.to_owned(), json!(read(Path::new(path))?)))).collect()
}

fn read(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
