//! Reading times by a layout.

use windlass_gotemplate::fmt::quote;

use super::civil::{Civil, days_in_month};
use super::layout::{MONTHS, Offset, Pad, Part, WEEKDAYS, next_part};
use super::{Time, Zone};

/// `time.Parse`. What the layout leaves out is taken from the first of January of year 0, in UTC.
///
/// # Errors
/// Go's words: which piece of the text does not fit which piece of the layout.
pub fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let mut fields = Fields::default();
    let mut layout_rest = layout;
    let mut rest = text;
    loop {
        let (before, part, after) = next_part(layout_rest);
        rest = skip(rest, before).ok_or_else(|| mismatch(layout, text, rest, before))?;
        let Some((part, spelling)) = part else {
            if !rest.is_empty() {
                return Err(format!("parsing time {}: extra text: {}", quoted(text), quoted(rest)));
            }
            break;
        };
        let held = rest;
        match fields.read(part, rest, after) {
            Ok(tail) => rest = tail,
            Err(Fault::Mismatch) => return Err(mismatch(layout, text, held, spelling)),
            Err(Fault::Range(what)) => return Err(out_of_range(text, what)),
        }
        layout_rest = after;
    }
    fields.time().map_err(|what| out_of_range(text, what))
}

fn quoted(text: &str) -> String {
    quote(text.as_bytes())
}

fn mismatch(layout: &str, text: &str, found: &str, wanted: &str) -> String {
    let (text, layout) = (quoted(text), quoted(layout));
    format!("parsing time {text} as {layout}: cannot parse {} as {}", quoted(found), quoted(wanted))
}

fn out_of_range(text: &str, what: &str) -> String {
    format!("parsing time {}: {what} out of range", quoted(text))
}

/// Steps over the layout's own text; a blank in it stands for any number of blanks.
fn skip<'t>(text: &'t str, layout: &str) -> Option<&'t str> {
    let mut text = text;
    let mut layout = layout;
    while let Some(wanted) = layout.chars().next() {
        if wanted == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return None;
            }
            layout = layout.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
            continue;
        }
        text = text.strip_prefix(wanted)?;
        layout = &layout[wanted.len_utf8()..];
    }
    Some(text)
}

enum Fault {
    Mismatch,
    Range(&'static str),
}

#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    afternoon: Option<bool>,
    zone: Option<Zone>,
}

type Rest<'t> = Result<&'t str, Fault>;

impl Fields {
    fn read<'t>(&mut self, part: Part, text: &'t str, layout_after: &str) -> Rest<'t> {
        match part {
            Part::LongMonth => self.month_name(text, |name| name),
            Part::Month => self.month_name(text, |name| &name[..3]),
            Part::LongWeekday => find_name(text, &WEEKDAYS, |name| name).map(|(_, rest)| rest),
            Part::Weekday => find_name(text, &WEEKDAYS, |name| &name[..3]).map(|(_, rest)| rest),
            Part::NumberMonth(pad) => {
                let (month, rest) = short_number(text, pad)?;
                self.month = Some(in_range(month, 1..=12, "month")?);
                Ok(rest)
            }
            Part::Day(pad) => {
                let text = if pad == Pad::Blank { text.strip_prefix(' ').unwrap_or(text) } else { text };
                let (day, rest) = short_number(text, pad)?;
                self.day = Some(day);
                Ok(rest)
            }
            Part::YearDay(pad) => {
                let text = if pad == Pad::Blank { text.trim_start_matches(' ') } else { text };
                let (day, rest) = digits(text, 1, 3)?;
                self.year_day = Some(day);
                Ok(rest)
            }
            Part::Hour24 => set(&mut self.hour, digits(text, 1, 2)?, 0..=23, "hour"),
            Part::Hour12(pad) => set(&mut self.hour, short_number(text, pad)?, 0..=12, "hour"),
            Part::Minute(pad) => set(&mut self.minute, short_number(text, pad)?, 0..=59, "minute"),
            Part::Second(pad) => {
                let rest = set(&mut self.second, short_number(text, pad)?, 0..=59, "second")?;
                self.unasked_fraction(rest, layout_after)
            }
            Part::LongYear => set(&mut self.year, digits(text, 4, 4)?, 0..=9999, "year"),
            Part::Year => {
                let (year, rest) = digits(text, 2, 2)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
                Ok(rest)
            }
            Part::UpperHalf => self.half(text, "AM", "PM"),
            Part::LowerHalf => self.half(text, "am", "pm"),
            Part::ZoneName => self.zone_name(text),
            Part::Offset(form) => self.offset(text, form),
            Part::Fraction { digits, trimmed, .. } => self.fraction(text, digits, trimmed),
        }
    }

    fn month_name<'t>(&mut self, text: &'t str, cut: fn(&str) -> &str) -> Rest<'t> {
        let (index, rest) = find_name(text, &MONTHS, cut)?;
        self.month = Some(index as i64 + 1);
        Ok(rest)
    }

    fn half<'t>(&mut self, text: &'t str, morning: &str, afternoon: &str) -> Rest<'t> {
        let is_afternoon = text.starts_with(afternoon);
        if !is_afternoon && !text.starts_with(morning) {
            return Err(Fault::Mismatch);
        }
        self.afternoon = Some(is_afternoon);
        Ok(&text[2..])
    }

    /// A fraction behind the seconds is read even where the layout has none.
    fn unasked_fraction<'t>(&mut self, text: &'t str, layout_after: &str) -> Rest<'t> {
        let (before, next, _) = next_part(layout_after);
        if before.is_empty() && matches!(next, Some((Part::Fraction { .. }, _))) {
            return Ok(text);
        }
        match text.as_bytes() {
            [b'.' | b',', b'0'..=b'9', ..] => {
                let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
                self.fraction(text, digits, false)
            }
            _ => Ok(text),
        }
    }

    fn fraction<'t>(&mut self, text: &'t str, digits: usize, trimmed: bool) -> Rest<'t> {
        let follows = matches!(text.as_bytes(), [b'.' | b',', b'0'..=b'9', ..]);
        if trimmed && !follows {
            return Ok(text);
        }
        let count = if trimmed { text[1..].bytes().take_while(u8::is_ascii_digit).count().min(9) } else { digits };
        let found = text.get(1..1 + count).filter(|found| found.bytes().all(|byte| byte.is_ascii_digit()));
        let found = found.filter(|_| follows).ok_or(Fault::Mismatch)?;
        let nanos = format!("{found:0<9}");
        self.nanos = nanos[..9].parse().map_err(|_| Fault::Range("fractional second"))?;
        Ok(&text[1 + count..])
    }

    fn zone_name<'t>(&mut self, text: &'t str) -> Rest<'t> {
        if let Some(rest) = text.strip_prefix("UTC") {
            self.zone = Some(Zone::utc());
            return Ok(rest);
        }
        let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
        let known = matches!(letters, 3)
            || (letters == 4 && text[..4].ends_with('T'))
            || (letters == 5 && text[..5].ends_with("ST"));
        if !known {
            return Err(Fault::Mismatch);
        }
        self.zone = Some(Zone { name: text[..letters].into(), offset: 0 });
        Ok(&text[letters..])
    }

    fn offset<'t>(&mut self, text: &'t str, form: Offset) -> Rest<'t> {
        if form.zulu && text.starts_with('Z') {
            self.zone = Some(Zone::utc());
            return Ok(&text[1..]);
        }
        let sign = match text.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(Fault::Mismatch),
        };
        let mut rest = &text[1..];
        let mut offset = 0;
        for field in 0..form.fields {
            if field > 0 && form.colon {
                rest = rest.strip_prefix(':').ok_or(Fault::Mismatch)?;
            }
            let (number, tail) = digits(rest, 2, 2)?;
            let (limit, what) =
                if field == 0 { (24, "time zone offset hour") } else { (60, "time zone offset minute") };
            in_range(number, 0..=limit, what)?;
            offset += number as i32 * [3600, 60, 1][field as usize];
            rest = tail;
        }
        let name = self.zone.take().map(|zone| zone.name).unwrap_or_default();
        let offset = sign * offset;
        self.zone = Some(if offset == 0 && name.is_empty() { Zone::utc() } else { Zone { name, offset } });
        Ok(rest)
    }

    fn time(self) -> Result<Time, &'static str> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = match (self.year_day, self.month) {
            (Some(day), None) => {
                let days = if days_in_month(self.year, 2) == 29 { 366 } else { 365 };
                if !(1..=days).contains(&day) {
                    return Err("day-of-year");
                }
                (1, day)
            }
            _ => {
                let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
                if !(1..=days_in_month(self.year, month)).contains(&day) {
                    return Err("day");
                }
                (month, day)
            }
        };
        let civil = Civil { year: self.year, month, day, hour, minute: self.minute, second: self.second };
        let zone = self.zone.unwrap_or_else(Zone::utc);
        Ok(Time { seconds: civil.to_seconds() - i64::from(zone.offset), nanos: self.nanos, zone })
    }
}

fn set<'t>(
    field: &mut i64,
    (number, rest): (i64, &'t str),
    range: std::ops::RangeInclusive<i64>,
    what: &'static str,
) -> Rest<'t> {
    *field = in_range(number, range, what)?;
    Ok(rest)
}

fn in_range(number: i64, range: std::ops::RangeInclusive<i64>, what: &'static str) -> Result<i64, Fault> {
    if range.contains(&number) { Ok(number) } else { Err(Fault::Range(what)) }
}

/// Two digits where padded with zeros, else one or two.
fn short_number(text: &str, pad: Pad) -> Result<(i64, &str), Fault> {
    digits(text, if pad == Pad::Zero { 2 } else { 1 }, 2)
}

fn digits(text: &str, least: usize, most: usize) -> Result<(i64, &str), Fault> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return Err(Fault::Mismatch);
    }
    let number = text[..count].parse().map_err(|_| Fault::Mismatch)?;
    Ok((number, &text[count..]))
}

fn find_name<'t>(text: &'t str, names: &[&str], cut: fn(&str) -> &str) -> Result<(usize, &'t str), Fault> {
    let found = names.iter().enumerate().find_map(|(index, name)| {
        let name = cut(name);
        let head = text.get(..name.len())?;
        head.eq_ignore_ascii_case(name).then(|| (index, &text[name.len()..]))
    });
    found.ok_or(Fault::Mismatch)
}
