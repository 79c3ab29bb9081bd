//! URLs as Go's net/url reads and writes them.

use windlass_gotemplate::fmt::quote;

/// The parts, decoded where Go decodes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    pub(crate) opaque: String,
    pub(crate) userinfo: Option<UserInfo>,
    pub(crate) host: String,
    pub(crate) path: Vec<u8>,
    /// The path as it was written, where encoding `path` would write it differently.
    raw_path: String,
    /// A query was begun but is empty.
    force_query: bool,
    pub(crate) query: String,
    pub(crate) fragment: Vec<u8>,
    raw_fragment: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserInfo {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Where a text stands decides which bytes are escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Host,
    User,
    Fragment,
}

impl Url {
    /// # Errors
    /// `parse "…": …`, in Go's words.
    pub(crate) fn parse(text: &str) -> Result<Url, String> {
        let failed = |error: String| format!("parse {}: {error}", quote(text.as_bytes()));
        let (head, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = parse_reference(head).map_err(failed)?;
        if !fragment.is_empty() {
            url.fragment = unescape(fragment, Place::Fragment).map_err(failed)?;
            if escape(&url.fragment, Place::Fragment) != fragment {
                url.raw_fragment = fragment.to_owned();
            }
        }
        Ok(url)
    }

    /// A URL from parts; the path and fragment are plain text.
    pub(crate) fn from_parts(parts: UrlParts) -> Url {
        Url {
            scheme: parts.scheme,
            opaque: parts.opaque,
            userinfo: parts.userinfo,
            host: parts.host,
            path: parts.path.into_bytes(),
            query: parts.query,
            fragment: parts.fragment.into_bytes(),
            ..Url::default()
        }
    }

    /// Without port and without the brackets of an IPv6 address.
    pub(crate) fn hostname(&self) -> &str {
        if let Some(inner) = self.host.strip_prefix('[') {
            return inner.split(']').next().unwrap_or(inner);
        }
        match self.host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.host,
        }
    }

    fn escaped_path(&self) -> String {
        let raw_fits =
            !self.raw_path.is_empty() && unescape(&self.raw_path, Place::Path).as_deref() == Ok(self.path.as_slice());
        if raw_fits {
            return self.raw_path.clone();
        }
        if self.path == b"*" { "*".to_owned() } else { escape(&self.path, Place::Path) }
    }
}

#[derive(Default)]
pub(crate) struct UrlParts {
    pub(crate) scheme: String,
    pub(crate) opaque: String,
    pub(crate) userinfo: Option<UserInfo>,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) fragment: String,
}

fn parse_reference(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == "*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, mut rest) = split_scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    if rest.ends_with('?') && rest.matches('?').count() == 1 {
        url.force_query = true;
        rest = &rest[..rest.len() - 1];
    } else if let Some((head, query)) = rest.split_once('?') {
        url.query = query.to_owned();
        rest = head;
    }
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_owned();
            return Ok(url);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let has_authority = rest.starts_with("//") && (!url.scheme.is_empty() || !rest.starts_with("///"));
    if has_authority {
        let end = rest[2..].find('/').map_or(rest.len(), |slash| slash + 2);
        (url.userinfo, url.host) = parse_authority(&rest[2..end])?;
        rest = &rest[end..];
    }
    url.path = unescape(rest, Place::Path)?;
    if escape(&url.path, Place::Path) != rest {
        url.raw_path = rest.to_owned();
    }
    Ok(url)
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, char) in text.char_indices() {
        match char {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn parse_authority(text: &str) -> Result<(Option<UserInfo>, String), String> {
    let Some((user, host)) = text.rsplit_once('@') else {
        return Ok((None, parse_host(text)?));
    };
    let host = parse_host(host)?;
    let allowed = |char: char| char.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(char);
    if !user.chars().all(allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let info = match user.split_once(':') {
        Some((name, password)) => {
            UserInfo { name: unescape(name, Place::User)?, password: Some(unescape(password, Place::User)?) }
        }
        None => UserInfo { name: unescape(user, Place::User)?, password: None },
    };
    Ok((Some(info), host))
}

fn parse_host(host: &str) -> Result<String, String> {
    if host.starts_with('[') {
        let Some(end) = host.rfind(']') else {
            return Err("missing ']' in host".to_owned());
        };
        check_port(&host[end + 1..])?;
    } else if let Some(colon) = host.find(':') {
        check_port(&host[host.rfind(':').unwrap_or(colon)..])?;
    }
    let bytes = unescape(host, Place::Host)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Nothing, or a colon and digits.
fn check_port(text: &str) -> Result<(), String> {
    let fine =
        text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if fine { Ok(()) } else { Err(format!("invalid port {} after host", quote(text.as_bytes()))) }
}

fn is_plain(byte: u8, place: Place) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return true;
    }
    match place {
        Place::Path => b"$&+,/:;=@".contains(&byte),
        Place::Host => b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Place::User => b"$&+,;=".contains(&byte),
        Place::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escape(bytes: &[u8], place: Place) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if is_plain(*byte, place) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn unescape(text: &str, place: Place) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            if place == Place::Host && first.is_ascii() && !is_plain(*first, place) {
                let shown = quote(&[*first]);
                return Err(format!("invalid character {shown} in host name"));
            }
            out.push(*first);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        match tail {
            [high, low, after @ ..] if digit(*high).is_some() && digit(*low).is_some() => {
                out.push((digit(*high).unwrap_or(0) * 16 + digit(*low).unwrap_or(0)) as u8);
                rest = after;
            }
            _ => {
                let shown = [b"%", &tail[..tail.len().min(2)]].concat();
                return Err(format!("invalid URL escape {}", quote(&shown)));
            }
        }
    }
    Ok(out)
}

impl std::fmt::Display for UserInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&escape(&self.name, Place::User))?;
        match &self.password {
            Some(password) => write!(f, ":{}", escape(password, Place::User)),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(f)?;
        } else {
            f.write_str(&self.opaque)?;
        }
        if self.force_query || !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        if !self.fragment.is_empty() {
            let raw = Some(&self.raw_fragment).filter(|raw| !raw.is_empty()).cloned();
            write!(f, "#{}", raw.unwrap_or_else(|| escape(&self.fragment, Place::Fragment)))?;
        }
        Ok(())
    }
}

impl Url {
    fn write_hierarchy(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.escaped_path();
        if !self.scheme.is_empty() || !self.host.is_empty() || self.userinfo.is_some() {
            if !self.host.is_empty() || !self.path.is_empty() || self.userinfo.is_some() {
                f.write_str("//")?;
            }
            if let Some(info) = &self.userinfo {
                write!(f, "{info}@")?;
            }
            f.write_str(&escape(self.host.as_bytes(), Place::Host))?;
        }
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            f.write_str("/")?;
        }
        // A colon in the first segment would read as a scheme.
        let ambiguous = self.scheme.is_empty() && self.host.is_empty() && self.userinfo.is_none();
        if ambiguous && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
            f.write_str("./")?;
        }
        f.write_str(&path)
    }
}
