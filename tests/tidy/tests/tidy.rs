//! Holds the rules of the house against the tree as Git tracks it.

use std::path::{Path, PathBuf};

use windlass_tests_tidy::{File, Finding, differences, edges, examples, links, manifests, size, text, tree, wit};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn check(rule: fn(&[File]) -> Vec<Finding>) {
    let files = tree::tracked(&root()).unwrap_or_else(|error| panic!("{error}"));
    report(&rule(&files));
}

fn report(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(findings.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn crates_name_only_what_they_may_know() {
    report(&edges::check(&edges::packages(&root()).unwrap()));
}

#[test]
fn packages_take_lints_and_dependencies_from_the_root() {
    check(manifests::check);
}

#[test]
fn no_file_is_named_for_nothing_in_particular() {
    check(text::check_names);
}

#[test]
fn files_are_short() {
    check(size::check_files);
}

#[test]
fn functions_are_short() {
    check(size::check_functions);
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    check(text::check_machine_paths);
}

#[test]
fn the_page_about_differences_is_current() {
    check(differences::check);
}

#[test]
fn no_debugging_is_left_over() {
    check(text::check_debugging);
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    check(text::check_module_comments);
}

#[test]
fn links_between_documents_lead_somewhere() {
    check(links::check);
}

#[test]
fn every_example_is_run_by_a_test() {
    check(examples::check);
}

#[test]
fn released_versions_of_the_plugin_interface_do_not_change() {
    check(wit::check);
}
