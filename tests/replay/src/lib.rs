//! The real kube-apiserver as judge of the embedded one: scenarios are played on both, and the answers compared.
//!
//! Scenarios are data (`scenarios/`), the real server's answers are recorded (`answers/`), so that the comparison
//! needs nothing but this crate. What still differs is listed with its reason (`known.txt`).

pub mod answer;
pub mod compare;
pub mod known;
pub mod normal;
pub mod play;
mod real;
pub mod scenario;
pub mod server;

use anyhow::Context as _;
use compare::Report;
use known::Known;
use server::Server;

/// # Errors
/// The list of known differences cannot be read.
pub fn known() -> anyhow::Result<Known> {
    Known::load(&scenario::folder().join("known.txt"))
}

/// Plays scenarios on embedded servers and compares the answers with those recorded; all where none is named.
///
/// # Errors
/// A file that cannot be read, or an embedded server that does not answer.
pub async fn replay(wanted: &[&str]) -> anyhow::Result<Report> {
    let mut games = Vec::new();
    for scenario in scenario::chosen(wanted)? {
        let name = scenario.name.clone();
        let game = tokio::spawn(async move {
            // Each has a server of its own: what one leaves behind is not in the way of another.
            let answers = play::play(&Server::embedded().await?, &scenario).await?;
            anyhow::Ok((scenario, answers))
        });
        games.push((name, game));
    }
    let mut report = Report::default();
    for (name, game) in games {
        let (scenario, answers) = game.await.with_context(|| name)??;
        report.add(&scenario, &answer::recorded(&scenario.name)?, &answers);
    }
    Ok(report)
}
