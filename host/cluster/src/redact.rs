//! Cuts the values of Secrets out of texts that API servers and webhooks answer with.

use std::collections::{HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use windlass_model::Object;

use crate::Error;

/// Longest text that is kept: a server may echo a whole object.
const TEXT_MAX: usize = 16 << 10;
/// Parts of values from this length on are cut out too, for servers quote the beginning of what they do not like.
const PART: usize = 8;
const MASK: &str = "++++++++";

/// The error, without a value that stands in one of the Secrets.
pub(crate) fn veiled(error: Error, secrets: &[&Object]) -> Error {
    let is_secret = |object: &&&Object| object.group_kind().is("", "Secret");
    let forms: Vec<String> = secrets.iter().filter(is_secret).flat_map(|object| forms(object)).collect();
    if forms.is_empty() { error } else { error.with_text(|text| cut(&text, &forms)) }
}

/// Every form in which a value of a Secret may be quoted.
fn forms(secret: &Object) -> Vec<String> {
    let values = |field: &str| {
        let map = secret.get(field).and_then(Value::as_object);
        map.into_iter().flat_map(|map| map.values()).filter_map(|value| Some(value.as_str()?.to_owned()))
    };
    let mut forms = Vec::new();
    for encoded in values("data") {
        let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        forms.extend(decoded.iter().flat_map(|plain| plain_forms(plain)));
        forms.push(encoded);
    }
    for plain in values("stringData") {
        forms.extend(plain_forms(&plain));
        forms.push(STANDARD.encode(&plain));
    }
    forms.retain(|form| !form.trim().is_empty());
    forms
}

fn plain_forms(plain: &str) -> Vec<String> {
    let quoted = Value::from(plain).to_string();
    let lines = plain.lines().map(str::trim).filter(|line| line.len() >= PART);
    let mut forms: Vec<String> = lines.map(str::to_owned).collect();
    forms.push(quoted.trim_matches('"').to_owned());
    forms.push(plain.to_owned());
    forms
}

fn cut(text: &str, forms: &[String]) -> String {
    let text = &text[..text.floor_char_boundary(TEXT_MAX)];
    let mut marked = vec![false; text.len()];
    for form in forms.iter().filter(|form| form.len() < PART) {
        text.match_indices(form.as_str()).for_each(|(start, _)| marked[start..start + form.len()].fill(true));
    }
    let mut parts = HashMap::<&[u8], Vec<usize>>::new();
    for (start, part) in text.as_bytes().windows(PART).enumerate() {
        parts.entry(part).or_default().push(start);
    }
    let quoted: HashSet<&[u8]> =
        forms.iter().flat_map(|form| form.as_bytes().windows(PART)).filter(|part| parts.contains_key(*part)).collect();
    for start in quoted.iter().flat_map(|part| &parts[*part]) {
        marked[*start..start + PART].fill(true);
    }
    without(text, &marked)
}

fn without(text: &str, marked: &[bool]) -> String {
    let mut kept = String::new();
    let mut in_mask = false;
    for (start, character) in text.char_indices() {
        let is_marked = marked[start..start + character.len_utf8()].contains(&true);
        match (is_marked, in_mask) {
            (true, false) => kept.push_str(MASK),
            (true, true) => {}
            (false, _) => kept.push(character),
        }
        in_mask = is_marked;
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(message: &str, secret: Value) -> String {
        let error = Error::Unreachable { message: message.into() };
        let mut secret = secret;
        secret["apiVersion"] = "v1".into();
        secret["kind"] = "Secret".into();
        veiled(error, &[&Object::new(secret).unwrap()]).to_string()
    }

    #[test]
    fn a_value_is_cut_out_in_each_form_in_which_it_may_be_quoted() {
        let value = "hunter2-very \"secret\"";
        let encoded = STANDARD.encode(value);
        for secret in [json!({"data": {"a": encoded}}), json!({"stringData": {"a": value}})] {
            let message = format!("denied: {value} / {encoded} / {} / end", Value::from(value));
            let said = said(&message, secret);
            assert!(said.starts_with("cannot reach the cluster: denied: ") && said.ends_with(" end"), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("secret") && !said.contains(&encoded[..8]), "{said}");
        }
    }

    #[test]
    fn the_beginning_of_a_value_and_a_line_of_it_are_cut_out_too() {
        let key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n-----END KEY-----\n";
        let said = said("found MIIEowIBAA... in line 2, next to |-----BEG|", json!({"stringData": {"key": key}}));
        assert!(!said.contains("MIIEowIBAA") && said.contains("in line 2"), "{said}");
    }

    #[test]
    fn short_values_and_values_of_other_letters_are_cut_out_whole() {
        assert!(!said("the pin 4711 is wrong", json!({"stringData": {"pin": "4711"}})).contains("4711"));
        let said = said("»größe-übermäßig« geht nicht", json!({"stringData": {"a": "größe-übermäßig"}}));
        assert_eq!(said, format!("cannot reach the cluster: »{MASK}« geht nicht"));
    }

    #[test]
    fn what_is_no_secret_is_told_as_it_is() {
        let error = Error::Unreachable { message: "value is wrong".into() };
        let map = Object::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "value"}})).unwrap();
        assert_eq!(veiled(error, &[&map]).to_string(), "cannot reach the cluster: value is wrong");
    }
}
