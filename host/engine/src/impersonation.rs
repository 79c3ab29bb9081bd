//! In whose name a sync writes, where a project says so.

use windlass_diff::Glob;
use windlass_model::{application::Destination, project::DestinationServiceAccount};

/// Characters that no name of a service account has; a `:` parts its namespace from its name.
const DISALLOWED: &[char] = &['!', '*', '[', ']', '{', '}', '\\', '/'];

/// One rule: at these destinations, this account.
#[derive(Clone, Debug)]
pub(crate) struct AccountRule {
    server: Glob,
    namespace: Glob,
    account: String,
}

impl AccountRule {
    pub(crate) fn new(rule: &DestinationServiceAccount) -> Self {
        Self {
            server: Glob::new(&rule.server, false),
            namespace: Glob::new(&rule.namespace, false),
            account: rule.default_service_account.trim().to_owned(),
        }
    }

    fn fits(&self, destination: &Destination) -> bool {
        self.server.is_match(&destination.server) && self.namespace.is_match(&destination.namespace)
    }
}

/// The user name of the account that the first fitting rule names. An account without a namespace lives where the
/// application deploys to.
pub(crate) fn user(
    rules: &[AccountRule],
    destination: &Destination,
    application_namespace: &str,
) -> Result<String, String> {
    let namespace =
        if destination.namespace.is_empty() { application_namespace } else { destination.namespace.as_str() };
    let rule = rules.iter().find(|rule| rule.fits(destination)).ok_or_else(|| {
        format!(
            "no matching service account found for destination server {} and namespace {namespace}",
            destination.server
        )
    })?;
    match rule.account.as_str() {
        account if account.is_empty() || account.contains(DISALLOWED) => {
            Err(format!("default service account contains invalid chars '{account}'"))
        }
        account if account.contains(':') => Ok(format!("system:serviceaccount:{account}")),
        account => Ok(format!("system:serviceaccount:{namespace}:{account}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user_of(account: &str, namespace: &str) -> Result<String, String> {
        let rule = DestinationServiceAccount {
            server: "https://*".into(),
            namespace: "team-*".into(),
            default_service_account: account.into(),
        };
        let at = Destination { server: "https://prod".into(), namespace: namespace.into(), ..Destination::default() };
        user(&[AccountRule::new(&rule)], &at, "argocd")
    }

    #[test]
    fn the_account_lives_in_the_destination_unless_it_says_where() {
        assert_eq!(user_of("deployer", "team-a").unwrap(), "system:serviceaccount:team-a:deployer");
        assert_eq!(user_of("ops:deployer", "team-a").unwrap(), "system:serviceaccount:ops:deployer");
    }

    #[test]
    fn without_a_rule_or_with_a_strange_name_there_is_no_account() {
        assert!(user_of("deployer", "other").unwrap_err().contains("no matching service account"));
        assert!(user_of("a/b", "team-a").unwrap_err().contains("invalid chars"));
        assert!(user_of(" ", "team-a").is_err());
    }
}
