//! Which files of the folder are manifests: by name, by size, by a marker in the text.

use windlass_sdk::Diagnostic;

use crate::{glob, parameters::Parameters};

const EXTENSIONS: [&str; 4] = [".yaml", ".yml", ".json", ".jsonnet"];
/// A file with this text in it, usually in a comment, is passed over.
const SKIP_MARKER: &[u8] = b"+argocd:skip-file-rendering";

/// A file of the source, by its path below the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) path: String,
    pub(crate) size: u64,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Read,
    PassOver,
    Refuse(Diagnostic),
}

/// By extension (case counts), then by `exclude`, then by `include`.
pub(crate) fn by_name(file: &Candidate, parameters: &Parameters) -> bool {
    let known = EXTENSIONS.iter().any(|extension| file.path.ends_with(extension));
    if !known && !parameters.disable_extension_filter {
        return false;
    }
    let Parameters { include, exclude, .. } = parameters;
    let excluded = !exclude.is_empty() && glob::matches(exclude, &file.path);
    let included = include.is_empty() || glob::matches(include, &file.path);
    included && !excluded
}

/// What the file adds to the `size` of those before it; an error once that is over the cap.
pub(crate) fn charge(file: &Candidate, size: u64, parameters: &Parameters) -> Result<u64, Diagnostic> {
    let (cap, total) = (parameters.max_combined_size, size + file.size);
    if cap != 0 && total > cap && !is_jsonnet(file) {
        let message = format!(
            "the manifests weigh {total} bytes up to here, the cap is {cap}; exclude files or split the application"
        );
        return Err(Diagnostic::error("too-large", message));
    }
    Ok(if is_jsonnet(file) { 0 } else { file.size })
}

pub(crate) fn by_content(file: &Candidate, body: &[u8]) -> Verdict {
    if contains(body, SKIP_MARKER) {
        return Verdict::PassOver;
    }
    if is_jsonnet(file) {
        let message = "Jsonnet is not supported; render it to YAML or JSON, or exclude the file";
        return Verdict::Refuse(Diagnostic::error("jsonnet", message));
    }
    Verdict::Read
}

fn is_jsonnet(file: &Candidate) -> bool {
    file.path.ends_with(".jsonnet")
}

/// Whether `needle` stands anywhere in `text`.
pub(crate) fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    text.iter().enumerate().any(|(at, byte)| byte == first && text[at + 1..].starts_with(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(parameters: Parameters) -> Vec<&'static str> {
        let files = ["a.yaml", "b.YAML", "d.txt", "e.json", "sub/deep/c.yml", "test-x.yaml"];
        let candidate = |path: &str| Candidate { path: path.into(), size: 1 };
        files.into_iter().filter(|path| by_name(&candidate(path), &parameters)).collect()
    }

    #[test]
    fn without_globs_the_extension_decides_and_its_case_counts() {
        assert_eq!(selected(Parameters::default()), ["a.yaml", "e.json", "sub/deep/c.yml", "test-x.yaml"]);
    }

    #[test]
    fn include_and_exclude_see_the_path_and_exclude_wins() {
        let include = "{a.yaml,sub/deep/*.yml,test*}".to_owned();
        let parameters = Parameters { include, exclude: "test-*".into(), ..Parameters::default() };
        assert_eq!(selected(parameters), ["a.yaml", "sub/deep/c.yml"]);
    }

    #[test]
    fn with_the_extension_filter_off_only_globs_decide() {
        let parameters =
            Parameters { disable_extension_filter: true, exclude: "*.yaml".into(), ..Parameters::default() };
        assert_eq!(selected(parameters), ["b.YAML", "d.txt", "e.json", "sub/deep/c.yml"]);
    }

    #[test]
    fn files_count_together_towards_the_cap_and_zero_is_no_cap() {
        let parameters = |max_combined_size| Parameters { max_combined_size, ..Parameters::default() };
        let file = Candidate { path: "a.yaml".into(), size: 60 };
        assert_eq!(charge(&file, 40, &parameters(100)), Ok(60));
        assert_eq!(charge(&file, 41, &parameters(100)).unwrap_err().code, "too-large");
        assert_eq!(charge(&file, 41, &parameters(0)), Ok(60));
    }

    #[test]
    fn a_marked_file_is_passed_over_and_jsonnet_is_refused_by_name() {
        let file = |path: &str| Candidate { path: path.into(), size: 1 };
        assert_eq!(by_content(&file("a.yaml"), b"# +argocd:skip-file-rendering\na: b"), Verdict::PassOver);
        assert_eq!(by_content(&file("a.jsonnet"), b"// +argocd:skip-file-rendering"), Verdict::PassOver);
        assert!(matches!(by_content(&file("a.jsonnet"), b"{}"), Verdict::Refuse(_)));
        assert_eq!(by_content(&file("a.yaml"), b"a: b"), Verdict::Read);
    }
}
