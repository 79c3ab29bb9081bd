//! A table: every key of `argocd-cmd-params-cm`, and what it does here. `host/docs/settings.md` shows it, and the
//! table of `argocd-cm` beside it.

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A change takes effect at once.
    Live,
    /// Read when the controller starts.
    AtStart,
    /// Nothing, and why.
    None,
}

/// A key, or all keys that begin with what stands before `*`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) effect: Effect,
    pub(crate) note: &'static str,
}

pub(crate) const fn live(key: &'static str, note: &'static str) -> Row {
    Row { key, effect: Effect::Live, note }
}

const fn at_start(key: &'static str, note: &'static str) -> Row {
    Row { key, effect: Effect::AtStart, note }
}

pub(crate) const fn none(key: &'static str, note: &'static str) -> Row {
    Row { key, effect: Effect::None, note }
}

const NO_REDIS: &str = "there is no Redis: what is cached is cached in the process";
const NO_REPO_SERVER: &str = "there is no repository server: manifests are generated in the controller's process";
const NO_GRPC: &str = "no gRPC is spoken between processes";
const NO_CLIENT_LIMIT: &str = "requests are not limited on the client's side, and the API server's own limit is heeded";
const NO_TRANSPORT: &str = "the transport's own values hold";
const NO_HYDRATOR: &str = "source hydration is not built yet";
const NO_TRACES: &str = "traces are not exported yet";

/// The first row that fits a key is its row.
pub(crate) const ROWS: &[Row] = &[
    live(
        "application.namespaces",
        "namespaces besides the control plane's own whose Applications are reconciled: globs, or regular expressions between slashes",
    ),
    live("controller.metrics.application.conditions", "conditions that `argocd_app_condition` shows"),
    live("controller.metrics.application.labels", "labels that `argocd_app_labels` shows"),
    live("controller.self.heal.backoff.cap.seconds", "longest pause between two self-heals"),
    live("controller.self.heal.backoff.factor", "by which that pause grows"),
    live("controller.self.heal.backoff.timeout.seconds", "pause before the second self-heal"),
    live("controller.self.heal.timeout.seconds", "pause before the first self-heal"),
    live("controller.sync.timeout.seconds", "a sync that takes longer is terminated; 0 means never"),
    live("controller.sync.wave.delay.seconds", "pause between two waves"),
    live(
        "windlass.prune.cap.percent",
        "the share of its objects, in percent, that an application may lose in one sync before somebody confirms it with the annotation `argocd.argoproj.io/deletion-approved`; without it as many as there are, and 75 in `windlass up`. With a Namespace goes what is in it",
    ),
    at_start("controller.log.format", "`text` or `json`, unless the command line says otherwise"),
    at_start("controller.log.level", "least level that is logged, unless the command line says otherwise"),
    at_start(
        "controller.status.processors",
        "applications looked at at the same time, unless the command line says otherwise",
    ),
    none("commit.server", NO_HYDRATOR),
    none("controller.app.state.cache.expiration", NO_REDIS),
    none("controller.cluster.cache.batch.events.processing", "each event is taken at once"),
    none("controller.cluster.cache.events.processing.interval", "each event is taken at once"),
    none("controller.default.cache.expiration", NO_REDIS),
    none(
        "controller.diff.server.side",
        "what cannot be compared locally is always settled by a dry run, once for each version",
    ),
    none("controller.grpc.enable.txt.service.config", NO_GRPC),
    none("controller.hydration.processors", NO_HYDRATOR),
    none("controller.ignore.normalizer.jq.timeout", "jq expressions run in a sandbox that counts their steps"),
    none("controller.k8s.client.burst", NO_CLIENT_LIMIT),
    none("controller.k8s.client.max.idle.connections", NO_TRANSPORT),
    none("controller.k8s.client.qps", NO_CLIENT_LIMIT),
    none("controller.k8s.tcp.idle.timeout", NO_TRANSPORT),
    none("controller.k8s.tcp.keepalive", NO_TRANSPORT),
    none("controller.k8s.tcp.timeout", NO_TRANSPORT),
    none("controller.k8s.tls.handshake.timeout", NO_TRANSPORT),
    none("controller.k8sclient.retry.base.backoff", "a failed look is repeated as a whole, with a pause that doubles"),
    none("controller.k8sclient.retry.max", "a failed look is repeated as a whole, with a pause that doubles"),
    none("controller.kubectl.parallelism.limit", "no kubectl is run; 20 objects of a wave are applied at once"),
    none("controller.metrics.cluster.labels", "labels of cluster Secrets are not shown yet"),
    none("controller.metrics.cache.expiration", "metrics of an application go with it"),
    none("controller.operation.processors", "a sync runs in the worker that looks at its application"),
    none("controller.profile.enabled", "there is no profiling endpoint"),
    none("controller.repo.error.grace.period.seconds", "an error is shown when it happens"),
    none(
        "controller.repo.server.timeout.seconds",
        "each generator call has a deadline of its own that is not settable yet",
    ),
    none("controller.repo.server.*", NO_REPO_SERVER),
    none("controller.resource.health.persist", "health always stands in the Application's status"),
    none("controller.self.heal.backoff.cooldown.seconds", "the pause begins anew with the next revision"),
    none("controller.sharding.algorithm", "one controller serves all clusters; others stand by"),
    none("hydrator.enabled", NO_HYDRATOR),
    none("log.format.timestamp", "times are logged as RFC 3339"),
    none("otlp.*", NO_TRACES),
    none("redis.*", NO_REDIS),
    none("repo.server", NO_REPO_SERVER),
    none("applicationsetcontroller.*", "ApplicationSet is not built yet"),
    none("commitserver.*", NO_HYDRATOR),
    none("dexserver.*", "logins are not built yet"),
    none("notificationscontroller.*", "notifications are planned in the controller's process"),
    none("reposerver.*", NO_REPO_SERVER),
    none("server.*", "the HTTP API and the web interface are not built yet"),
];

/// The row of a key; `None` for a key that Argo CD does not know either.
pub(crate) fn row(rows: &'static [Row], key: &str) -> Option<&'static Row> {
    rows.iter().find(|row| match row.key.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => row.key == key,
    })
}

/// What is to be said of a key that does nothing.
pub(crate) fn remark(rows: &'static [Row], key: &str) -> Option<String> {
    match row(rows, key) {
        None => Some("is no key that Argo CD knows, and none that is known here".to_owned()),
        Some(row) if row.effect == Effect::None => Some(format!("has no effect: {}", row.note)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_map_table;

    fn markdown(rows: &[Row]) -> String {
        let mut text = "| Key | Takes effect | What it does, or why nothing |\n|---|---|---|\n".to_owned();
        for row in rows {
            let effect = match row.effect {
                Effect::Live => "at once",
                Effect::AtStart => "at start",
                Effect::None => "never",
            };
            text.push_str(&format!("| `{}` | {effect} | {} |\n", row.key, row.note));
        }
        text
    }

    #[test]
    fn the_page_about_settings_shows_both_tables() {
        let page = include_str!("../../docs/settings.md");
        for table in [markdown(ROWS), markdown(config_map_table::ROWS)] {
            assert!(page.contains(&table), "put this into host/docs/settings.md:\n{table}");
        }
    }

    #[test]
    fn an_exact_row_goes_before_a_family() {
        assert_eq!(
            row(ROWS, "controller.repo.server.timeout.seconds").unwrap().key,
            "controller.repo.server.timeout.seconds"
        );
        assert_eq!(row(ROWS, "controller.repo.server.plaintext").unwrap().key, "controller.repo.server.*");
        assert!(row(ROWS, "controller.no.such.key").is_none());
    }
}
