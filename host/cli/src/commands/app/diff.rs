//! `windlass app diff NAME`: what a sync would change, through the pipeline that a sync goes through.

use similar::TextDiff;
use windlass_diff::evidence::FieldDifference;
use windlass_model::Object;
use windlass_pipeline::Examined;

use super::survey;
use crate::{
    args::app::AppDiffArgs,
    exit::Exit,
    manifests,
    output::{complain, harmless, print},
};

pub async fn run(args: AppDiffArgs) -> anyhow::Result<Exit> {
    let (survey, observation) = survey::of(&args.app, &args.sources, args.revision.as_deref()).await?;
    if let Some(problem) = &observation.state.problem {
        complain(&format!("{}: {problem}", args.app.name));
        return Ok(Exit::Failed);
    }
    let Some(scope) = &observation.scope else { return Ok(Exit::Failed) };
    let mut differs = false;
    for pair in &observation.state.pairs {
        let examined = survey.observer().pipeline().examine(scope, pair).await;
        let foreign = pair.live.is_some() && pair.target.is_none() && !pair.is_ours;
        if !foreign && (!pair.is_synced() || !examined.taken_over.is_empty()) {
            let text = text(&examined);
            differs |= !text.is_empty();
            print(&text);
        }
    }
    Ok(if differs { Exit::Different } else { Exit::Done })
}

/// One object's difference, with what stands beside it.
fn text(examined: &Examined) -> String {
    let yaml = |object: &Option<Object>| object.as_ref().map(manifests::to_yaml).unwrap_or_default();
    let (before, after) = (yaml(&examined.live), yaml(&examined.after));
    let key = &examined.key;
    let mut text = String::new();
    if let Some(refusal) = &examined.refusal {
        text.push_str(&format!("# the API server refuses {key}: {}\n", harmless(refusal)));
    }
    text.extend(examined.taken_over.iter().map(taken_over));
    text.extend(
        examined
            .evidence
            .hidden
            .iter()
            .map(|hidden| format!("# {} differs and is ignored by {}\n", hidden.field.path, hidden.rules.join(", "))),
    );
    if before != after {
        let diff = TextDiff::from_lines(&before, &after);
        text.push_str(&diff.unified_diff().header(&format!("live {key}"), &format!("desired {key}")).to_string());
    }
    text
}

fn taken_over(field: &FieldDifference) -> String {
    let owners: Vec<&str> = field.owners.iter().map(|owner| owner.manager.as_str()).collect();
    format!("# {} is removed: it is taken over from {}, and Git does not have it\n", field.path, owners.join(" and "))
}
