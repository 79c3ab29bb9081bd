//! Go's `time.Time` and `time.Duration` as template values.

mod civil;
mod duration;
mod format;
mod layout;
mod parse;

use std::any::Any;

use windlass_gotemplate::{Execution, Failure, IntKind, Kind, Object, Text, Value};

pub use self::civil::Civil;
pub use self::duration::{Duration, parse_duration};
pub use self::format::format;
pub use self::parse::parse;

/// A fixed offset with a name; the name may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    pub name: Text,
    /// Seconds east of UTC.
    pub offset: i32,
}

impl Zone {
    pub fn utc() -> Zone {
        Zone { name: "UTC".into(), offset: 0 }
    }

    /// The zone of that name; there is no database behind it, so only those that never shift.
    pub fn named(name: &str) -> Option<Zone> {
        let offset = match name {
            "" | "UTC" | "Local" => return Some(Zone::utc()),
            "GMT" | "Etc/UTC" | "Etc/GMT" => 0,
            "EST" => -5,
            "MST" => -7,
            "HST" => -10,
            _ => return None,
        };
        let short = name.rsplit('/').next().unwrap_or(name);
        Some(Zone { name: short.into(), offset: offset * 3600 })
    }
}

/// A moment, with the zone it is shown in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: i64,
    pub nanos: u32,
    pub zone: Zone,
}

/// What Go's zero Time is: the first second of year 1.
const ZERO_SECONDS: i64 = -62_135_596_800;

impl Time {
    pub fn utc(seconds: i64, nanos: u32) -> Time {
        Time { seconds, nanos, zone: Zone::utc() }
    }

    pub fn zero() -> Time {
        Time::utc(ZERO_SECONDS, 0)
    }

    pub fn in_zone(&self, zone: Zone) -> Time {
        Time { zone, ..self.clone() }
    }

    pub fn civil(&self) -> Civil {
        Civil::from_seconds(self.seconds.saturating_add(self.zone.offset.into()))
    }

    pub fn add(&self, duration: Duration) -> Time {
        let nanos = i64::from(self.nanos) + duration.0 % 1_000_000_000;
        let seconds = self.seconds.saturating_add(duration.0 / 1_000_000_000);
        Time {
            seconds: seconds.saturating_add(nanos.div_euclid(1_000_000_000)),
            nanos: nanos.rem_euclid(1_000_000_000) as u32,
            zone: self.zone.clone(),
        }
    }

    /// What lies between, at most some 292 years.
    pub fn since(&self, earlier: &Time) -> Duration {
        let seconds = i128::from(self.seconds) - i128::from(earlier.seconds);
        let nanos = seconds * 1_000_000_000 + i128::from(self.nanos) - i128::from(earlier.nanos);
        Duration(nanos.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    fn same_moment(&self, other: &Time) -> bool {
        (self.seconds, self.nanos) == (other.seconds, other.nanos)
    }

    /// Months and days beyond their ranges carry over.
    fn add_date(&self, years: i64, months: i64, days: i64) -> Time {
        let civil = self.civil();
        let moved = Civil {
            year: civil.year.saturating_add(years),
            month: civil.month.saturating_add(months),
            day: civil.day.saturating_add(days),
            ..civil
        };
        let seconds = moved.to_seconds().saturating_sub(self.zone.offset.into());
        Time { seconds, ..self.clone() }
    }

    fn number(&self, name: &str) -> Option<Value> {
        let civil = self.civil();
        Some(match name {
            "Year" => Value::int(civil.year),
            "Day" => Value::int(civil.day),
            "Hour" => Value::int(civil.hour),
            "Minute" => Value::int(civil.minute),
            "Second" => Value::int(civil.second),
            "Nanosecond" => Value::int(self.nanos.into()),
            "YearDay" => Value::int(civil.year_day()),
            "Unix" => Value::int64(self.seconds),
            "UnixMilli" => Value::int64(self.seconds.wrapping_mul(1000) + i64::from(self.nanos / 1_000_000)),
            "UnixMicro" => Value::int64(self.seconds.wrapping_mul(1_000_000) + i64::from(self.nanos / 1000)),
            "UnixNano" => Value::int64(self.seconds.wrapping_mul(1_000_000_000).wrapping_add(self.nanos.into())),
            "Month" => Value::object(Named::month(civil.month)),
            "Weekday" => Value::object(Named::weekday(civil.weekday())),
            "IsZero" => (self.seconds == ZERO_SECONDS && self.nanos == 0).into(),
            "UTC" | "Local" => Value::object(self.in_zone(Zone::utc())),
            "String" => self.to_string().into(),
            _ => return None,
        })
    }
}

const METHODS: [&str; 24] = [
    "Year",
    "Day",
    "Hour",
    "Minute",
    "Second",
    "Nanosecond",
    "YearDay",
    "Unix",
    "UnixMilli",
    "UnixMicro",
    "UnixNano",
    "Month",
    "Weekday",
    "IsZero",
    "UTC",
    "Local",
    "String",
    "Format",
    "AddDate",
    "Add",
    "Sub",
    "Before",
    "After",
    "Equal",
];

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&format(self, "2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn has_method(&self, name: &str) -> bool {
        METHODS.contains(&name)
    }

    fn call(&self, name: &str, args: &[Value], _: &mut Execution) -> Result<Value, Failure> {
        if let Some(value) = self.number(name) {
            return Ok(value);
        }
        match (name, args) {
            ("Format", [Value::String(layout)]) => Ok(format(self, &layout.to_str()).into()),
            ("AddDate", [years, months, days]) => {
                let number = crate::cast::to_int64;
                Ok(Value::object(self.add_date(number(years), number(months), number(days))))
            }
            ("Add", [duration]) => Ok(Value::object(self.add(Duration(crate::cast::to_int64(&duration.underlying()))))),
            (_, [other]) => match (name, other.downcast::<Time>()) {
                ("Sub", Some(other)) => Ok(Value::object(self.since(other))),
                ("Before", Some(other)) => Ok(((self.seconds, self.nanos) < (other.seconds, other.nanos)).into()),
                ("After", Some(other)) => Ok(((self.seconds, self.nanos) > (other.seconds, other.nanos)).into()),
                ("Equal", Some(other)) => Ok(self.same_moment(other).into()),
                _ => Err(Failure::new(format!("wrong argument for {name}"))),
            },
            _ => Err(Failure::new(format!("wrong number of args for {name}"))),
        }
    }

    fn display(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn json(&self) -> Option<String> {
        Some(format(self, "2006-01-02T15:04:05.999999999Z07:00"))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Time>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Duration {
    fn type_name(&self) -> &'static str {
        "time.Duration"
    }

    fn kind(&self) -> Kind {
        Kind::Int(IntKind::Int64)
    }

    fn has_method(&self, name: &str) -> bool {
        matches!(name, "Hours" | "Minutes" | "Seconds" | "Milliseconds" | "Microseconds" | "Nanoseconds" | "String")
    }

    fn call(&self, name: &str, _args: &[Value], _: &mut Execution) -> Result<Value, Failure> {
        Ok(match name {
            "Hours" => Value::float(self.0 as f64 / 3.6e12),
            "Minutes" => Value::float(self.0 as f64 / 6e10),
            "Seconds" => Value::float(self.0 as f64 / 1e9),
            "Milliseconds" => Value::int64(self.0 / 1_000_000),
            "Microseconds" => Value::int64(self.0 / 1000),
            "Nanoseconds" => Value::int64(self.0),
            _ => self.to_string().into(),
        })
    }

    fn display(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::int64(self.0))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `time.Month` and `time.Weekday`: integers that print as names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    type_name: &'static str,
    number: i64,
    name: &'static str,
}

impl Named {
    fn month(month: i64) -> Named {
        Named { type_name: "time.Month", number: month, name: layout::MONTHS[(month - 1).clamp(0, 11) as usize] }
    }

    fn weekday(day: usize) -> Named {
        Named { type_name: "time.Weekday", number: day as i64, name: layout::WEEKDAYS[day % 7] }
    }
}

impl Object for Named {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn kind(&self) -> Kind {
        Kind::Int(IntKind::Int)
    }

    fn display(&self) -> Option<String> {
        Some(self.name.to_owned())
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::int(self.number))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Named>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
