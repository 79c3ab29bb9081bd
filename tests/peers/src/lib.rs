//! Other people's programs on the embedded API: kubectl whole, helm, controllers, Go clients.
//!
//! What they do is told as transcripts (`transcripts/`): commands, each with what it printed on a real
//! kube-apiserver. They are played on the embedded API and compared line by line; `known.txt` lists what still
//! differs, with its reason.

pub mod normal;
pub mod place;
pub mod play;
pub mod tools;
pub mod transcript;

use std::path::PathBuf;

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _};
use windlass_tests_replay::compare::Difference;
use windlass_tests_replay::known::Known;

use crate::place::Place;
use crate::play::play;
use crate::tools::Tools;
use crate::transcript::Transcript;

/// More would only wait for one another.
const AT_ONCE: usize = 4;

/// The folder of this crate, where transcripts, their input and the list of known differences lie.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// # Errors
/// The list cannot be read.
pub fn known() -> anyhow::Result<Known> {
    Known::load(&folder().join("known.txt"))
}

/// What is equal and what is not in one transcript.
pub struct Outcome {
    pub name: String,
    pub commands: usize,
    pub differences: Vec<Difference>,
}

/// Plays transcripts on embedded servers, each on its own, and compares.
///
/// # Errors
/// A file that cannot be read, a server that does not start, a command that prepares and fails.
pub async fn compare(tools: &Tools, transcripts: Vec<Transcript>) -> anyhow::Result<Vec<Outcome>> {
    let games = transcripts.into_iter().map(|recorded| async move {
        let place = Place::embedded().await?;
        let played = play(tools, &place, &recorded).await.with_context(|| recorded.name.clone())?;
        anyhow::Ok(outcome(&recorded, &played))
    });
    futures::stream::iter(games).buffered(AT_ONCE).try_collect().await
}

pub fn outcome(recorded: &Transcript, played: &Transcript) -> Outcome {
    let pairs = recorded.commands().zip(played.commands());
    let differences = pairs.filter_map(|(wanted, found)| {
        let lines = wanted.differences(found);
        let step = wanted.name.clone();
        (!lines.is_empty()).then(|| Difference { scenario: recorded.name.clone(), step, lines })
    });
    Outcome { name: recorded.name.clone(), commands: recorded.commands().count(), differences: differences.collect() }
}
