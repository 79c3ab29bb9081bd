//! Go's layouts: a time written the way the reference time is.

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A piece of a layout that stands for a part of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    LongMonth,
    Month,
    /// Two digits where padded.
    NumberMonth(Pad),
    LongWeekday,
    Weekday,
    Day(Pad),
    YearDay(Pad),
    Hour24,
    Hour12(Pad),
    Minute(Pad),
    Second(Pad),
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    ZoneName,
    Offset(Offset),
    /// `.000`, digits always shown, or `.999`, trailing zeros dropped.
    Fraction {
        digits: usize,
        trimmed: bool,
        comma: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pad {
    None,
    Zero,
    Blank,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// `Z` for UTC.
    pub(super) zulu: bool,
    pub(super) colon: bool,
    /// Hours; hours and minutes; with seconds.
    pub(super) fields: u8,
}

const PLAIN: [(&str, Part); 18] = [
    ("January", Part::LongMonth),
    ("Monday", Part::LongWeekday),
    ("MST", Part::ZoneName),
    ("002", Part::YearDay(Pad::Zero)),
    ("__2", Part::YearDay(Pad::Blank)),
    ("01", Part::NumberMonth(Pad::Zero)),
    ("02", Part::Day(Pad::Zero)),
    ("03", Part::Hour12(Pad::Zero)),
    ("04", Part::Minute(Pad::Zero)),
    ("05", Part::Second(Pad::Zero)),
    ("06", Part::Year),
    ("15", Part::Hour24),
    ("2006", Part::LongYear),
    ("PM", Part::UpperHalf),
    ("pm", Part::LowerHalf),
    ("3", Part::Hour12(Pad::None)),
    ("4", Part::Minute(Pad::None)),
    ("5", Part::Second(Pad::None)),
];

const OFFSETS: [(&str, bool, u8); 5] =
    [("070000", false, 3), ("07:00:00", true, 3), ("0700", false, 2), ("07:00", true, 2), ("07", false, 1)];

/// The text before the first part, the part with its spelling, and what follows.
pub(super) fn next_part(layout: &str) -> (&str, Option<(Part, &str)>, &str) {
    for (at, _) in layout.char_indices() {
        // The underscore of `_2006` is text, the year behind it a part.
        if layout[at..].starts_with("_2006") {
            return (&layout[..=at], Some((Part::LongYear, "2006")), &layout[at + 5..]);
        }
        if let Some((part, length)) = part_at(&layout[at..]) {
            let end = at + length;
            return (&layout[..at], Some((part, &layout[at..end])), &layout[end..]);
        }
    }
    (layout, None, "")
}

fn part_at(text: &str) -> Option<(Part, usize)> {
    if let Some((name, part)) = PLAIN.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*part, name.len()));
    }
    let lowercase_follows = |length: usize| text[length..].starts_with(|char: char| char.is_ascii_lowercase());
    match text.as_bytes()[0] {
        b'J' if text.starts_with("Jan") && !lowercase_follows(3) => Some((Part::Month, 3)),
        b'M' if text.starts_with("Mon") && !lowercase_follows(3) => Some((Part::Weekday, 3)),
        b'1' => Some((Part::NumberMonth(Pad::None), 1)),
        b'2' => Some((Part::Day(Pad::None), 1)),
        b'_' if text.starts_with("_2") => Some((Part::Day(Pad::Blank), 2)),
        sign @ (b'-' | b'Z') => offset_at(&text[1..], sign == b'Z'),
        sign @ (b'.' | b',') => fraction_at(text, sign == b','),
        _ => None,
    }
}

fn offset_at(text: &str, zulu: bool) -> Option<(Part, usize)> {
    let (name, colon, fields) = OFFSETS.iter().find(|(name, ..)| text.starts_with(name))?;
    Some((Part::Offset(Offset { zulu, colon: *colon, fields: *fields }), 1 + name.len()))
}

fn fraction_at(text: &str, comma: bool) -> Option<(Part, usize)> {
    let digit = text[1..].chars().next().filter(|char| matches!(char, '0' | '9'))?;
    let digits = text[1..].chars().take_while(|char| *char == digit).count();
    if text[1 + digits..].starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    Some((Part::Fraction { digits, trimmed: digit == '9', comma }, 1 + digits))
}
