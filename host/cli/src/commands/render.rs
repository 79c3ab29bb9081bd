//! `windlass render DIR`: the manifests of a folder, without a cluster.

use std::{
    fs, mem,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use serde_json::{Map, Value};
use windlass_model::{Tree, TreePath, application::Source};
use windlass_pipeline::{Generation, Problem, Rendering, Settings};
use windlass_runtime::{Application, Clock, Entropy, Seed, Target};
use windlass_source::FolderTree;

use super::render_options::{parameters, settings};
use crate::{
    args::{NamedFile, RenderArgs},
    assemble::{Assembly, assemble},
    exit::Exit,
    manifests,
    output::{complain, print, tell},
};

pub fn run(args: &RenderArgs) -> anyhow::Result<Exit> {
    let folder = Folder::open(&args.folder, args.allow_remote, &args.enabled.plugins)?;
    let generator = folder.generator()?;
    let account = Application {
        name: args.name.clone().unwrap_or_else(|| "app".into()),
        namespace: Settings::default().control_namespace,
        project: "default".into(),
        destination_namespace: args.namespace.clone(),
        ..Application::default()
    };
    let target = Target { kube_version: args.kube_version.clone(), api_versions: args.api_versions.as_slice().into() };
    let parameters = parameters(args, &generator)?;
    let entropy = args.entropy_seed.as_ref().map_or(Entropy::Fresh, |text| Entropy::Seeded(Seed::new(text.as_bytes())));
    let with = Some((generator, parameters));
    let rendered = folder.render(with, settings(&args.kustomization), account, target, entropy);
    // The process ends here: taking the engine apart before would only take time.
    mem::forget(folder);
    match rendered {
        Ok(generation) => {
            put_out(&text(&generation), args.output.as_deref())?;
            Ok(Exit::Done)
        }
        Err(problem) => {
            complain(&problem.message);
            Ok(Exit::Different)
        }
    }
}

/// A folder of this machine, and what can render it.
pub struct Folder {
    assembly: Assembly,
    tree: Arc<dyn Tree>,
    root: TreePath,
    /// Whether what is lacking is fetched from other machines.
    remote: bool,
}

impl Folder {
    pub fn open(folder: &Path, remote: bool, plugins: &[NamedFile]) -> anyhow::Result<Self> {
        let (tree, root) = FolderTree::around(folder)?;
        // Whoever runs this can read the files of this machine anyway.
        Ok(Self { assembly: assemble(Vec::new(), true, plugins)?, tree: Arc::new(tree), root, remote })
    }

    fn generator(&self) -> anyhow::Result<String> {
        Ok(self.assembly.pipeline.generator_of(&*self.tree, &self.root)?.name.clone())
    }

    /// Renders with the parameters of a generator, or as the folder's files have it.
    pub fn render(
        &self,
        with: Option<(String, Map<String, Value>)>,
        settings: Vec<(String, String)>,
        application: Application,
        target: Target,
        entropy: Entropy,
    ) -> Result<Arc<Generation>, Problem> {
        let mut source = Source::default();
        source.generators.extend(with.map(|(generator, parameters)| (generator, Value::Object(parameters))));
        let (tree, root, remote) = (self.tree.clone(), self.root.clone(), self.remote);
        self.assembly.pipeline.render(Rendering {
            tree,
            root,
            source: &source,
            application,
            target,
            entropy,
            clock: Clock { now: now(), granularity: None },
            settings,
            remote,
        })
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}

/// What the generator's own tool prints, else the objects.
fn text(generation: &Generation) -> String {
    for warning in &generation.warnings {
        tell(&warning.to_string());
    }
    match &generation.text {
        Some(text) => String::from_utf8_lossy(text).into_owned(),
        None => {
            let documents = generation.objects.iter();
            documents.map(|(object, _)| format!("---\n{}", manifests::to_yaml(object))).collect()
        }
    }
}

fn put_out(text: &str, file: Option<&Path>) -> anyhow::Result<()> {
    match file {
        Some(file) => fs::write(file, text).with_context(|| format!("cannot write {}", file.display())),
        None => {
            print(text);
            Ok(())
        }
    }
}
