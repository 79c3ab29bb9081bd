//! Date functions. `Local` is UTC: a sandboxed template has no place.

use std::rc::Rc;

use windlass_gotemplate::{Failure, Functions, IntKind, Signature, Type, Value};

use crate::args::{ANY, Answer, STRING_ANY, STRING_STRING, string};
use crate::environment::Environment;
use crate::time::{Duration, Time, Zone, format, parse, parse_duration};

const TIME: Type = Type::Named("time.Time");
const MODIFY: Signature = Signature::fixed(&[Type::String, TIME]);
const EPOCH: Signature = Signature::fixed(&[TIME]);
const IN_ZONE: Signature = Signature::fixed(&[Type::String, Type::Any, Type::String]);
const DAY: &str = "2006-01-02";

pub(crate) fn register(functions: &mut Functions, environment: &Rc<Environment>) {
    showing(functions, environment);
    durations(functions, environment);
    let clock = environment.clone();
    functions.add("now", Signature::fixed(&[]), move |_, _| Ok(Value::object(now(&clock))));
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

fn now(environment: &Environment) -> Time {
    let (seconds, nanos) = (environment.now)();
    Time::utc(seconds, nanos)
}

fn showing(functions: &mut Functions, environment: &Rc<Environment>) {
    let clock = environment.clone();
    functions.add("date", STRING_ANY, move |_, args| Ok(shown(&clock, &string(args, 0), &args[1], "Local")));
    let clock = environment.clone();
    functions.add("htmlDate", ANY, move |_, args| Ok(shown(&clock, DAY, &args[0], "Local")));
    let clock = environment.clone();
    let in_zone = Signature::fixed(&[Type::Any, Type::String]);
    functions.add("htmlDateInZone", in_zone, move |_, args| Ok(shown(&clock, DAY, &args[0], &string(args, 1))));
    for name in ["dateInZone", "date_in_zone"] {
        let clock = environment.clone();
        functions.add(name, IN_ZONE, move |_, args| Ok(shown(&clock, &string(args, 0), &args[1], &string(args, 2))));
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
fn shown(environment: &Environment, layout: &str, value: &Value, zone: &str) -> Value {
    let time = moment(value).unwrap_or_else(|| now(environment));
    format(&time.in_zone(Zone::named(zone).unwrap_or_else(Zone::utc)), layout).into()
}

fn modify(args: &[Value]) -> Answer {
    let duration = parse_duration(&string(args, 0)).map_err(Failure::new)?;
    let time = args[1].downcast::<Time>().cloned().unwrap_or_else(Time::zero);
    Ok(Value::object(time.add(duration)))
}

fn durations(functions: &mut Functions, environment: &Rc<Environment>) {
    let clock = environment.clone();
    functions.add("ago", ANY, move |_, args| {
        let then = moment(&args[0]).unwrap_or_else(|| now(&clock));
        Ok(now(&clock).since(&then).round(1_000_000_000).to_string().into())
    });
    functions.add("duration", ANY, |_, args| {
        let seconds = match &args[0] {
            Value::String(text) => windlass_gotemplate::strconv::parse_int(&text.to_str(), 10).unwrap_or(0),
            Value::Int(seconds, IntKind::Int64) => *seconds,
            _ => 0,
        };
        Ok(Duration(seconds.wrapping_mul(1_000_000_000)).to_string().into())
    });
    let clock = environment.clone();
    functions.add("durationRound", ANY, move |_, args| {
        let duration = match &args[0] {
            Value::String(text) => parse_duration(&text.to_str()).unwrap_or_default(),
            Value::Int(nanos, IntKind::Int64) => Duration(*nanos),
            other => other.downcast::<Time>().map(|then| now(&clock).since(then)).unwrap_or_default(),
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
