//! Sources that lend their files to others: `ref: values` in one source, `$values/…` in another's parameters.

use std::collections::BTreeSet;

use windlass_model::application::Source;

use crate::Problem;

/// Which sources of an application lend, by index, and under which id. Only those that another names.
pub(crate) fn lenders(sources: &[&Source]) -> Result<Vec<(usize, String)>, Problem> {
    let mut taken = BTreeSet::new();
    let mut lenders = Vec::new();
    for (index, source) in sources.iter().enumerate().filter(|(_, source)| !source.reference.is_empty()) {
        let name = &source.reference;
        if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-') {
            return Err(Problem::comparison(format!(
                "source.ref {name} cannot contain any special characters except '_' and '-'"
            )));
        }
        if !taken.insert(name) {
            return Err(Problem::comparison("invalid sources: multiple sources had the same `ref` key"));
        }
        let id = format!("${name}");
        if sources.iter().any(|source| names(source, &id)) {
            lenders.push((index, id));
        }
    }
    Ok(lenders)
}

/// Whether the source's parameters name a lender. To name it in passing costs a fetch and no more.
pub(crate) fn names(source: &Source, id: &str) -> bool {
    source.generators.values().any(|parameters| parameters.to_string().contains(&format!("{id}/")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lenders_of(references: &[&str], value_file: &str) -> Result<Vec<(usize, String)>, Problem> {
        let lender = |name: &&str| Source { reference: (*name).to_owned(), ..Source::default() };
        let mut borrower = Source { path: "chart".into(), ..Source::default() };
        borrower.generators.insert("helm".into(), json!({ "valueFiles": [value_file] }));
        let sources: Vec<Source> = references.iter().map(lender).chain([borrower]).collect();
        lenders(&sources.iter().collect::<Vec<_>>())
    }

    #[test]
    fn only_sources_that_another_names_lend() {
        assert_eq!(lenders_of(&["more", "values"], "$values/prod.yaml"), Ok(vec![(1, "$values".to_owned())]));
        assert_eq!(lenders_of(&["values"], "values/prod.yaml"), Ok(Vec::new()));
    }

    #[test]
    fn names_are_plain_and_each_is_given_once() {
        assert!(lenders_of(&["a.b"], "x").unwrap_err().message.contains("a.b"));
        assert!(lenders_of(&["a", "a"], "x").unwrap_err().message.contains("same `ref`"));
    }
}
