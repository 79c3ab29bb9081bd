//! The annotations that steer what happens to an object.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

const PREFIX: &str = "simulator.windlass.dev/";
const DELAY: &str = "simulator.windlass.dev/delay";
const FAIL: &str = "simulator.windlass.dev/fail";

pub(crate) fn fails(meta: &ObjectMeta) -> bool {
    meta.annotations.as_ref().and_then(|all| all.get(FAIL)).is_some_and(|value| value == "true")
}

pub(crate) fn delay(meta: &ObjectMeta, usual: Duration) -> Duration {
    meta.annotations.as_ref().and_then(|all| all.get(DELAY)).and_then(|text| parse(text)).unwrap_or(usual)
}

/// `500ms`, `2s`, `1m`; anything else is as if it were not there.
fn parse(text: &str) -> Option<Duration> {
    let split = text.find(|letter: char| !letter.is_ascii_digit())?;
    let amount: u64 = text[..split].parse().ok()?;
    match &text[split..] {
        "ms" => Some(Duration::from_millis(amount)),
        "s" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_secs(amount.checked_mul(60)?)),
        _ => None,
    }
}

/// The steering annotations of a parent, for its children.
pub(crate) fn inherited(meta: &ObjectMeta) -> BTreeMap<String, String> {
    let all = meta.annotations.iter().flatten();
    all.filter(|(key, _)| key.starts_with(PREFIX)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read_in_three_units_and_nonsense_is_passed_over() {
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("2s"), Some(Duration::from_secs(2)));
        assert_eq!(parse("1m"), Some(Duration::from_secs(60)));
        assert_eq!(parse("soon"), None);
    }
}
