//! A tree of failures and its text.

use std::fmt;

/// One value that does not fit one part of a schema.
#[derive(Debug)]
pub(super) struct Failure {
    /// JSON pointer to the value.
    pub(super) location: String,
    pub(super) reason: Reason,
    pub(super) causes: Vec<Failure>,
}

#[derive(Debug)]
pub(super) enum Reason {
    /// Several failures of one schema.
    Group,
    /// The failure of the schema that a `$ref` names.
    Reference,
    Keyword(String),
    /// The schema or the machinery is at fault; shown as it is.
    Schema(String),
}

impl Failure {
    pub(super) fn keyword(location: &str, text: impl Into<String>) -> Self {
        Self { location: location.to_owned(), reason: Reason::Keyword(text.into()), causes: Vec::new() }
    }

    pub(super) fn schema(text: impl Into<String>) -> Self {
        Self { location: String::new(), reason: Reason::Schema(text.into()), causes: Vec::new() }
    }

    /// All failures of one schema as one.
    pub(super) fn group(location: &str, mut failures: Vec<Self>) -> Option<Self> {
        match failures.len() {
            0 | 1 => failures.pop(),
            _ => Some(Self { location: location.to_owned(), reason: Reason::Group, causes: failures }),
        }
    }

    pub(super) fn is_schema_fault(&self) -> bool {
        matches!(self.reason, Reason::Schema(_)) || self.causes.iter().any(Self::is_schema_fault)
    }

    /// Only the fault of the schema where there is one: what the values fail is then beside the point.
    pub(super) fn fault_or_self(self) -> Self {
        let mut pending = vec![&self];
        while let Some(failure) = pending.pop() {
            if let Reason::Schema(text) = &failure.reason {
                return Self::schema(text.clone());
            }
            pending.extend(&failure.causes);
        }
        self
    }

    /// Whether showing it would only repeat its single cause.
    fn is_transparent(&self) -> bool {
        matches!(self.reason, Reason::Reference) && self.causes.len() == 1
    }

    fn write(&self, out: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        let mut inner = indent;
        if !self.is_transparent() {
            let text = match &self.reason {
                Reason::Group | Reason::Reference => "validation failed",
                Reason::Keyword(text) => text,
                Reason::Schema(text) => return writeln!(out, "{text}"),
            };
            writeln!(out, "{:width$}- at {}: {text}", "", quote(&self.location), width = indent * 2)?;
            inner += 1;
        }
        self.causes.iter().try_for_each(|cause| cause.write(out, inner))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A group at the top is the header that the chart's name stands for.
        match self.reason {
            Reason::Group => self.causes.iter().try_for_each(|cause| cause.write(out, 0)),
            _ => self.write(out, 0),
        }
    }
}

/// Text in single quotes, with Go's escapes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        match character {
            '\'' => quoted += "\\'",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            '\r' => quoted += "\\r",
            control if control.is_control() => quoted += &format!("\\x{:02x}", u32::from(control)),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

pub(super) fn quote_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// A count with thousands separated, as Helm's library prints numbers.
pub(super) fn grouped(number: f64) -> String {
    let text = number.to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}
