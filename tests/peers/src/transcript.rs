//! A transcript: commands of a shell, and what each printed.
//!
//! A line says by its first character what it is: `#` a comment, `?` a program that is needed besides kubectl, `.` a
//! command that prepares and whose output does not matter, `$` a command, `>` a line that it printed, `!` a line that it printed on standard error, `=` its exit
//! status where that is not 0.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use similar::{ChangeTag, TextDiff};

use crate::normal;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    pub name: String,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A comment or an empty line.
    Remark(String),
    Needs(String),
    /// A command that prepares.
    Prepare(String),
    Command(Command),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it is listed under: its line, numbered from the second time on.
    pub name: String,
    pub line: String,
    pub said: Said,
}

/// What a command printed, in the form in which it is compared, and its exit status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub output: Vec<String>,
    pub errors: Vec<String>,
    pub status: i32,
}

const KUBECTL: &str = "kubectl";

impl Transcript {
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.parts.iter().filter_map(|part| match part {
            Part::Command(command) => Some(command),
            _ => None,
        })
    }

    /// The programs that its commands call.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let named = self.parts.iter().filter_map(|part| match part {
            Part::Needs(program) => Some(program.as_str()),
            _ => None,
        });
        std::iter::once(KUBECTL).chain(named)
    }

    /// # Errors
    /// A line that is none of a transcript.
    pub fn read(name: &str, text: &str) -> anyhow::Result<Self> {
        let mut parts: Vec<Part> = Vec::new();
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let (mark, rest) = line.split_at_checked(1).unwrap_or((line, ""));
            let rest = rest.strip_prefix(' ').unwrap_or(rest).to_owned();
            match (mark, parts.last_mut()) {
                ("" | "#", _) => parts.push(Part::Remark(line.to_owned())),
                ("?", _) => parts.push(Part::Needs(rest)),
                (".", _) => parts.push(Part::Prepare(rest)),
                ("$", _) => {
                    let time = times.entry(rest.clone()).or_default();
                    *time += 1;
                    let name = if *time == 1 { rest.clone() } else { format!("{rest} #{time}") };
                    parts.push(Part::Command(Command { name, line: rest, said: Said::default() }));
                }
                (">", Some(Part::Command(command))) => command.said.output.push(normal::line(&rest)),
                ("!", Some(Part::Command(command))) => command.said.errors.push(normal::line(&rest)),
                ("=", Some(Part::Command(command))) => command.said.status = rest.parse()?,
                _ => bail!("line {}: no line of a transcript: {line}", number + 1),
            }
        }
        Ok(Transcript { name: name.to_owned(), parts })
    }

    pub fn write(&self) -> String {
        self.parts.iter().map(Part::write).collect()
    }
}

impl Part {
    fn write(&self) -> String {
        match self {
            Part::Remark(text) => format!("{text}\n"),
            Part::Needs(program) => format!("? {program}\n"),
            Part::Prepare(line) => format!(". {line}\n"),
            Part::Command(Command { line, said, .. }) => {
                let mut text = format!("$ {line}\n");
                let mut add = |mark: &str, line: &str| {
                    text.push_str(mark);
                    text.push_str(if line.is_empty() { "" } else { " " });
                    text.push_str(line);
                    text.push('\n');
                };
                said.output.iter().for_each(|line| add(">", line));
                said.errors.iter().for_each(|line| add("!", line));
                if said.status != 0 {
                    add("=", &said.status.to_string());
                }
                text
            }
        }
    }
}

impl Command {
    /// What was wanted and not found, and found and not wanted, line by line.
    pub fn differences(&self, found: &Command) -> Vec<String> {
        let mut lines = changes("", &self.said.output, &found.said.output);
        lines.extend(changes("! ", &self.said.errors, &found.said.errors));
        if self.said.status != found.said.status {
            lines.push(format!("exit status {} wanted, {} found", self.said.status, found.said.status));
        }
        lines
    }
}

fn changes(mark: &str, wanted: &[String], found: &[String]) -> Vec<String> {
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&wanted, &found);
    let told = diff.iter_all_changes().filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(format!("- {mark}{}", change.value())),
        ChangeTag::Insert => Some(format!("+ {mark}{}", change.value())),
    });
    told.collect()
}

/// Where transcripts lie.
fn folder() -> PathBuf {
    crate::folder().join("transcripts")
}

/// The transcripts with these names, in order; all where none is named.
///
/// # Errors
/// A file that cannot be read or is no transcript; it is named.
pub fn chosen(wanted: &[&str]) -> anyhow::Result<Vec<Transcript>> {
    let mut transcripts = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(EXTENSION)) else { continue };
        if wanted.is_empty() || wanted.contains(&name) {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            transcripts.push(Transcript::read(name, &text).with_context(|| path.display().to_string())?);
        }
    }
    transcripts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(transcripts)
}

const EXTENSION: &str = ".transcript";

/// # Errors
/// The file cannot be written.
pub fn keep(transcript: &Transcript) -> anyhow::Result<()> {
    let path = folder().join(format!("{}{EXTENSION}", transcript.name));
    std::fs::write(&path, transcript.write()).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# looks\n? helm\n. kubectl create ns a\n\n$ kubectl get ns\n> NAME\n>\n$ kubectl get ns\n! no\n= 1\n";

    #[test]
    fn what_is_read_is_written_again() {
        let transcript = Transcript::read("ns", TEXT).expect("a transcript");
        assert_eq!(transcript.write(), TEXT);
        let names: Vec<&str> = transcript.commands().map(|command| command.name.as_str()).collect();
        assert_eq!(names, ["kubectl get ns", "kubectl get ns #2"]);
    }

    #[test]
    fn differences_are_told_line_by_line() {
        let transcript = Transcript::read("ns", TEXT).expect("a transcript");
        let commands: Vec<&Command> = transcript.commands().collect();
        assert_eq!(commands[0].differences(commands[0]), [""; 0]);
        let told = commands[0].differences(commands[1]);
        assert_eq!(told, ["- NAME", "- ", "+ ! no", "exit status 0 wanted, 1 found"]);
    }

    #[test]
    fn a_line_without_a_command_is_refused() {
        assert!(Transcript::read("ns", "> NAME\n").is_err());
    }
}
