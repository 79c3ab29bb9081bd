//! The text format of Prometheus: families with their help, type and samples. Pure.

use std::fmt::Write as _;

/// A metric that is being written.
#[derive(Default)]
pub(crate) struct Exposition {
    text: String,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Exposition {
    /// Begins a family; its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.text.push_str(name);
        if !labels.is_empty() {
            self.text.push('{');
            for (index, (label, text)) in labels.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                self.text.push_str(&format!("{comma}{label}=\"{}\"", escaped(text)));
            }
            self.text.push('}');
        }
        // Writing to a String does not fail.
        writeln!(self.text, " {value}").unwrap_or_default();
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A label's name as Prometheus takes it, behind `label_`.
pub(crate) fn label_name(name: &str) -> String {
    let fitting = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("label_{}", name.chars().map(fitting).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_names_fit() {
        let mut exposition = Exposition::default();
        exposition.family("things", Kind::Gauge, "Things.");
        exposition.sample("things", &[("a", "say \"x\"\n"), ("b", "\\")], 1.0);
        exposition.sample("things", &[], 2.5);
        let expected =
            "# HELP things Things.\n# TYPE things gauge\nthings{a=\"say \\\"x\\\"\\n\",b=\"\\\\\"} 1\nthings 2.5\n";
        assert_eq!(exposition.into_text(), expected);
        assert_eq!(label_name("app.kubernetes.io/name"), "label_app_kubernetes_io_name");
    }
}
