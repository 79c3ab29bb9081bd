//! Dates of the proleptic Gregorian calendar.

const DAY: i64 = 86_400;
/// Days in 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;

/// A date and time of day without zone. Month and day may lie outside their ranges before
/// [`Civil::to_seconds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

impl Civil {
    /// From seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Civil {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = date(days);
        Civil { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }

    pub fn to_seconds(self) -> i64 {
        let months = self.year.saturating_mul(12).saturating_add(self.month - 1);
        let days = days_since_1970(months.div_euclid(12), months.rem_euclid(12) + 1).saturating_add(self.day - 1);
        days.saturating_mul(DAY).saturating_add(self.hour * 3600 + self.minute * 60 + self.second)
    }

    /// From 1.
    pub fn year_day(self) -> i64 {
        days_since_1970(self.year, self.month) + self.day - days_since_1970(self.year, 1)
    }

    /// Sunday is 0.
    pub fn weekday(self) -> usize {
        (days_since_1970(self.year, self.month) + self.day + 3).rem_euclid(7) as usize
    }
}

pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the first of the month. Years are counted from March, so that the leap
/// day is the last one.
fn days_since_1970(year: i64, month: i64) -> i64 {
    // Beyond these years nothing is printable; within them nothing overflows.
    let year = year.clamp(-1_000_000_000, 1_000_000_000);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(ERA);
    let day_of_era = days.rem_euclid(ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}
