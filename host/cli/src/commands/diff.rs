//! `windlass diff DIR`: what applying a folder would change in a cluster. Values of Secrets are masked.

use std::sync::Arc;

use similar::TextDiff;
use windlass_cluster::{ApplyMode, Cluster, Fence, Part};
use windlass_diff::{
    mask,
    normalize::{CompareOptions, normalize},
};
use windlass_model::{Object, names};
use windlass_runtime::{Application, Entropy, Target};

use super::{connect, render};
use crate::{
    args::DiffArgs,
    exit::Exit,
    manifests,
    output::{complain, print},
};

pub async fn run(args: DiffArgs) -> anyhow::Result<Exit> {
    let client = connect::client(&args.cluster).await?;
    let folder = render::Folder::open(&args.folder, false, &args.enabled.plugins)?;
    let account = Application { destination_namespace: args.namespace.clone(), ..Application::default() };
    let generation = match folder.render(None, Vec::new(), account, Target::default(), Entropy::Fresh) {
        Ok(generation) => generation,
        Err(problem) => {
            complain(&problem.message);
            return Ok(Exit::Failed);
        }
    };
    let options = windlass_cluster::Options {
        tracker: windlass_diff::Tracker::default(),
        excluded: Arc::new(|_| false),
        part: Part::Whole,
        fence: Fence::open(),
        on_change: Box::new(|_| {}),
    };
    let cluster = Cluster::connect(client, options).await?;
    let mut differs = false;
    for (object, _) in &generation.objects {
        let text = difference(&cluster, object, &args.namespace).await?;
        differs |= !text.is_empty();
        print(&text);
    }
    Ok(if differs { Exit::Different } else { Exit::Done })
}

async fn difference(cluster: &Cluster, object: &Object, namespace: &str) -> anyhow::Result<String> {
    let mut object = object.clone();
    if object.namespace().is_empty() && cluster.kinds().is_namespaced(&object.group_kind()) == Some(true) {
        object.set_namespace(namespace);
    }
    let key = object.key();
    let live = cluster.get(&key).map(|cached| cached.object());
    // The mark of the application that deployed it is not in the folder, and no difference.
    if let Some(mark) = live.as_ref().and_then(|live| live.annotation(names::TRACKING_ID)) {
        object.set_annotation(names::TRACKING_ID, mark);
    }
    let predicted = cluster.apply(&object, ApplyMode::ServerSide { force: false }, true).await?.object;
    let (mut before, mut after) = (live, predicted);
    mask(&mut [Some(&mut after), before.as_mut()].into_iter().flatten().collect::<Vec<_>>());
    let text = |object: &mut Object| {
        normalize(object, &CompareOptions::default());
        manifests::to_yaml(object)
    };
    let (before, after) = (before.as_mut().map(text).unwrap_or_default(), text(&mut after));
    if before == after {
        return Ok(String::new());
    }
    let diff = TextDiff::from_lines(&before, &after);
    Ok(diff.unified_diff().header(&format!("live {key}"), &format!("desired {key}")).to_string())
}
