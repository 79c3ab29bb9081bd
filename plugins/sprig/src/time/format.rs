//! Writing times.

use std::fmt::Write;

use super::layout::{MONTHS, Offset, Pad, Part, WEEKDAYS, next_part};
use super::{Civil, Time};

/// `Time.Format`.
pub fn format(time: &Time, layout: &str) -> String {
    let civil = time.civil();
    let mut out = String::with_capacity(layout.len() + 10);
    let mut rest = layout;
    loop {
        let (before, part, after) = next_part(rest);
        out.push_str(before);
        let Some((part, _)) = part else { return out };
        write_part(&mut out, part, time, &civil);
        rest = after;
    }
}

fn write_part(out: &mut String, part: Part, time: &Time, civil: &Civil) {
    let hour12 = match civil.hour % 12 {
        0 => 12,
        hour => hour,
    };
    match part {
        Part::LongMonth => out.push_str(MONTHS[(civil.month - 1) as usize]),
        Part::Month => out.push_str(&MONTHS[(civil.month - 1) as usize][..3]),
        Part::NumberMonth(pad) => number(out, civil.month, pad, 2),
        Part::LongWeekday => out.push_str(WEEKDAYS[civil.weekday()]),
        Part::Weekday => out.push_str(&WEEKDAYS[civil.weekday()][..3]),
        Part::Day(pad) => number(out, civil.day, pad, 2),
        Part::YearDay(pad) => number(out, civil.year_day(), pad, 3),
        Part::Hour24 => number(out, civil.hour, Pad::Zero, 2),
        Part::Hour12(pad) => number(out, hour12, pad, 2),
        Part::Minute(pad) => number(out, civil.minute, pad, 2),
        Part::Second(pad) => number(out, civil.second, pad, 2),
        Part::LongYear => long_year(out, civil.year),
        Part::Year => number(out, civil.year.rem_euclid(100), Pad::Zero, 2),
        Part::UpperHalf => out.push_str(if civil.hour >= 12 { "PM" } else { "AM" }),
        Part::LowerHalf => out.push_str(if civil.hour >= 12 { "pm" } else { "am" }),
        Part::ZoneName => zone_name(out, time),
        Part::Offset(form) => offset(out, time.zone.offset, form),
        Part::Fraction { digits, trimmed, comma } => fraction(out, time.nanos, digits, trimmed, comma),
    }
}

// Writing to a String cannot fail.

fn number(out: &mut String, value: i64, pad: Pad, width: usize) {
    match pad {
        Pad::None => write!(out, "{value}").ok(),
        Pad::Zero => write!(out, "{value:0width$}").ok(),
        Pad::Blank => write!(out, "{value:width$}").ok(),
    };
}

fn long_year(out: &mut String, year: i64) {
    let sign = if year < 0 { "-" } else { "" };
    write!(out, "{sign}{:04}", year.unsigned_abs()).ok();
}

/// A zone without a name shows its offset.
fn zone_name(out: &mut String, time: &Time) {
    if !time.zone.name.is_empty() {
        return out.push_str(&time.zone.name.to_str());
    }
    let fields = if time.zone.offset / 60 % 60 == 0 { 1 } else { 2 };
    offset(out, time.zone.offset, Offset { zulu: false, colon: false, fields });
}

fn offset(out: &mut String, seconds: i32, form: Offset) {
    if form.zulu && seconds == 0 {
        return out.push('Z');
    }
    let size = seconds.unsigned_abs();
    let colon = if form.colon { ":" } else { "" };
    write!(out, "{}{:02}", if seconds < 0 { '-' } else { '+' }, size / 3600).ok();
    if form.fields > 1 {
        write!(out, "{colon}{:02}", size / 60 % 60).ok();
    }
    if form.fields > 2 {
        write!(out, "{colon}{:02}", size % 60).ok();
    }
}

fn fraction(out: &mut String, nanos: u32, digits: usize, trimmed: bool, comma: bool) {
    let text = format!("{nanos:09}");
    let kept = match text.get(..digits) {
        Some(kept) => kept.to_owned(),
        None => format!("{text:0<digits$}"),
    };
    let kept = if trimmed { kept.trim_end_matches('0') } else { &kept };
    if !kept.is_empty() {
        out.push(if comma { ',' } else { '.' });
        out.push_str(kept);
    }
}
