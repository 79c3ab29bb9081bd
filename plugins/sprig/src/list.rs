//! Lists. They are never changed: what grows or reorders one answers with a new one.

use windlass_gotemplate::{Elem, Execution, Failure, Functions, List, Signature, Type, Value};

use crate::args::{ANY, ANY_ANY, ANY_ANYS, ANYS, Answer, INT, int, is_slice, items, nil_dereference};
use crate::cast::to_int64;
use crate::deep::deep_equal;

const CHUNK: Signature = Signature::fixed(&[Type::INT, Type::Any]);
const UNTIL_STEP: Signature = Signature::fixed(&[Type::INT, Type::INT, Type::INT]);

/// What one element made from nothing costs, in steps: elements take memory that loops do not.
const ELEMENT_STEPS: u64 = 16;

pub(crate) fn register(functions: &mut Functions) {
    for name in ["list", "tuple"] {
        functions.add(name, ANYS, |_, args| Ok(Value::list(args.to_vec())));
    }
    functions.add("concat", ANYS, concat);
    functions.add("until", INT, |execution, args| {
        let count = int(args, 0);
        until_step(execution, 0, count, if count < 0 { -1 } else { 1 })
    });
    functions.add("untilStep", UNTIL_STEP, |execution, args| {
        until_step(execution, int(args, 0), int(args, 1), int(args, 2))
    });
    both(functions, "first", ANY, |args| ends(args, "Cannot find first on type", |items| items.first()));
    both(functions, "last", ANY, |args| ends(args, "Cannot find last on type", |items| items.last()));
    both(functions, "rest", ANY, |args| {
        part(args, "Cannot find rest on type", |items| items.split_first().map(|(_, rest)| rest))
    });
    both(functions, "initial", ANY, |args| {
        part(args, "Cannot find initial on type", |items| items.split_last().map(|(_, rest)| rest))
    });
    both(functions, "reverse", ANY, |args| {
        Ok(Value::list(items(&args[0], "Cannot find reverse on type")?.iter().rev().cloned().collect()))
    });
    both(functions, "uniq", ANY, |args| uniq(&args[0]));
    both(functions, "without", ANY_ANYS, |args| {
        let items = items(&args[0], "Cannot find without on type")?;
        Ok(Value::list(items.iter().filter(|item| !holds(&args[1..], item)).cloned().collect()))
    });
    both(functions, "has", ANY_ANY, |args| match &args[1] {
        Value::Nil => Ok(false.into()),
        list => Ok(holds(&items(list, "Cannot find has on type")?, &args[0]).into()),
    });
    both(functions, "slice", ANY_ANYS, slice);
    both(functions, "chunk", CHUNK, |args| chunk(int(args, 0), &args[1]));
    growing(functions);
}

fn growing(functions: &mut Functions) {
    let append = |execution: &mut Execution, args: &[Value]| {
        let mut grown = items(&args[0], "Cannot push on type")?.into_owned();
        execution.spend(grown.len() as u64)?;
        grown.push(args[1].clone());
        Ok(Value::list(grown))
    };
    for name in ["append", "push", "mustAppend", "mustPush"] {
        functions.add(name, ANY_ANY, append);
    }
    let prepend = |execution: &mut Execution, args: &[Value]| {
        let items = items(&args[0], "Cannot prepend on type")?;
        execution.spend(items.len() as u64)?;
        Ok(Value::list(std::iter::once(&args[1]).chain(items.iter()).cloned().collect()))
    };
    for name in ["prepend", "mustPrepend"] {
        functions.add(name, ANY_ANY, prepend);
    }
}

/// Registers `name` and `mustName`, which differ only in how Go reports the error.
fn both(functions: &mut Functions, name: &str, signature: Signature, body: fn(&[Value]) -> Answer) {
    let (first, rest) = name.split_at(1);
    functions.add(name, signature, move |_, args| body(args));
    functions.add(&format!("must{}{rest}", first.to_uppercase()), signature, move |_, args| body(args));
}

fn ends(args: &[Value], problem: &str, end: fn(&[Value]) -> Option<&Value>) -> Answer {
    Ok(end(&items(&args[0], problem)?).cloned().unwrap_or_default())
}

/// An empty list has no rest: a nil slice.
fn part(args: &[Value], problem: &str, rest: fn(&[Value]) -> Option<&[Value]>) -> Answer {
    Ok(match rest(&items(&args[0], problem)?) {
        Some(rest) => Value::list(rest.to_vec()),
        None => Value::from(List::nil(Elem::Any)),
    })
}

fn holds(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| deep_equal(wanted, item))
}

fn uniq(list: &Value) -> Answer {
    let mut kept: Vec<Value> = Vec::new();
    for item in items(list, "Cannot find uniq on type")?.iter() {
        if !holds(&kept, item) {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

/// `slice list 1 3`; keeps the list's type.
fn slice(args: &[Value]) -> Answer {
    let all = items(&args[0], "list should be type of slice or array but")?;
    if all.is_empty() {
        return Ok(Value::Nil);
    }
    let start = args.get(1).map_or(0, to_int64);
    let end = args.get(2).map_or(all.len() as i64, to_int64);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let Some(kept) = range.and_then(|(start, end)| all.get(start..end)) else {
        return Err(Failure::new("reflect.Value.Slice: slice index out of bounds"));
    };
    Ok(match &args[0] {
        Value::List(list) => Value::from(List::new(list.elem(), kept.to_vec())),
        _ => Value::list(kept.to_vec()),
    })
}

fn chunk(size: i64, list: &Value) -> Answer {
    let items = items(list, "Cannot chunk type")?;
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        return Err(Failure::new("runtime error: makeslice: len out of range"));
    };
    let chunks = items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect();
    Ok(Value::from(List::new(Elem::List, chunks)))
}

fn concat(execution: &mut Execution, lists: &[Value]) -> Answer {
    let mut all = Vec::new();
    for list in lists {
        if list.is_nil() {
            return Err(nil_dereference());
        }
        if !is_slice(list) {
            return Err(Failure::new(format!("Cannot concat type {} as list", list.kind().name())));
        }
        let items = items(list, "")?;
        execution.spend(items.len() as u64)?;
        all.extend(items.iter().cloned());
    }
    if all.is_empty() {
        return Ok(Value::from(List::nil(Elem::Any)));
    }
    Ok(Value::list(all))
}

fn until_step(execution: &mut Execution, start: i64, stop: i64, step: i64) -> Answer {
    let numbers = steps(execution, start, stop, step)?;
    Ok(Value::from(List::new(Elem::Int, numbers.into_iter().map(Value::int).collect())))
}

/// The numbers from `start` to before `stop`; none where the step leads away.
///
/// # Errors
/// There are more than the budget pays for.
pub(crate) fn steps(execution: &mut Execution, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Failure> {
    let leads_away = if stop < start { step >= 0 } else { step <= 0 };
    if leads_away {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(stop).div_ceil(step.unsigned_abs());
    execution.spend(count.saturating_mul(ELEMENT_STEPS))?;
    Ok((0..count as i64).map(|turn| start + turn * step).collect())
}
