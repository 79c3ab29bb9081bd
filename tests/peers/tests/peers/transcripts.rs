//! kubectl, helm and a client in Go print on the embedded API what they printed on a real one.

use windlass_tests_peers::tools::Tools;
use windlass_tests_peers::{compare, known, transcript};

/// Enough to see what is wrong, not so much that nobody reads it.
const SHOWN: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn programs_print_what_they_print_on_the_real_server_but_for_known_differences() {
    let tools = Tools::find();
    let mut transcripts = transcript::chosen(&[]).expect("valid transcripts");
    transcripts.retain(|transcript| match tools.missing(transcript) {
        None => true,
        Some(program) => {
            eprintln!("SKIPPED: {}, since there is no {program} of the version that recorded it", transcript.name);
            false
        }
    });
    let played: Vec<String> = transcripts.iter().map(|transcript| transcript.name.clone()).collect();
    let outcomes = compare(&tools, transcripts).await.expect("the transcripts can be played");
    let differences: Vec<_> = outcomes.into_iter().flat_map(|outcome| outcome.differences).collect();
    let known = known().expect("the list of known differences is valid");
    let unknown = known.unknown(&differences);
    let shown: String = unknown.iter().take(SHOWN).map(|difference| difference.to_string()).collect();
    assert!(unknown.is_empty(), "{} commands print something else by now, the first:\n{shown}", unknown.len());
    let mut settled = known.settled(&differences);
    settled.retain(|entry| played.iter().any(|name| entry.starts_with(&format!("{name} "))));
    assert!(settled.is_empty(), "equal by now, take them off with `peers known`:\n{}", settled.join("\n"));
}

#[test]
fn the_transcripts_are_many_and_each_command_is_recorded() {
    let transcripts = transcript::chosen(&[]).expect("valid transcripts");
    let commands: Vec<_> = transcripts.iter().flat_map(|transcript| transcript.commands()).collect();
    assert!(commands.len() >= 400, "{} commands", commands.len());
    let silent = commands.iter().filter(|command| command.said == Default::default());
    // A few print nothing where nothing is found.
    assert!(silent.count() < commands.len() / 20, "record them on a real server");
}
