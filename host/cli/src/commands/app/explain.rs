//! `windlass app explain NAME`: why an application is not where it should be, from the objects as they live.

use jiff::Timestamp;
use serde_json::json;
use windlass_controller::Observation;
use windlass_model::{HealthStatus, application::SyncStatus};
use windlass_pipeline::{Examined, TreeNode};

use super::{
    findings::{self, Finding, Subject},
    survey::{self, Survey},
    view::document,
};
use crate::{
    args::app::ExplainArgs,
    exit::Exit,
    output::{harmless, print},
};

pub async fn run(args: ExplainArgs) -> anyhow::Result<Exit> {
    let (survey, observation) = survey::of(&args.app, &args.sources, None).await?;
    let examined = examine(&survey, &observation).await;
    let trees = match &observation.scope {
        Some(scope) => survey.observer().pipeline().tree(scope, &observation.state).await,
        None => Vec::new(),
    };
    let found = collect(&observation, &examined, &trees);
    let value = json!({
        "application": observation.app.full_name(),
        "sync": observation.state.assessment.status.as_str(),
        "health": observation.state.assessment.health.as_str(),
        "findings": found,
    });
    print(&document(args.format.output, &value, || text(&observation, &found)));
    Ok(if found.iter().any(|finding| finding.subject != Subject::Hidden) { Exit::Different } else { Exit::Done })
}

/// A close look at each object that differs, or that rules might hide something of.
async fn examine(survey: &Survey, observation: &Observation) -> Vec<Examined> {
    let Some(scope) = &observation.scope else { return Vec::new() };
    let has_rules = !scope.app.spec.ignore_differences.is_empty() || !scope.settings.ignore_differences.is_empty();
    let mut examined = Vec::new();
    for pair in observation.state.pairs.iter().filter(|pair| has_rules || !pair.is_synced()) {
        examined.push(survey.observer().pipeline().examine(scope, pair).await);
    }
    examined
}

fn collect(observation: &Observation, examined: &[Examined], trees: &[TreeNode]) -> Vec<Finding> {
    let state = &observation.state;
    let mut found: Vec<Finding> = Vec::new();
    for pair in &state.pairs {
        let close = examined.iter().find(|examined| examined.key == pair.key);
        found.extend(findings::of_pair(&observation.app.metadata.name, pair, close));
    }
    let now = Timestamp::now();
    found.extend(observation.obstacles.iter().map(|obstacle| findings::of_obstacle(obstacle, &observation.app, now)));
    found.extend(state.conditions.iter().filter_map(findings::of_condition));
    found.extend(trees.iter().filter_map(findings::of_tree));
    found.extend(examined.iter().flat_map(findings::hidden));
    found
}

/// The verdict, and then everything that was found, in the order in which a reader asks.
fn text(observation: &Observation, found: &[Finding]) -> String {
    let assessment = &observation.state.assessment;
    let is_well = assessment.status == SyncStatus::Synced && assessment.health == HealthStatus::Healthy;
    let verdict =
        format!("{} is {} and {}", observation.app.full_name(), assessment.status.as_str(), assessment.health.as_str());
    let mut text = harmless(&verdict);
    text.push_str(if is_well && found.is_empty() { ": there is nothing to explain.\n" } else { ".\n" });
    for (subject, title) in [
        (Subject::Difference, "What differs"),
        (Subject::Obstacle, "What keeps it from syncing"),
        (Subject::Warning, "What else is known"),
        (Subject::Health, "What is not healthy"),
        (Subject::Hidden, "What ignore rules hide"),
    ] {
        let mut of_subject = found.iter().filter(|finding| finding.subject == subject).peekable();
        if of_subject.peek().is_some() {
            text.push_str(&format!("\n{title}\n"));
        }
        text.extend(of_subject.map(Finding::text));
    }
    text
}
