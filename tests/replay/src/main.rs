//! `replay record|drift|table|show|known`: records the real server's answers, and shows what differs.

use std::io::Write as _;

use anyhow::bail;
use windlass_tests_replay::compare::{Difference, Report};
use windlass_tests_replay::play::play;
use windlass_tests_replay::scenario;
use windlass_tests_replay::server::Server;
use windlass_tests_replay::{answer, known, replay};

const USAGE: &str = "replay record [SCENARIO…]     plays on the real server and keeps its answers
replay drift                  plays on the real server and shows what is not as recorded
replay table [SCENARIO…]      plays on the embedded server and counts what is equal
replay show [SCENARIO…]       plays on the embedded server and shows what differs
replay known [REASON]         takes settled differences off known.txt, and puts new ones on it under a reason
The real server is named by REPLAY_SERVER, REPLAY_TOKEN and REPLAY_CA; it has to be new.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["record", wanted @ ..] => record(wanted).await,
        ["drift"] => print(&shown(&drift().await?.differences)),
        ["table", wanted @ ..] => print(&replay(wanted).await?.table()),
        ["show", wanted @ ..] => print(&shown(&replay(wanted).await?.differences)),
        ["known", reason @ ..] => {
            let differences = replay(&[]).await?.differences;
            let known = known()?.revised(&differences, reason.first().copied());
            Ok(std::fs::write(scenario::folder().join("known.txt"), known.write())?)
        }
        _ => bail!("{USAGE}"),
    }
}

async fn record(wanted: &[&str]) -> anyhow::Result<()> {
    let server = Server::real()?;
    for scenario in scenario::chosen(wanted)? {
        let answers = play(&server, &scenario).await?;
        std::fs::write(answer::path(&scenario.name), answer::write(&answers))?;
    }
    Ok(())
}

async fn drift() -> anyhow::Result<Report> {
    let server = Server::real()?;
    let mut report = Report::default();
    for scenario in scenario::all()? {
        let answers = play(&server, &scenario).await?;
        report.add(&scenario, &answer::recorded(&scenario.name)?, &answers);
    }
    Ok(report)
}

fn shown(differences: &[Difference]) -> String {
    differences.iter().map(Difference::to_string).collect()
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}
