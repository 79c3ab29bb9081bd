//! `peers record|drift|table|show|known`: records what programs print on a real server, and shows what differs.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use windlass_tests_peers::place::Place;
use windlass_tests_peers::play::play;
use windlass_tests_peers::tools::Tools;
use windlass_tests_peers::transcript::{self, Transcript};
use windlass_tests_peers::{Outcome, compare, folder, known, outcome};

const USAGE: &str = "peers record [NAME…]   plays transcripts on a real server and keeps what was printed
peers drift [NAME…]    plays them on a real server and shows what is not as recorded
peers table [NAME…]    plays them on the embedded server and counts what is equal
peers show [NAME…]     plays them on the embedded server and shows what differs
peers known [REASON]   takes settled differences off known.txt, and puts new ones on it under a reason
The real server is started here; that needs Go once.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let tools = Tools::find();
    match arguments.as_slice() {
        ["record", wanted @ ..] => record(&tools, wanted).await,
        ["drift", wanted @ ..] => print(&shown(&drift(&tools, wanted).await?)),
        ["table", wanted @ ..] => print(&table(&compare(&tools, chosen(&tools, wanted)?).await?)),
        ["show", wanted @ ..] => print(&shown(&compare(&tools, chosen(&tools, wanted)?).await?)),
        ["known", reason @ ..] => {
            let outcomes = compare(&tools, chosen(&tools, &[])?).await?;
            let differences: Vec<_> = outcomes.into_iter().flat_map(|outcome| outcome.differences).collect();
            let known = known()?.revised(&differences, reason.first().copied());
            Ok(std::fs::write(folder().join("known.txt"), known.write())?)
        }
        _ => bail!("{USAGE}"),
    }
}

/// All of them have to be playable: what is left out would look as if it were equal.
fn chosen(tools: &Tools, wanted: &[&str]) -> anyhow::Result<Vec<Transcript>> {
    let transcripts = transcript::chosen(wanted)?;
    for transcript in &transcripts {
        let missing = tools.missing(transcript);
        ensure!(missing.is_none(), "{} needs {}, which is not here", transcript.name, missing.unwrap_or_default());
    }
    Ok(transcripts)
}

async fn record(tools: &Tools, wanted: &[&str]) -> anyhow::Result<()> {
    let place = Place::real().await?;
    for script in chosen(tools, wanted)? {
        transcript::keep(&play(tools, &place, &script).await.with_context(|| script.name.clone())?)?;
    }
    Ok(())
}

async fn drift(tools: &Tools, wanted: &[&str]) -> anyhow::Result<Vec<Outcome>> {
    let place = Place::real().await?;
    let mut outcomes = Vec::new();
    for recorded in chosen(tools, wanted)? {
        let played = play(tools, &place, &recorded).await.with_context(|| recorded.name.clone())?;
        outcomes.push(outcome(&recorded, &played));
    }
    Ok(outcomes)
}

fn table(outcomes: &[Outcome]) -> String {
    let row = |name: &str, equal: usize, all: usize| format!("{name:20}{equal:>6} of {all}\n");
    let equal = |outcome: &Outcome| outcome.commands - outcome.differences.len();
    let rows = outcomes.iter().map(|outcome| row(&outcome.name, equal(outcome), outcome.commands));
    let all = row("all", outcomes.iter().map(equal).sum(), outcomes.iter().map(|outcome| outcome.commands).sum());
    rows.chain([all]).collect()
}

fn shown(outcomes: &[Outcome]) -> String {
    outcomes.iter().flat_map(|outcome| &outcome.differences).map(ToString::to_string).collect()
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}
