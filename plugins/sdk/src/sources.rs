//! Paths in parameters: in the application's own repository, or in another source's as `$name/path`.

use crate::{Diagnostic, generator::Request};

impl Request {
    /// An administrator's setting for the plugin, by its full key.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.extra.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    /// The path that a parameter names, as an absolute one for `source`, variables replaced. A relative path starts at
    /// the application's, one with a leading slash at the root of the repository, and `$name/path` at the root of the
    /// source that goes by that name, where there is one.
    pub fn resolve(&self, written: &str) -> Result<String, Diagnostic> {
        let (first, rest) = written.split_once('/').unwrap_or((written, ""));
        let lender = self.artifacts.iter().find(|artifact| first.starts_with('$') && artifact.id == first);
        let leads_out = || Diagnostic::error("path", format!("{written} leads out of the repository"));
        match lender {
            Some(_) if rest.trim_matches('/').is_empty() => {
                Err(Diagnostic::error("path", format!("{written} names no file after the source's name")))
            }
            Some(lender) => {
                let inside = normalised("", &self.substitute(rest)).ok_or_else(leads_out)?;
                Ok(format!("{}{inside}", lender.mount))
            }
            None => normalised(&self.application.path, &self.substitute(written)).ok_or_else(leads_out),
        }
    }
}

/// The path from the root, with a leading slash and without `.`, `..` and empty parts; none where it climbs out.
fn normalised(base: &str, path: &str) -> Option<String> {
    let base = if path.starts_with('/') { "" } else { base };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::Artifact;

    fn resolve(written: &str) -> Result<String, String> {
        let mut request = Request::default();
        request.application.name = "web".into();
        request.application.path = "charts/web".into();
        request.artifacts = vec![Artifact { id: "$values".into(), digest: String::new(), mount: "/m/0".into() }];
        request.resolve(written).map_err(|diagnostic| diagnostic.message)
    }

    #[test]
    fn paths_start_at_the_application_at_the_root_or_at_another_source() {
        assert_eq!(resolve("prod.yaml").unwrap(), "/charts/web/prod.yaml");
        assert_eq!(resolve("../base/./v.yaml").unwrap(), "/charts/base/v.yaml");
        assert_eq!(resolve("/v/$ARGOCD_APP_NAME.yaml").unwrap(), "/v/web.yaml");
        assert_eq!(resolve("$values/env/$ARGOCD_APP_NAME.yaml").unwrap(), "/m/0/env/web.yaml");
    }

    #[test]
    fn a_name_that_no_source_has_is_a_variable_and_an_unset_one_is_nothing() {
        assert_eq!(resolve("$other/prod.yaml").unwrap(), "/prod.yaml");
        assert_eq!(resolve("$ARGOCD_APP_NAME/prod.yaml").unwrap(), "/charts/web/web/prod.yaml");
    }

    #[test]
    fn nothing_climbs_out_of_a_source_or_names_none_of_its_files() {
        for written in ["../../../x", "/../x", "$values/../x", "$values/a/../../x"] {
            assert!(resolve(written).unwrap_err().contains("leads out"), "{written}");
        }
        assert!(resolve("$values").is_err());
        assert!(resolve("$values//").is_err());
    }
}
