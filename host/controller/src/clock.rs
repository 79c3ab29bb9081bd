//! The only place where the controller asks what time it is.

use jiff::Timestamp;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Now, as Kubernetes writes times: RFC 3339 in UTC, whole seconds.
pub(crate) fn now_text() -> String {
    text(now_ms())
}

pub(crate) fn text(ms: i64) -> String {
    Timestamp::from_second(ms.div_euclid(1000)).map(|time| time.to_string()).unwrap_or_default()
}

/// Milliseconds of a written time; `None` when it is none.
pub(crate) fn parse(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(|time| time.as_millisecond())
}
