//! Data as text: columns, documents, ages.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::store::Found;
use crate::{args::app::Document, output::harmless};

/// Rows under a header, as wide as they need to be.
pub struct Columns {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    pub fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub fn push(&mut self, row: impl IntoIterator<Item = String>) {
        self.rows.push(row.into_iter().map(|cell| harmless(&cell)).collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The header and all rows; columns in which no row says anything are left out.
    pub fn text(&self) -> String {
        let says = |column: &usize| self.rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
        let shown: Vec<usize> = (0..self.header.len()).filter(|column| self.rows.is_empty() || says(column)).collect();
        let header: Vec<String> = self.header.iter().map(|name| (*name).to_owned()).collect();
        let lines = std::iter::once(&header).chain(&self.rows);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([self.header[column].len()]).max().unwrap_or(0)
        };
        let widths: Vec<(usize, usize)> = shown.into_iter().map(|column| (column, width(column))).collect();
        let mut text = String::new();
        for line in lines {
            let mut printed = String::new();
            for &(column, width) in &widths {
                let cell = line.get(column).map_or("", String::as_str);
                let _infallible = write!(printed, "{cell:width$}  ");
            }
            text.push_str(printed.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Lines of `Name:  value`, values under each other.
pub fn labelled(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len() + 1).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        let label = format!("{name}:");
        text.push_str(&format!("{label:width$}  {}\n", harmless(value)));
    }
    text
}

/// One document in the format that was asked for; `text` makes the one for people.
pub fn document(format: Document, value: &Value, text: impl FnOnce() -> String) -> String {
    match format {
        Document::Text => text(),
        Document::Json => pretty(value),
        Document::Yaml => yaml(value),
    }
}

pub fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

pub fn yaml(value: &Value) -> String {
    windlass_yaml::emit(value, windlass_yaml::Style::V2)
}

/// Applications as the list that kubectl prints.
pub fn list_object(found: &[Found]) -> Value {
    let items: Vec<&Value> = found.iter().map(|found| &found.object).collect();
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
}

/// A name as kubectl takes it.
pub fn resource_name(found: &Found) -> String {
    format!("application.argoproj.io/{}\n", found.app.metadata.name)
}

/// How long ago something was, roughly, as kubectl writes it; nothing where the time cannot be read.
pub fn age(time: &str, now: Timestamp) -> String {
    let Ok(time) = time.parse::<Timestamp>() else { return String::new() };
    let seconds = now.as_second().saturating_sub(time.as_second()).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{minutes}m"),
        7_200..172_800 => format!("{hours}h"),
        _ => format!("{days}d"),
    }
}

/// A revision, short where it is a commit.
pub fn short(revision: &str) -> &str {
    let is_commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit { &revision[..8] } else { revision }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_empty_ones_are_left_out() {
        let mut columns = Columns::new(&["NAME", "HOOK", "AGE"]);
        columns.push(["longer".into(), String::new(), "5m".into()]);
        columns.push(["a\u{1b}[2J".into(), String::new(), "1h".into()]);
        assert_eq!(columns.text(), "NAME    AGE\nlonger  5m\na [2J   1h\n");
    }

    #[test]
    fn ages_have_one_unit() {
        let now: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
        for (time, text) in [
            ("2026-01-02T23:59:01Z", "59s"),
            ("2026-01-02T23:00:00Z", "60m"),
            ("2026-01-01T12:00:00Z", "36h"),
            ("2025-12-25T00:00:00Z", "9d"),
            ("2027-01-01T00:00:00Z", "0s"),
            ("soon", ""),
        ] {
            assert_eq!(age(time, now), text, "{time}");
        }
    }

    #[test]
    fn only_commits_are_shortened() {
        assert_eq!(short("0123456789abcdef0123456789abcdef01234567"), "01234567");
        assert_eq!(short("release-2026.11.28"), "release-2026.11.28");
    }
}
