//! Charts in, text out: what `helm template` prints, and how bad input ends.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod hostile;

use std::io::Write;
use std::rc::Rc;

use windlass_helm::{Chart, Error, Host, LookupRequest, MemoryFiles, RenderOptions, Rendered, ValuesFile, render};
use windlass_sprig::Environment;

const CHART: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");

fn rendered(files: &[(&str, &str)], options: &RenderOptions) -> Result<Rendered, Error> {
    let files: MemoryFiles = files.iter().map(|(path, text)| (*path, *text)).collect();
    render_files(&files, options)
}

fn render_files(files: &MemoryFiles, options: &RenderOptions) -> Result<Rendered, Error> {
    let lookup = |request: &LookupRequest| match request.name.as_str() {
        "refused" => Err("lookup is denied".to_owned()),
        "there" => Ok(Some(serde_json::json!({"kind": request.kind, "replicas": 3}))),
        _ => Ok(None),
    };
    let mut warnings = Vec::new();
    let environment = Environment::fixed();
    let host = Host { files, environment, lookup: Some(Rc::new(lookup)), warnings: &mut warnings };
    render(Chart::from_directory(files, "")?, options, host)
}

/// The output of a chart with one template, after its `# Source:` line.
#[track_caller]
fn check_template(template: &str, values: &str, expected: &str) {
    let files = [CHART, ("values.yaml", values), ("templates/t.yaml", template)];
    let text = rendered(&files, &RenderOptions::default()).unwrap().to_string();
    assert_eq!(text, format!("---\n# Source: c/templates/t.yaml\n{expected}\n"));
}

#[track_caller]
fn check_refused(files: &[(&str, &str)], options: &RenderOptions, part: &str) {
    let error = rendered(files, options).unwrap_err().to_string();
    assert!(error.contains(part), "{error:?} lacks {part:?}");
}

#[track_caller]
fn check_template_refused(template: &str, part: &str) {
    check_refused(&[CHART, ("templates/t.yaml", template)], &RenderOptions::default(), part);
}

fn set(arguments: &[&str]) -> RenderOptions {
    let mut options = RenderOptions::default();
    options.values.set = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    options
}

#[test]
fn numbers_of_values_print_as_go_floats_unless_they_are_set() {
    check_template(
        "a: {{ .Values.size }}\nb: {{ toJson .Values }}",
        "size: 1234567",
        "a: 1.234567e+06\nb: {\"size\":1234567}",
    );
    let files = [CHART, ("templates/t.yaml", "a: {{ .Values.size }}")];
    let text = rendered(&files, &set(&["size=1234567"])).unwrap().to_string();
    assert!(text.ends_with("a: 1234567\n"), "{text}");
}

#[test]
fn missing_values_leave_nothing_behind() {
    check_template("a: [{{ .Values.none }}]\nb: {{ tpl \"{{ .Values.none }}x\" . }}", "", "a: []\nb: x");
}

#[test]
fn lookups_are_answered_by_the_host() {
    let template =
        "{{ (lookup \"v1\" \"Secret\" \"ns\" \"there\").replicas }} {{ lookup \"v1\" \"Secret\" \"ns\" \"no\" }}";
    check_template(&format!("a: {template}"), "", "a: 3 map[]");
    check_template_refused("{{ lookup \"v1\" \"Secret\" \"ns\" \"refused\" }}", "lookup is denied");
}

#[test]
fn resources_come_before_hooks_and_notes_are_not_printed() {
    let files = [
        CHART,
        ("crds/a.yaml", "kind: CustomResourceDefinition\n"),
        ("templates/NOTES.txt", "for {{ .Release.Name }}"),
        ("templates/h.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: test}}"),
        ("templates/z.yaml", "kind: Service\n---\n\n---\nkind: Namespace"),
    ];
    let options = RenderOptions { include_crds: true, ..RenderOptions::default() };
    let output = rendered(&files, &options).unwrap();
    let expected = "---\n# Source: c/crds/a.yaml\nkind: CustomResourceDefinition\n\n\
        ---\n# Source: c/templates/z.yaml\nkind: Namespace\n---\n# Source: c/templates/z.yaml\nkind: Service\n\
        ---\n# Source: c/templates/h.yaml\nkind: Job\nmetadata: {annotations: {helm.sh/hook: test}}\n";
    assert_eq!(output.to_string(), expected);
    assert_eq!(output.notes, "for release-name");
    let without = rendered(&files, &RenderOptions { skip_tests: true, ..options }).unwrap().to_string();
    assert!(!without.contains("kind: Job"), "{without}");
}

#[test]
fn show_only_selects_by_path_and_must_fit_something() {
    let files = [CHART, ("templates/a.yaml", "kind: A"), ("templates/b.yaml", "kind: B")];
    let only = |pattern: &str| RenderOptions { show_only: vec![pattern.to_owned()], ..RenderOptions::default() };
    let text = rendered(&files, &only("templates/a*")).unwrap().to_string();
    assert_eq!(text, "---\n# Source: c/templates/a.yaml\nkind: A\n\n");
    check_refused(&files, &only("templates/x.yaml"), "could not find template templates/x.yaml in chart");
}

const PARENT: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n\
    - {name: s, version: 1.x, alias: one, condition: one.enabled}\n\
    - {name: s, version: 1.x, alias: two, tags: [extra], import-values: [data]}\n";

fn family(values: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("Chart.yaml", PARENT),
        ("values.yaml", values),
        ("charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.2.0\n"),
        ("charts/s/values.yaml", "size: 1\nexports: {data: {imported: 5}}\n"),
        ("charts/s/templates/t.yaml", "kind: {{ .Chart.Name }}{{ .Values.size }}{{ .Values.global.g }}"),
    ]
}

#[test]
fn subcharts_follow_alias_condition_tags_and_globals() {
    let both = family("global: {g: x}\ntwo: {size: 7}\n");
    let text = rendered(&both, &RenderOptions::default()).unwrap().to_string();
    assert!(text.contains("# Source: c/charts/one/templates/t.yaml\nkind: one1x\n"), "{text}");
    assert!(text.contains("# Source: c/charts/two/templates/t.yaml\nkind: two7x\n"), "{text}");
    let neither = rendered(&both, &set(&["one.enabled=false", "tags.extra=false"])).unwrap();
    assert!(neither.manifests.is_empty());
}

#[test]
fn imported_values_are_defaults_of_the_parent() {
    let files = family("global: {g: x}\n");
    let mut files = files.to_vec();
    files.push(("templates/p.yaml", "kind: {{ .Values.imported }}"));
    let text = rendered(&files, &RenderOptions::default()).unwrap().to_string();
    assert!(text.contains("kind: 5\n"), "{text}");
}

#[test]
fn a_null_removes_a_default_and_files_merge_in_order() {
    let files = [CHART, ("values.yaml", "a: {x: 1, w: 2}"), ("templates/t.yaml", "v: {{ toJson .Values }}")];
    let mut options = RenderOptions::default();
    for text in ["a: {x: null}", "a: {z: 3}"] {
        options.values.files.push(ValuesFile { name: "f.yaml".to_owned(), data: text.into() });
    }
    let text = rendered(&files, &options).unwrap().to_string();
    assert!(text.ends_with("v: {\"a\":{\"w\":2,\"z\":3}}\n"), "{text}");
}

#[test]
fn charts_that_do_not_fit_are_refused_before_they_run() {
    let options = RenderOptions { kube_version: Some("1.19".to_owned()), ..RenderOptions::default() };
    let chart = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\nkubeVersion: '>=1.20.0-0'\n");
    check_refused(
        &[chart],
        &options,
        "chart requires kubeVersion: >=1.20.0-0 which is incompatible with Kubernetes v1.19",
    );
    let library = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\ntype: library\n");
    check_refused(&[library], &RenderOptions::default(), "library charts are not installable");
    check_refused(&[("Chart.yaml", PARENT)], &RenderOptions::default(), "missing in charts/ directory: s, s");
    let schema = ("values.schema.json", r#"{"required": ["x"]}"#);
    check_refused(&[CHART, schema], &RenderOptions::default(), "c:\n- at '': missing property 'x'");
    let unchecked = RenderOptions { skip_schema_validation: true, ..RenderOptions::default() };
    assert!(rendered(&[CHART, schema], &unchecked).is_ok());
}

#[test]
fn failures_name_template_line_and_column() {
    check_template_refused(
        "a: 1\nb: {{ required \"say x\" .Values.x }}",
        "execution error at (c/templates/t.yaml:2:6): say x",
    );
    check_template_refused("{{ if }}", "parse error at (c/templates/t.yaml:1): missing value for if");
    let nested = "{{ define \"d\" }}{{ .Values.a.b }}{{ end }}\n{{ include \"d\" . }}";
    check_template_refused(nested, "c/templates/t.yaml:2:3\n  executing \"c/templates/t.yaml\" at <include \"d\" .>:");
    check_template_refused("a: b: c", "YAML parse error on c/templates/t.yaml");
}

#[test]
fn templates_without_end_are_stopped() {
    let endless = "{{ define \"d\" }}{{ include \"d\" . }}{{ end }}{{ include \"d\" . }}";
    check_template_refused(endless, "nested reference name: d");
    let error = rendered(&[CHART, ("templates/t.yaml", endless)], &RenderOptions::default()).unwrap_err();
    assert!(error.to_string().len() < 64 * 1024, "an error must stay readable");
    check_template_refused("{{ range until 1000000000 }}x{{ end }}", "c/templates/t.yaml:1");
    check_template_refused("{{ repeat 1000000000 \"x\" }}", "c/templates/t.yaml:1");
    let inner = "{{ $t := \"{{ tpl .t . }}\" }}{{ tpl $t (dict \"t\" $t) }}";
    check_template_refused(inner, "nested deeper than");
}

fn gzipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, data) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, *data).unwrap();
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&archive.into_inner().unwrap()).unwrap();
    gzip.finish().unwrap()
}

fn with_archive(archive: Vec<u8>) -> Result<Rendered, Error> {
    let mut files: MemoryFiles = [CHART].into_iter().collect();
    files.insert("charts/s-1.0.0.tgz", archive);
    render_files(&files, &RenderOptions::default())
}

#[test]
fn packaged_subcharts_are_unpacked_within_limits() {
    let chart: &[u8] = b"apiVersion: v2\nname: s\nversion: 1.0.0\n";
    let fine = gzipped(&[("s/Chart.yaml", chart), ("s/templates/t.yaml", b"kind: S")]);
    assert!(with_archive(fine).unwrap().to_string().contains("# Source: c/charts/s/templates/t.yaml\nkind: S\n"));
    let climbing = gzipped(&[("s/Chart.yaml", chart), ("s/../../t.yaml", b"kind: S")]);
    let error = with_archive(climbing).unwrap_err().to_string();
    assert!(error.contains("error unpacking subchart s-1.0.0.tgz in c: chart illegally references parent"), "{error}");
    let bomb = gzipped(&[("s/Chart.yaml", chart), ("s/big", &vec![0; 101 << 20])]);
    let error = with_archive(bomb).unwrap_err().to_string();
    assert!(error.contains("larger than the maximum size"), "{error}");
}
