//! How applications stand, as a table that is drawn again in place, or as a line for each change.

use std::collections::BTreeMap;

use windlass_controller::Overview;

use crate::output::{harmless, is_terminal, print};

/// Longest text of the last column.
const DOING_MAX: usize = 80;

/// Draws overviews, each change once.
#[derive(Default)]
pub struct Table {
    shown: BTreeMap<String, Overview>,
    lines: usize,
}

impl Table {
    pub fn show(&mut self, overviews: Vec<Overview>) {
        let now: BTreeMap<String, Overview> = overviews.into_iter().map(|row| (row.name.clone(), row)).collect();
        if now == self.shown {
            return;
        }
        if is_terminal() {
            self.redraw(&now);
        } else {
            let changed = |(name, row): &(&String, &Overview)| self.shown.get(*name) != Some(row);
            print(&now.iter().filter(changed).map(|(_, row)| line(row)).collect::<String>());
            let gone = self.shown.keys().filter(|name| !now.contains_key(*name));
            print(&gone.map(|name| format!("{name} deleted\n")).collect::<String>());
        }
        self.shown = now;
    }

    fn redraw(&mut self, rows: &BTreeMap<String, Overview>) {
        let up = if self.lines > 0 { format!("\x1b[{}A\x1b[J", self.lines) } else { String::new() };
        let width = rows.keys().map(String::len).max().unwrap_or(0).max("APPLICATION".len());
        let mut text =
            format!("{up}{:width$}  {:9}  {:11}  {:8}  DOING\n", "APPLICATION", "SYNC", "HEALTH", "REVISION");
        for row in rows.values() {
            text.push_str(&format!(
                "{:width$}  {:9}  {:11}  {:8}  {}\n",
                harmless(&row.name),
                row.sync.as_str(),
                row.health.as_str(),
                short(&row.revision),
                doing(row),
            ));
        }
        self.lines = rows.len() + 1;
        print(&text);
    }
}

fn line(row: &Overview) -> String {
    let parts = [row.sync.as_str(), row.health.as_str(), short(&row.revision)];
    format!("{} {} {}\n", harmless(&row.name), parts.join(" "), doing(row)).replace(" \n", "\n")
}

fn short(revision: &str) -> &str {
    revision.get(..8).unwrap_or(revision)
}

fn doing(row: &Overview) -> String {
    let text = harmless(&row.doing);
    match text.char_indices().nth(DOING_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
