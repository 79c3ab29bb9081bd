//! Reads scripts: steps written out one by one.
//!
//! A step is a map with a method as key and the target as value, and with what else it needs: `name`, a body (`body`,
//! `text`, `hex`, `edit`, or a patch under `merge`, `json`, `strategic` or `apply`), `manager`, `type`, `accept`, `until`,
//! `keep`, `brief`. A `text` may be a list of parts, of which `{times, of}` stands as often as it says, with its number in
//! place of `#`.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use super::{Body, Step, Until};

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Bodies that say their media type.
const PATCHES: [(&str, &str); 4] = [
    ("merge", "application/merge-patch+json"),
    ("json", "application/json-patch+json"),
    ("strategic", "application/strategic-merge-patch+json"),
    ("apply", "application/apply-patch+yaml"),
];

pub(super) fn read(document: &Value) -> anyhow::Result<Vec<Step>> {
    let steps = document.as_array().context("a script is a list of steps")?;
    steps.iter().enumerate().map(|(index, step)| read_step(index, step)).collect()
}

fn read_step(index: usize, step: &Value) -> anyhow::Result<Step> {
    let entries = step.as_object().with_context(|| format!("step {index} is not a map"))?;
    let called = METHODS.into_iter().find_map(|method| Some((method, entries.get(method)?.as_str()?)));
    let (method, target) = called.with_context(|| format!("step {index} has no method with a target"))?;
    let name = entries.get("name").and_then(Value::as_str).map_or_else(|| format!("{index}"), str::to_owned);
    let mut out = Step::new(name.clone(), method, target);
    for (key, value) in entries {
        add(&mut out, key, value).with_context(|| format!("step {name}"))?;
    }
    add_manager(&mut out, entries);
    Ok(out)
}

fn add(step: &mut Step, key: &str, value: &Value) -> anyhow::Result<()> {
    if let Some((_, media)) = PATCHES.iter().find(|(patch, _)| *patch == key) {
        step.headers.push(("content-type".into(), (*media).into()));
        step.body = Body::Json(value.clone());
        return Ok(());
    }
    match key {
        "body" => step.body = Body::Json(value.clone()),
        "edit" => step.body = Body::Edit(value.clone()),
        "text" => step.body = Body::Text(long_text(value)?),
        "hex" => step.body = Body::Bytes(bytes(&text(value)?)?),
        "brief" => step.brief = value == true,
        "type" => step.headers.push(("content-type".into(), text(value)?)),
        "accept" => step.headers.push(("accept".into(), text(value)?)),
        "keep" => step.keep = Some(text(value)?),
        "until" => step.until = Some(until(value)?),
        "name" | "manager" => {}
        method if METHODS.contains(&method) => {}
        _ => bail!("the key {key:?} means nothing here"),
    }
    Ok(())
}

fn add_manager(step: &mut Step, entries: &Map<String, Value>) {
    if let Some(manager) = entries.get("manager").and_then(Value::as_str) {
        let separator = if step.target.contains('?') { '&' } else { '?' };
        step.target.push_str(&format!("{separator}fieldManager={manager}"));
    }
}

pub(super) fn until(value: &Value) -> anyhow::Result<Until> {
    match value {
        Value::Number(status) => Ok(Until::Status(u16::try_from(status.as_u64().context("a status")?)?)),
        Value::Object(at) => {
            let (pointer, value) = at.iter().next().context("a pointer and a value")?;
            Ok(Until::Value(pointer.clone(), value.clone()))
        }
        _ => bail!("until is a status, or a pointer with a value"),
    }
}

fn long_text(value: &Value) -> anyhow::Result<String> {
    let Some(parts) = value.as_array() else { return text(value) };
    let mut out = String::new();
    for part in parts {
        match part.as_object() {
            Some(repeated) => {
                let times = repeated.get("times").and_then(Value::as_u64).context("times is a number")?;
                let of = text(repeated.get("of").context("what is repeated stands under of")?)?;
                (0..times).for_each(|number| out.push_str(&of.replace('#', &number.to_string())));
            }
            None => out.push_str(&text(part)?),
        }
    }
    Ok(out)
}

fn bytes(hex: &str) -> anyhow::Result<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2).map(std::str::from_utf8);
    pairs.map(|pair| Ok(u8::from_str_radix(pair?, 16)?)).collect()
}

fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value.as_str().context("a text is wanted")?.to_owned())
}
