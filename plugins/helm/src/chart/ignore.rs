//! `.helmignore`: which files of a chart directory are not part of the chart.
//!
//! Rules are tried in order. A plain rule that fits ignores the path; a negated one ignores every path that does *not*
//! fit it. That is Helm's reading of `!`, not git's.

use super::pattern::Pattern;

/// Helm adds this rule to every chart directory.
const DEFAULT_RULE: &str = "templates/.?*";

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    negated: bool,
    directories_only: bool,
    /// Without a slash in the rule, only the last element of the path is looked at.
    base_name_only: bool,
}

/// The rules of one chart directory.
#[derive(Debug, Default)]
pub(crate) struct IgnoreRules(Vec<Rule>);

impl IgnoreRules {
    /// Parses the text of a `.helmignore` file and adds Helm's default rule.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let rules = text.lines().chain([DEFAULT_RULE]).map(str::trim);
        let rules = rules.filter(|rule| !rule.is_empty() && !rule.starts_with('#'));
        rules.map(parse_rule).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn ignores(&self, path: &str, is_directory: bool) -> bool {
        for rule in &self.0 {
            let applies = is_directory || !rule.directories_only;
            let fits = applies && rule.fits(path);
            if fits != rule.negated {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn fits(&self, path: &str) -> bool {
        let subject = if self.base_name_only { path.rsplit('/').next().unwrap_or(path) } else { path };
        self.pattern.matches(subject)
    }
}

fn parse_rule(rule: &str) -> Result<Rule, String> {
    if rule.contains("**") {
        return Err("double-star (**) syntax is not supported".to_owned());
    }
    let (negated, rule) = rule.strip_prefix('!').map_or((false, rule), |rest| (true, rest));
    let (directories_only, rule) = rule.strip_suffix('/').map_or((false, rule), |rest| (true, rest));
    let (anchored, rule) = rule.strip_prefix('/').map_or((false, rule), |rest| (true, rest));
    let pattern = Pattern::parse(rule).map_err(|error| error.to_string())?;
    Ok(Rule { pattern, negated, directories_only, base_name_only: !anchored && !rule.contains('/') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rules: &str, path: &str, is_directory: bool, expected: bool) {
        let rules = IgnoreRules::parse(rules).unwrap();
        assert_eq!(rules.ignores(path, is_directory), expected, "{path}");
    }

    #[test]
    fn a_rule_without_a_slash_looks_at_the_base_name() {
        check("*.bak", "templates/a.bak", false, true);
        check("/*.bak", "templates/a.bak", false, false);
        check("templates/*.bak", "templates/a.bak", false, true);
    }

    #[test]
    fn a_trailing_slash_asks_for_a_directory() {
        check("docs/", "docs", true, true);
        check("docs/", "docs", false, false);
    }

    #[test]
    fn a_negated_rule_ignores_whatever_does_not_fit() {
        check("!*.yaml", "README.md", false, true);
        check("!*.yaml", "values.yaml", false, false);
    }

    #[test]
    fn hidden_files_in_templates_are_always_ignored() {
        check("# nothing", "templates/.hidden", false, true);
        check("", "templates/sub/.hidden", false, false);
    }

    #[test]
    fn double_stars_are_refused() {
        assert!(IgnoreRules::parse("a/**").unwrap_err().contains("double-star"));
    }
}
