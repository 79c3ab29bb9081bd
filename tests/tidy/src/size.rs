//! Sizes that need a reason: a file over 600 lines that does not call itself a table, a function over 80.

use crate::{File, Finding};

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 80;
/// In the first line of a file, it is the reason.
const REASON: &str = "table";

pub fn check_files(files: &[File]) -> Vec<Finding> {
    files.iter().filter(|file| is_source(file)).filter_map(check_file).collect()
}

fn is_source(file: &File) -> bool {
    [".rs", ".wit", ".sh", ".md"].iter().any(|extension| file.path.ends_with(extension))
}

fn check_file(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    let reasoned = file.text.lines().next().is_some_and(|first| first.to_lowercase().contains(REASON));
    let message =
        format!("{lines} lines, {FILE_LINES} are the most: split it, or say in the first line that it is a table");
    (lines > FILE_LINES && !reasoned).then(|| Finding::new(&file.path, lines, message))
}

pub fn check_functions(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (name, line, length) in functions(file).filter(|(_, _, length)| *length > FUNCTION_LINES) {
            let message = format!("`{name}` has {length} lines, {FUNCTION_LINES} are the most: take its steps apart");
            findings.push(Finding::new(&file.path, line, message));
        }
    }
    findings
}

/// Name, line and length of each function. Relies on rustfmt: the closing brace stands below the first word.
fn functions(file: &File) -> impl Iterator<Item = (&str, usize, usize)> {
    let lines: Vec<&str> = file.text.lines().collect();
    file.lines().filter_map(move |(number, line)| {
        let rest = &lines[number - 1..];
        // A declaration or a body on one line has no opening brace at the end of its signature.
        let open = rest.iter().position(|line| line.ends_with(['{', ';', '}']))?;
        let name = function_name(line).filter(|_| rest[open].ends_with('{'))?;
        let indent = &line[..line.len() - line.trim_start().len()];
        let close = rest.iter().position(|line| line.strip_prefix(indent) == Some("}"))?;
        Some((name, number, close + 1))
    })
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_qualifier = |word: &str| {
        word.starts_with("pub") || ["const", "async", "unsafe", "extern", "\"C\"", "in", "crate)"].contains(&word)
    };
    let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (before.split_whitespace().all(is_qualifier) && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!(
            "impl A {{\n    pub(crate) async fn long(\n    ) {{\n{}    }}\n}}\n",
            "        a();\n".repeat(lines - 3)
        )
    }

    #[test]
    fn a_long_file_is_found_unless_its_first_line_says_table() {
        let long = |first: &str| File::new("a.rs", &format!("{first}\n{}", "//\n".repeat(FILE_LINES)));
        assert_eq!(check_files(&[long("//! Code.")]).len(), 1);
        assert_eq!(check_files(&[long("//! Table: the kinds.")]), []);
        assert_eq!(check_files(&[File::new("a.rs", &"//\n".repeat(FILE_LINES))]), []);
    }

    #[test]
    fn a_long_function_is_found_by_its_name_and_line() {
        let findings = check_functions(&[File::new("a.rs", &function(FUNCTION_LINES + 1))]);
        assert_eq!(crate::shown(&findings), ["a.rs:2: `long` has 81 lines, 80 are the most: take its steps apart"]);
        assert_eq!(check_functions(&[File::new("a.rs", &function(FUNCTION_LINES))]), []);
    }

    #[test]
    fn declarations_and_one_line_bodies_do_not_run_into_what_follows() {
        let tail = format!("    a: u8,\n{}}}\n", "    //\n".repeat(FUNCTION_LINES));
        let text = format!("trait A {{\n    fn a(&self);\n    fn b(&self) {{}}\n}}\nstruct B {{\n{tail}");
        assert_eq!(check_functions(&[File::new("a.rs", &text)]), []);
    }
}
