//! What `argocd-cmd-params-cm` says, as far as it has a meaning here. Pure.

use std::{collections::BTreeMap, time::Duration};

use regex::Regex;
use windlass_diff::Glob;
use windlass_engine::automation::HealBackoff;
use windlass_pipeline::Settings;

use crate::settings_table;

/// Settings of the controller's process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    pub(crate) metrics: MetricsSelection,
    /// Keys without effect and values that cannot be read, one sentence each.
    pub(crate) remarks: Vec<String>,
    namespaces: Vec<NamespacePattern>,
    heal: HealBackoff,
    sync_timeout: Duration,
    wave_delay: Option<Duration>,
    prune_cap: Option<u8>,
}

/// What besides the usual is shown on `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MetricsSelection {
    pub(crate) application_labels: Vec<String>,
    pub(crate) application_conditions: Vec<String>,
}

/// Which namespaces may hold Applications besides the control plane's own.
#[derive(Clone, Debug)]
enum NamespacePattern {
    Glob(Glob),
    Expression(Regex),
}

impl Params {
    pub(crate) fn read(data: &BTreeMap<String, String>) -> Self {
        let mut params = Self::default();
        for (key, value) in data {
            let remark = settings_table::remark(settings_table::ROWS, key);
            let remark = remark.or_else(|| params.set(key, value.trim()).err());
            params.remarks.extend(remark.map(|remark| format!("argocd-cmd-params-cm: {key} {remark}")));
        }
        params
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "application.namespaces" => {
                self.namespaces = words(value).map(NamespacePattern::parse).collect::<Result<_, _>>()?;
            }
            "controller.self.heal.timeout.seconds" => self.heal.first = seconds(value)?,
            "controller.self.heal.backoff.timeout.seconds" => self.heal.base = seconds(value)?,
            "controller.self.heal.backoff.factor" => self.heal.factor = number(value)?,
            "controller.self.heal.backoff.cap.seconds" => self.heal.cap = seconds(value)?,
            "controller.sync.timeout.seconds" => self.sync_timeout = seconds(value)?,
            "controller.sync.wave.delay.seconds" => self.wave_delay = Some(seconds(value)?),
            "windlass.prune.cap.percent" => self.prune_cap = Some(percent(value)?),
            "controller.metrics.application.labels" => self.metrics.application_labels = list(value),
            "controller.metrics.application.conditions" => self.metrics.application_conditions = list(value),
            // What is left is read when the process starts, by whoever starts it.
            _ => {}
        }
        Ok(())
    }

    /// Puts over the settings what the pipeline has to know.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        settings.heal = self.heal;
        settings.sync_timeout = self.sync_timeout;
        settings.prune_cap = self.prune_cap;
        if let Some(delay) = self.wave_delay {
            settings.wave_delay = delay;
        }
    }

    /// Whether Applications in a namespace are reconciled.
    pub(crate) fn serves(&self, namespace: &str, control_namespace: &str) -> bool {
        namespace == control_namespace || self.namespaces.iter().any(|pattern| pattern.matches(namespace))
    }
}

impl NamespacePattern {
    fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(expression) => Regex::new(expression)
                .map(Self::Expression)
                .map_err(|error| format!("has no effect: `{text}` is no regular expression: {error}")),
            None => Ok(Self::Glob(Glob::new(text, false))),
        }
    }

    fn matches(&self, namespace: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.is_match(namespace),
            Self::Expression(expression) => expression.is_match(namespace),
        }
    }
}

fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn list(value: &str) -> Vec<String> {
    words(value).map(str::to_owned).collect()
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("has no effect: `{value}` is not a whole number"))
}

fn percent(value: &str) -> Result<u8, String> {
    match number(value)? {
        percent @ 0..=100 => Ok(percent),
        _ => Err(format!("has no effect: `{value}` is not between 0 and 100")),
    }
}

fn seconds(value: &str) -> Result<Duration, String> {
    number::<u32>(value).map(|seconds| Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(entries: &[(&str, &str)]) -> Params {
        Params::read(&entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn namespaces_are_globs_or_expressions() {
        let params = params(&[("application.namespaces", "team-*, /^(red|blue)$/")]);
        let served = |namespace: &str| params.serves(namespace, "argocd");
        assert!(served("argocd") && served("team-a") && served("red"));
        assert!(!served("other") && !served("reddish"));
    }

    #[test]
    fn every_key_without_effect_is_told() {
        let params = params(&[
            ("controller.self.heal.timeout.seconds", "5"),
            ("controller.operation.processors", "10"),
            ("controller.sync.wave.delay.seconds", "soon"),
            ("controller.typo", "1"),
            ("windlass.prune.cap.percent", "101"),
        ]);
        assert_eq!(params.heal.first, Duration::from_secs(5));
        assert_eq!(params.prune_cap, None);
        let told = |key: &str| params.remarks.iter().filter(|remark| remark.contains(key)).count();
        assert_eq!((told("operation.processors"), told("wave.delay"), told("typo")), (1, 1, 1));
        assert_eq!((told("prune.cap"), params.remarks.len()), (1, 4));
    }
}
