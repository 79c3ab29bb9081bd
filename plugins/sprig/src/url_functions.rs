//! `urlParse` and `urlJoin`.

use windlass_gotemplate::{Failure, Functions, Map, Signature, Type, Value};

use crate::args::{Answer, STRING, map, string};
use crate::url::{Url, UrlParts};

const MAP: Signature = Signature::fixed(&[Type::MAP]);

pub(crate) fn register(functions: &mut Functions) {
    functions.add("urlParse", STRING, |_, args| parse(&string(args, 0)));
    functions.add("urlJoin", MAP, |_, args| map(args, 0).map_or_else(|| Ok("".into()), |parts| join(parts)));
}

fn parse(text: &str) -> Answer {
    let url = Url::parse(text).map_err(|error| Failure::new(format!("unable to parse url: {error}")))?;
    let userinfo = url.userinfo.as_ref().map(ToString::to_string).unwrap_or_default();
    Ok(Value::map([
        ("hostname", Value::from(url.hostname())),
        ("scheme", url.scheme.into()),
        ("host", url.host.into()),
        ("path", Value::string(url.path)),
        ("query", url.query.into()),
        ("opaque", url.opaque.into()),
        ("fragment", Value::string(url.fragment)),
        ("userinfo", userinfo.into()),
    ]))
}

fn join(parts: &Map) -> Answer {
    let part = |key: &str| match parts.get(key) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.to_string()),
        Some(Value::Nil) => Err(crate::args::nil_dereference()),
        Some(other) => {
            let kind = other.kind().name();
            Err(Failure::new(format!("unable to parse {key} key, must be of type string, but {kind} found")))
        }
    };
    let userinfo = match part("userinfo")?.as_str() {
        "" => None,
        text => {
            let url = Url::parse(&format!("proto://{text}@host"));
            url.map_err(|error| Failure::new(format!("unable to parse userinfo in dict: {error}")))?.userinfo
        }
    };
    let url = Url::from_parts(UrlParts {
        scheme: part("scheme")?,
        opaque: part("opaque")?,
        userinfo,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        fragment: part("fragment")?,
    });
    Ok(url.to_string().into())
}
