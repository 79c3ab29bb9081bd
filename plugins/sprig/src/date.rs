//! Date functions. `Local` is UTC: a sandboxed template has no place.

use std::rc::Rc;

use windlass_gotemplate::{Failure, Functions, IntKind, Signature, Type, Value};

use crate::args::{ANY, Answer, STRING_ANY, STRING_STRING, string};
use crate::chance::Chance;
use crate::time::{Duration, Time, Zone, format, parse, parse_duration};

const TIME: Type = Type::Named("time.Time");
const MODIFY: Signature = Signature::fixed(&[Type::String, TIME]);
const EPOCH: Signature = Signature::fixed(&[TIME]);
const IN_ZONE: Signature = Signature::fixed(&[Type::String, Type::Any, Type::String]);
const DAY: &str = "2006-01-02";

pub(crate) fn register(functions: &mut Functions, chance: &Rc<Chance>) {
    showing(functions, chance);
    durations(functions, chance);
    let clock = chance.clone();
    functions.add("now", Signature::fixed(&[]), move |_, _| now(&clock).map(Value::object));
    for name in ["dateModify", "date_modify"] {
        functions.add(name, MODIFY, |_, args| Ok(modify(args).unwrap_or_else(|_| args[1].clone())));
    }
    for name in ["mustDateModify", "must_date_modify"] {
        functions.add(name, MODIFY, |_, args| modify(args));
    }
    functions.add("toDate", STRING_STRING, |_, args| {
        Ok(Value::object(parse(&string(args, 0), &string(args, 1)).unwrap_or_else(|_| Time::zero())))
    });
    functions.add("mustToDate", STRING_STRING, |_, args| {
        parse(&string(args, 0), &string(args, 1)).map(Value::object).map_err(Failure::new)
    });
    functions.add("unixEpoch", EPOCH, |_, args| {
        Ok(args[0].downcast::<Time>().map_or(0, |time| time.seconds).to_string().into())
    });
}

fn now(chance: &Chance) -> Result<Time, Failure> {
    let (seconds, nanos) = chance.now()?;
    Ok(Time::utc(seconds, nanos))
}

fn showing(functions: &mut Functions, chance: &Rc<Chance>) {
    let clock = chance.clone();
    functions.add("date", STRING_ANY, move |_, args| shown(&clock, &string(args, 0), &args[1], "Local"));
    let clock = chance.clone();
    functions.add("htmlDate", ANY, move |_, args| shown(&clock, DAY, &args[0], "Local"));
    let clock = chance.clone();
    let in_zone = Signature::fixed(&[Type::Any, Type::String]);
    functions.add("htmlDateInZone", in_zone, move |_, args| shown(&clock, DAY, &args[0], &string(args, 1)));
    for name in ["dateInZone", "date_in_zone"] {
        let clock = chance.clone();
        functions.add(name, IN_ZONE, move |_, args| shown(&clock, &string(args, 0), &args[1], &string(args, 2)));
    }
}

/// A moment given as time or as seconds; `None` for everything else, which sprig takes for now.
fn moment(value: &Value) -> Option<Time> {
    match value {
        Value::Int(seconds, IntKind::Int | IntKind::Int64 | IntKind::Int32) => Some(Time::utc(*seconds, 0)),
        other => other.downcast::<Time>().cloned(),
    }
}

/// An unknown zone is UTC.
fn shown(chance: &Chance, layout: &str, value: &Value, zone: &str) -> Answer {
    let time = moment(value).map_or_else(|| now(chance), Ok)?;
    Ok(format(&time.in_zone(Zone::named(zone).unwrap_or_else(Zone::utc)), layout).into())
}

fn modify(args: &[Value]) -> Answer {
    let duration = parse_duration(&string(args, 0)).map_err(Failure::new)?;
    let time = args[1].downcast::<Time>().cloned().unwrap_or_else(Time::zero);
    Ok(Value::object(time.add(duration)))
}

fn durations(functions: &mut Functions, chance: &Rc<Chance>) {
    let clock = chance.clone();
    functions.add("ago", ANY, move |_, args| {
        let now = now(&clock)?;
        let then = moment(&args[0]).unwrap_or_else(|| now.clone());
        Ok(now.since(&then).round(1_000_000_000).to_string().into())
    });
    functions.add("duration", ANY, |_, args| {
        let seconds = match &args[0] {
            Value::String(text) => windlass_gotemplate::strconv::parse_int(&text.to_str(), 10).unwrap_or(0),
            Value::Int(seconds, IntKind::Int64) => *seconds,
            _ => 0,
        };
        Ok(Duration(seconds.wrapping_mul(1_000_000_000)).to_string().into())
    });
    let clock = chance.clone();
    functions.add("durationRound", ANY, move |_, args| {
        let duration = match &args[0] {
            Value::String(text) => parse_duration(&text.to_str()).unwrap_or_default(),
            Value::Int(nanos, IntKind::Int64) => Duration(*nanos),
            other => match other.downcast::<Time>() {
                Some(then) => now(&clock)?.since(then),
                None => Duration::default(),
            },
        };
        Ok(rounded(duration).into())
    });
}

/// The largest unit that fits more than once, alone.
fn rounded(duration: Duration) -> String {
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (SECOND * 3600 * 24 * 365, "y"),
        (SECOND * 3600 * 24 * 30, "mo"),
        (SECOND * 3600 * 24, "d"),
        (SECOND * 3600, "h"),
        (SECOND * 60, "m"),
        (SECOND, "s"),
    ];
    let size = duration.0.unsigned_abs();
    match UNITS.iter().find(|(unit, _)| size > *unit) {
        Some((unit, name)) => format!("{}{name}", size / unit),
        None => "0s".to_owned(),
    }
}
