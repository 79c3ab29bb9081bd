//! The page about differences from Argo CD is generated from one data file, and stays short.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::{File, Finding};

const DATA: &str = "host/docs/differences.toml";
const PAGE: &str = "host/docs/differences.md";
/// More of them, and it is no longer the same system.
const MOST: usize = 12;

#[derive(Deserialize)]
struct Data {
    difference: Vec<Difference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    scenario: String,
    path: String,
    argo_cd: String,
    windlass: String,
    reason: String,
}

pub fn check(files: &[File]) -> Vec<Finding> {
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let Some(data) = text(DATA) else { return vec![Finding::new(DATA, 1, "is missing")] };
    match page(data) {
        Err(message) => vec![Finding::new(DATA, 1, message)],
        Ok(page) if text(PAGE) == Some(&page) => Vec::new(),
        Ok(_) => {
            let message = format!("is not what {DATA} says; its first lines tell how it is generated");
            vec![Finding::new(PAGE, 1, message)]
        }
    }
}

/// The page, as Markdown.
pub fn page(data: &str) -> Result<String, String> {
    let data: Data = toml::from_str(data).map_err(|error| error.to_string())?;
    let count = data.difference.len();
    if count > MOST {
        return Err(format!("{count} differences, {MOST} are the most: do as Argo CD does"));
    }
    let mut page = String::from(
        "# Where Windlass differs from Argo CD\n\n\
         Generated from [differences.toml](differences.toml). Scenarios are those recorded from Argo CD 3.5.1; in all \
         else that they record, the two agree or the difference is a fault of Windlass.\n\n\
         | Scenario | Where | Argo CD | Windlass | Why |\n|---|---|---|---|---|\n",
    );
    for Difference { scenario, path, argo_cd, windlass, reason } in &data.difference {
        let row = writeln!(page, "| `{scenario}` | {path} | {argo_cd} | {windlass} | {reason} |");
        row.map_err(|error| error.to_string())?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str =
        "[[difference]]\nscenario = \"s\"\npath = \"p\"\nargo_cd = \"a\"\nwindlass = \"w\"\nreason = \"r\"\n";

    #[test]
    fn a_page_that_is_not_current_is_found() {
        let current = page(ONE).unwrap();
        assert!(current.ends_with("| `s` | p | a | w | r |\n"), "{current}");
        let files = |page: &str| [File::new(DATA, ONE), File::new(PAGE, page)];
        assert_eq!(check(&files(&current)), []);
        assert_eq!(check(&files("old")).len(), 1);
    }

    #[test]
    fn too_many_differences_are_found() {
        assert!(page(&ONE.repeat(MOST)).is_ok());
        assert!(page(&ONE.repeat(MOST + 1)).is_err_and(|message| message.contains("13 differences")));
    }
}
