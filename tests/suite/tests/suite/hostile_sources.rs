//! Charts and kustomizations that are meant to harm, through the real components: each ends within its limits, in words
//! that name the place, and nothing of it is printed.

use std::{fs, os::unix::fs::symlink};

use windlass_tests_suite::render;
use windlass_tests_support::{Home, archive};

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: b}\n";

/// Folders of one home, so that components are compiled once for all of them.
struct Yard(Home);

impl Yard {
    fn new() -> Self {
        Self(Home::new())
    }

    fn put(&self, files: &[(&str, &[u8])]) {
        if self.0.path("app").exists() {
            fs::remove_dir_all(self.0.path("app")).unwrap();
        }
        for (path, body) in files {
            self.0.write(&format!("app/{path}"), body);
        }
    }

    fn rendered(&self) -> Result<String, String> {
        render(&self.0, &["app"])
    }

    /// Checks that the folder is refused in words that hold all of these.
    #[track_caller]
    fn refused(&self, told: &[&str]) {
        let said = self.rendered().expect_err("it is rendered");
        assert!(told.iter().all(|part| said.contains(part)), "not all of {told:?} in: {said}");
        // A limit of the sandbox, or a trap, would know no place.
        assert!(!said.contains("overran") && !said.contains("trapped"), "{said}");
        assert!(said.len() < 20_000, "{} bytes are said", said.len());
    }

    #[track_caller]
    fn chart_refused(&self, path: &str, body: &[u8], told: &[&str]) {
        self.put(&[("Chart.yaml", CHART.as_bytes()), (path, body)]);
        self.refused(told);
    }

    #[track_caller]
    fn template_refused(&self, template: &str, place: &str, told: &str) {
        self.chart_refused("templates/t.yaml", template.as_bytes(), &[&format!("c/templates/t.yaml:{place}:"), told]);
    }

    /// Checks a kustomization that stands beside a ConfigMap, and beside one that is written twice.
    #[track_caller]
    fn kustomization_refused(&self, text: &str, told: &[&str]) {
        let twice = format!("{MAP}---\n{MAP}");
        let files = [("map.yaml", MAP), ("twice.yaml", &twice), ("kustomization.yaml", text)];
        self.put(&files.map(|(path, text)| (path, text.as_bytes())));
        self.refused(told);
    }
}

/// Ten levels of ten aliases each: ten thousand million nodes.
fn alias_bomb() -> String {
    let level = |at: usize| format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 10].join(","));
    "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned() + &(1..10).map(level).collect::<String>()
}

#[test]
fn a_chart_that_harms_is_told_with_chart_template_and_line() {
    let yard = Yard::new();
    let called = "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}\n{{ include \"a\" . }}";
    yard.template_refused(called, "1", "nested reference name: a");
    let own = "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}\n{{ template \"a\" . }}";
    yard.template_refused(own, "1", "exceeded maximum template depth");
    let text = "{{ $t := \"{{ tpl .t . }}\" }}\n{{ tpl $t (dict \"t\" $t \"Template\" .Template) }}";
    yard.template_refused(text, "2", "tpl");
    yard.template_refused("\n{{ range until 1000000000 }}x{{ end }}", "2", "until");
    yard.template_refused("\n{{ repeat 1000000000 \"x\" }}", "2", "repeat");
    yard.template_refused("\n{{ randAlphaNum 1000000000 }}", "2", "randAlphaNum");
    yard.template_refused("\n{{ mustRegexMatch \"((a{1,500}){1,500}){1,500}\" \"a\" }}", "2", "mustRegexMatch");
    let doubled = "\n{{ $x := \"ab\" }}{{ range until 64 }}{{ $x = print $x $x }}{{ end }}";
    yard.template_refused(doubled, "2", "text became too long");
}

#[test]
fn files_of_a_chart_that_harm_are_told_by_name() {
    let yard = Yard::new();
    let bomb = archive(&[("s/Chart.yaml", CHART.as_bytes()), ("s/zeros", &vec![0; 120 << 20])]);
    yard.chart_refused("charts/s-1.0.0.tgz", &bomb, &["s-1.0.0.tgz", "larger than the maximum size"]);
    let climber = archive(&[("s/Chart.yaml", CHART.as_bytes()), ("s/../../etc/passwd", b"x")]);
    yard.chart_refused("charts/s-1.0.0.tgz", &climber, &["s-1.0.0.tgz", "parent directory"]);
    yard.chart_refused("values.yaml", alias_bomb().as_bytes(), &["values.yaml", "alias"]);
    let looped = br##"{"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}"##;
    yard.chart_refused("values.schema.json", looped, &["c:", "reference cycle"]);
    let remote = br#"{"$ref": "https://example.com/schema.json"}"#;
    yard.chart_refused("values.schema.json", remote, &["c:", "https://example.com/schema.json"]);
    yard.put(&[("Chart.yaml", CHART.as_bytes()), ("charts/readme.txt", b"")]);
    symlink("../../app", yard.0.path("app/charts/c")).unwrap();
    yard.refused(&["charts/c"]);
}

#[test]
fn bases_and_identities_that_harm_are_told_with_file_and_field() {
    let yard = Yard::new();
    let here = "app/kustomization.yaml";
    yard.kustomization_refused("resources: [.]\n", &[here, "resources[0]: cycle detected"]);
    yard.kustomization_refused("resources: [../../../../../../etc]\n", &[here, "resources[0]: security; file"]);
    yard.kustomization_refused("resources: [../other.yaml]\n", &[here, "resources[0]: ", "other.yaml"]);
    yard.kustomization_refused(
        "resources: [twice.yaml]\n",
        &["app/twice.yaml:6: ", "already registered id: ConfigMap"],
    );
    let name = "n".repeat(1 << 20);
    let text = format!("resources: [map.yaml]\nreplicas: [{{name: {name}, count: 2}}]\n");
    yard.kustomization_refused(&text, &[here, "replicas"]);
    yard.put(&[("kustomization.yaml", b"resources: [link.yaml]\n")]);
    symlink("/etc/passwd", yard.0.path("app/link.yaml")).unwrap();
    yard.refused(&["link.yaml"]);
}

#[test]
fn changes_that_harm_are_told_with_file_line_and_field() {
    let yard = Yard::new();
    let patch =
        |body: &str| format!("resources: [map.yaml]\npatches:\n- patch: |\n    {}\n", body.replace('\n', "\n    "));
    let other = MAP.replace("{name: map}", "{name: other}");
    let here = "app/kustomization.yaml:3 patches[0]";
    yard.kustomization_refused(&patch(&other), &[here, "no matches for Id ConfigMap.v1.[noGrp]/other"]);
    yard.kustomization_refused(&patch(&(alias_bomb() + MAP)), &[here, "line 4 of the text", "exceeds the limit"]);
    let blown = patch(MAP) + "  target: {name: '((a{1,1000}){1,1000}){1,100}'}\n";
    yard.kustomization_refused(&blown, &[here, "target.name", "too big"]);
    let replacing = |source: &str| {
        let targets = "targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]";
        format!("resources: [map.yaml]\nreplacements:\n- {{{source}{targets}}}\n")
    };
    let here = "app/kustomization.yaml:3 replacements[0]";
    yard.kustomization_refused(&replacing(""), &[here, "source"]);
    yard.kustomization_refused(&replacing("source: {kind: Secret}, "), &[here, "Secret"]);
    let several = "resources: [map.yaml, other.yaml]\npatchesStrategicMerge: [patch.yaml]\n";
    let elsewhere = MAP.replace("{name: map}", "{name: map, namespace: default}");
    let files = [("kustomization.yaml", several), ("map.yaml", MAP), ("other.yaml", &elsewhere), ("patch.yaml", MAP)];
    yard.put(&files.map(|(path, text)| (path, text.as_bytes())));
    yard.refused(&["app/other.yaml:1: ", "already registered id"]);
}

#[test]
fn a_binary_file_of_a_generator_becomes_binary_data() {
    let yard = Yard::new();
    let kustomization: &[u8] = b"configMapGenerator: [{name: c, files: [blob]}]\n";
    yard.put(&[("kustomization.yaml", kustomization), ("blob", &[0xff, 0, 0xfe])]);
    let printed = yard.rendered().unwrap();
    assert!(printed.contains("binaryData:\n  blob: "), "{printed}");
}
