//! Which form of an answer a client wants, and which form its body has.

use crate::error::{ApiError, Reason};

/// The form of the objects in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Object,
    /// `as=Table`: rows that kubectl prints.
    Table,
    /// `as=PartialObjectMetadata` or its list.
    Metadata,
    /// `as=APIGroupDiscoveryList`.
    Aggregated(DiscoveryVersion),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscoveryVersion {
    V2,
    V2Beta1,
}

impl DiscoveryVersion {
    pub fn as_str(self) -> &'static str {
        match self {
            DiscoveryVersion::V2 => "v2",
            DiscoveryVersion::V2Beta1 => "v2beta1",
        }
    }
}

/// How the answer is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Json,
    Yaml,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    pub form: Form,
    pub encoding: Encoding,
}

impl Accept {
    /// The first acceptable entry of an `Accept` header, in the client's order.
    ///
    /// # Errors
    /// None of the entries can be served.
    pub fn parse(header: Option<&str>) -> Result<Self, ApiError> {
        let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return Ok(Accept::default()) };
        header.split(',').find_map(entry).ok_or_else(|| unacceptable(header))
    }

    /// # Errors
    /// An encoding in which no watch is written.
    pub fn check_stream(&self) -> Result<(), ApiError> {
        match self.encoding {
            Encoding::Json => Ok(()),
            Encoding::Yaml => Err(unacceptable_form(STREAMED)),
        }
    }
}

/// What objects are served as; protobuf by the real server only, which is what the message has to say.
pub const SERVED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const STREAMED: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

pub fn unacceptable_form(accepted: &str) -> ApiError {
    ApiError::new(Reason::NotAcceptable, format!("only the following media types are accepted: {accepted}"))
}

/// A type that is never served is refused before anyone looks at its parameters.
fn unacceptable(header: &str) -> ApiError {
    let media = |entry: &str| entry.split(';').next().unwrap_or_default().trim().to_owned();
    if header.split(',').any(|entry| SERVED.split(", ").any(|served| served == media(entry))) {
        return unacceptable_form(SERVED);
    }
    let message = format!("406: Not Acceptable\n\nAvailable representations: {SERVED}");
    ApiError { details: Some(Box::default()), ..ApiError::new(Reason::NotAcceptable, message) }
}

fn entry(entry: &str) -> Option<Accept> {
    let mut parts = entry.split(';').map(str::trim);
    let encoding = match parts.next()? {
        "application/json" | "*/*" | "application/*" | "application/json;stream=watch" => Encoding::Json,
        "application/yaml" => Encoding::Yaml,
        _ => return None,
    };
    let (mut form, mut group, mut version) = ("", "", "");
    for part in parts {
        match part.split_once('=')? {
            ("as", value) => form = value,
            ("g", value) => group = value,
            ("v", value) => version = value,
            _ => {}
        }
    }
    let form = match (form, group, version) {
        ("", _, _) => Form::Object,
        ("Table", "meta.k8s.io", "v1" | "v1beta1") => Form::Table,
        ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io", "v1" | "v1beta1") => Form::Metadata,
        ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") => Form::Aggregated(DiscoveryVersion::V2),
        ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2beta1") => Form::Aggregated(DiscoveryVersion::V2Beta1),
        _ => return None,
    };
    Some(Accept { form, encoding })
}

/// What a request body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Json,
    Yaml,
    Protobuf,
    JsonPatch,
    MergePatch,
    StrategicPatch,
    ApplyPatch,
}

impl Content {
    /// # Errors
    /// A media type that this server does not read, CBOR among them.
    pub fn parse(header: Option<&str>, patch: bool) -> Result<Self, ApiError> {
        let media = header.map_or(Some("application/json".into()), media_type).unwrap_or_else(|| "-".into());
        match (media.as_str(), patch) {
            ("application/json" | "", false) => Ok(Content::Json),
            ("application/yaml" | "application/x-yaml", false) => Ok(Content::Yaml),
            ("application/vnd.kubernetes.protobuf", false) => Ok(Content::Protobuf),
            ("application/json-patch+json", true) => Ok(Content::JsonPatch),
            ("application/merge-patch+json", true) => Ok(Content::MergePatch),
            ("application/strategic-merge-patch+json", true) => Ok(Content::StrategicPatch),
            ("application/apply-patch+yaml", true) => Ok(Content::ApplyPatch),
            (_, true) => {
                let error = unsupported("415: Unsupported Media Type");
                Err(ApiError { details: Some(Box::default()), ..error })
            }
            (_, false) => Err(unsupported(
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json, application/yaml, application/vnd.kubernetes.protobuf",
            )),
        }
    }
}

/// The type without its parameters, in lower case; none for what is no media type. Nothing at all is as good as absent.
fn media_type(header: &str) -> Option<String> {
    let mut parts = header.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let mut parameters = parts.filter(|part| !part.is_empty());
    let readable = parameters.all(|part| part.split_once('=').is_some_and(|(name, _)| !name.is_empty()));
    let named = !media.is_empty() || header.trim().is_empty();
    (readable && named).then_some(media)
}

fn unsupported(message: &str) -> ApiError {
    ApiError::new(Reason::UnsupportedMediaType, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_can_be_served_is_taken() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(Accept::parse(Some(kubectl)).expect("acceptable").form, Form::Table);
        let typed = "application/vnd.kubernetes.protobuf,application/json";
        assert_eq!(Accept::parse(Some(typed)).expect("acceptable"), Accept::default());
    }

    #[test]
    fn protobuf_alone_is_not_acceptable() {
        let error = Accept::parse(Some("application/vnd.kubernetes.protobuf")).expect_err("not served");
        assert_eq!(error.reason, Reason::NotAcceptable);
    }
}
