//! Argo CD's build environment: what `$ARGOCD_APP_NAME` and the like stand for in some parameters.

use crate::generator::Request;

impl Request {
    /// The text with `$NAME` and `${NAME}` replaced. A name that is not of the build environment becomes
    /// nothing, and `$$` becomes `$`.
    pub fn substitute(&self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            done += before;
            let (value, left) = self.expand(after);
            done += &value;
            rest = left;
        }
        done + rest
    }

    /// What stands behind a dollar sign, and what follows it, as Go's `os.Expand` takes names: a digit or one of the
    /// shell's signs is a name of its own, and a brace that nothing closes is dropped with its dollar sign.
    fn expand<'a>(&self, after: &'a str) -> (String, &'a str) {
        if let Some(braced) = after.strip_prefix('{') {
            return match braced.split_once('}') {
                Some((name, left)) => (self.variable(name), left),
                None => (String::new(), braced),
            };
        }
        let is_own = |letter: &char| letter.is_ascii_digit() || "*#$@!?-".contains(*letter);
        if let Some(sign) = after.chars().next().filter(is_own) {
            return (self.variable(sign.encode_utf8(&mut [0; 4])), &after[1..]);
        }
        let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(after.len());
        match after.split_at(end) {
            ("", left) => ("$".to_owned(), left),
            (name, left) => (self.variable(name), left),
        }
    }

    fn variable(&self, name: &str) -> String {
        let application = &self.application;
        let first = |count: usize| application.revision.chars().take(count).collect();
        match name {
            "$" => "$".to_owned(),
            "ARGOCD_APP_NAME" => application.name.clone(),
            "ARGOCD_APP_NAMESPACE" => application.destination_namespace.clone(),
            "ARGOCD_APP_PROJECT_NAME" => application.project.clone(),
            "ARGOCD_APP_REVISION" => application.revision.clone(),
            "ARGOCD_APP_REVISION_SHORT" => first(7),
            "ARGOCD_APP_REVISION_SHORT_8" => first(8),
            "ARGOCD_APP_SOURCE_PATH" => application.path.clone(),
            "ARGOCD_APP_SOURCE_REPO_URL" => application.repository.clone(),
            "ARGOCD_APP_SOURCE_TARGET_REVISION" => application.target_revision.clone(),
            "KUBE_VERSION" => self.target.kube_version.trim_start_matches('v').to_owned(),
            "KUBE_API_VERSIONS" => self.target.api_versions.join(","),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut request = Request::default();
        request.application.name = "web".into();
        request.application.revision = "0123456789abcdef".into();
        assert_eq!(request.substitute(text), expected);
    }

    #[test]
    fn names_are_replaced_with_and_without_braces() {
        check("$ARGOCD_APP_NAME-${ARGOCD_APP_REVISION_SHORT}!", "web-0123456!");
    }

    #[test]
    fn what_is_not_of_the_environment_becomes_nothing() {
        check("a$HOME/b${PATH}", "a/b");
    }

    #[test]
    fn a_dollar_sign_without_a_name_stays_and_two_are_one() {
        check("$ 5$ $$ARGOCD_APP_NAME $.", "$ 5$ $ARGOCD_APP_NAME $.");
    }

    #[test]
    fn digits_and_signs_are_names_and_an_open_brace_is_dropped() {
        check("a$1b $-c $?$$", "ab c $");
        check("${open", "open");
        check("${}${ARGOCD_APP_NAME}${", "web");
    }
}
