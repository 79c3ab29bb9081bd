//! Whole builds through the public surface. What is expected was printed by kustomize 5.8.1 for the same files.

mod functions;

use std::collections::BTreeMap;

use windlass_kustomize::{
    Artifact, Edits, Error, HelmChart, Image, InflateError, LabelEdits, LoadRestriction, Options, Replica, build,
};

type Tree = BTreeMap<String, Vec<u8>>;

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: b}\n";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - {name: main, image: 'web:1', ports: [{containerPort: 80}]}
      - {name: side, image: nginx}
      volumes: [{name: v, configMap: {name: settings}}]
";

fn check(files: &[(&str, &str)], expected: &str) {
    let built = build(&tree(files), "app", &Options::default()).expect("the build succeeds");
    assert_eq!(built.to_yaml(), expected);
}

fn refused(files: &[(&str, &str)]) -> String {
    build(&tree(files), "app", &Options::default()).expect_err("the build is refused").to_string()
}

#[test]
fn a_generated_name_reaches_what_refers_to_it() {
    check(
        &[
            (
                "app/kustomization.yaml",
                "namePrefix: p-\nresources: [../base]\nconfigMapGenerator:\n- {name: settings, literals: [a=1]}\n",
            ),
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", DEPLOYMENT),
        ],
        "\
apiVersion: v1
data:
  a: \"1\"
kind: ConfigMap
metadata:
  name: p-settings-h29d89cmmt
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: p-web
spec:
  template:
    spec:
      containers:
      - image: web:1
        name: main
        ports:
        - containerPort: 80
      - image: nginx
        name: side
      volumes:
      - configMap:
          name: p-settings-h29d89cmmt
        name: v
",
    );
}

#[test]
fn a_strategic_merge_puts_the_patched_elements_first() {
    let patch = "
patches:
- target: {kind: Deploy.*}
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec:
      template:
        spec:
          containers:
          - {name: side, $patch: delete}
          - {name: new, image: other}
          - name: main
            ports: [{containerPort: 81}]
          volumes: null
";
    check(
        &[("app/kustomization.yaml", &format!("resources: [web.yaml]{patch}")), ("app/web.yaml", DEPLOYMENT)],
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - image: other
        name: new
      - image: web:1
        name: main
        ports:
        - containerPort: 81
        - containerPort: 80
",
    );
}

/// Lists by several keys, of scalars, with directives and nulls, and one without a schema.
#[test]
fn the_corners_of_a_strategic_merge_are_those_of_kustomize() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: p, finalizers: [a, b], ownerReferences: [{uid: \"1\", name: x}]}
spec:
  nodeSelector: {a: b}
  tolerations: [{key: a}]
  hostAliases: [{ip: 1.1.1.1, hostnames: [x]}]
  topologySpreadConstraints: [{topologyKey: z, whenUnsatisfiable: D, maxSkew: 1}]
  containers: [{name: a, image: b, command: [x], envFrom: [{configMapRef: {name: q}}]}]
  imagePullSecrets: [{name: one}]
  emptynull:
  writtennull: null
";
    let patch = "\
apiVersion: v1
kind: Pod
metadata: {name: p, finalizers: [c, a], ownerReferences: [{uid: \"2\", name: y}]}
spec:
  nodeSelector: {$patch: replace, c: d}
  tolerations: [{key: b}]
  hostAliases: [{ip: 1.1.1.1, hostnames: [y]}, {ip: 2.2.2.2}]
  topologySpreadConstraints: [{topologyKey: z, whenUnsatisfiable: D, maxSkew: 2}, {topologyKey: z, whenUnsatisfiable: E}]
  containers:
  - $patch: replace
  - {name: z, image: y}
  initContainers: [{name: i, image: x, env: [{name: q, value: null}, {name: r, $patch: delete}]}]
  imagePullSecrets: [{name: two}, {name: one, $patch: delete}]
";
    let expected = "\
apiVersion: v1
kind: Pod
metadata:
  finalizers:
  - c
  - a
  - b
  name: p
  ownerReferences:
  - name: \"y\"
    uid: \"2\"
  - name: x
    uid: \"1\"
spec:
  containers:
  - image: \"y\"
    name: z
  hostAliases:
  - hostnames:
    - \"y\"
    ip: 1.1.1.1
  - ip: 2.2.2.2
  imagePullSecrets:
  - name: two
  initContainers:
  - env:
    - name: q
    image: x
    name: i
  nodeSelector:
    c: d
  tolerations:
  - key: b
  topologySpreadConstraints:
  - topologyKey: z
    whenUnsatisfiable: E
  - maxSkew: 2
    topologyKey: z
    whenUnsatisfiable: D
  writtennull: null
";
    let kustomization = "resources: [pod.yaml]\npatchesStrategicMerge: [p.yaml]\n";
    check(&[("app/kustomization.yaml", kustomization), ("app/pod.yaml", pod), ("app/p.yaml", patch)], expected);
}

#[test]
fn a_json_patch_can_add_to_annotations_that_are_not_there() {
    let patch = "\
resources: [map.yaml]
patches:
- target: {name: map}
  patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations/x\", \"value\": \"y\"}]'
";
    let files = [("app/kustomization.yaml", patch), ("app/map.yaml", MAP)];
    let built = build(&tree(&files), "app", &Options::default()).unwrap();
    assert_eq!(built.objects[0].body["metadata"]["annotations"]["x"], "y");
}

#[test]
fn a_value_inside_of_a_yaml_text_is_replaced_and_the_comments_stay() {
    let map = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: map}
data:
  config: |
    # top
    server:
      port: 80   # plain
      hosts: [a, b]
";
    let kustomization = "\
resources: [map.yaml]
replacements:
- sourceValue: '8080'
  targets: [{select: {name: map}, fieldPaths: [data.config.server.port]}]
";
    check(
        &[("app/kustomization.yaml", kustomization), ("app/map.yaml", map)],
        "\
apiVersion: v1
data:
  config: |-
    # top
    server:
      port: 8080 # plain
      hosts: [a, b]
kind: ConfigMap
metadata:
  name: map
",
    );
}

#[test]
fn errors_name_file_field_and_line() {
    let two = "resources: [map.yaml]\npatches:\n- path: p.yaml\n";
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n";
    assert_eq!(
        refused(&[("app/kustomization.yaml", two), ("app/map.yaml", MAP), ("app/p.yaml", other)]),
        "app/kustomization.yaml:3: patches[0]: no matches for Id ConfigMap.v1.[noGrp]/other.[noNs]; failed to find \
         unique target for patch ConfigMap.v1.[noGrp]/other.[noNs]"
    );
    assert_eq!(
        refused(&[("app/kustomization.yaml", "resources: [map.yaml]\n"), ("app/map.yaml", "a: [\n")]),
        "app/map.yaml:2: malformed YAML: did not find expected node content"
    );
}

#[test]
fn hostile_input_is_an_error_within_the_limits() {
    let cycle = refused(&[("app/kustomization.yaml", "resources: [.]\n")]);
    assert!(cycle.contains("cycle detected"), "{cycle}");
    let outside = refused(&[
        ("app/kustomization.yaml", "configMapGenerator: [{name: a, files: [../secret]}]\n"),
        ("secret", "x"),
    ]);
    assert!(outside.contains("is not in or below 'app'") && !outside.contains('x'), "{outside}");
    let regex = "resources: [map.yaml]\npatches:\n- {target: {name: '((a{1,1000}){1,1000}){1,100}'}, path: map.yaml}\n";
    let regex = refused(&[("app/kustomization.yaml", regex), ("app/map.yaml", MAP)]);
    assert!(regex.ends_with("patches[0].target.name: regular expression is too big"), "{regex}");
    let bomb: String =
        (1..12).map(|at| format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 10].join(","))).collect();
    let bomb = format!("a0: &a0 [x]\n{bomb}{MAP}");
    let bomb = refused(&[("app/kustomization.yaml", "resources: [map.yaml]\n"), ("app/map.yaml", &bomb)]);
    assert!(bomb.contains("exceeds the limit"), "{bomb}");
    let deep = format!("a: {}{}\n{MAP}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = refused(&[("app/kustomization.yaml", "resources: [map.yaml]\n"), ("app/map.yaml", &deep)]);
    assert!(deep.contains("levels of nesting"), "{deep}");
}

#[test]
fn objects_that_grow_by_their_own_transformers_are_bounded() {
    let doubling = "- source: {kind: ConfigMap, fieldPath: data}\n  targets:\n  - select: {kind: ConfigMap}\n    \
                    options: {create: true}\n    fieldPaths: [data.";
    let doubling: String = (0..40).map(|at| format!("{doubling}x{at}]\n")).collect();
    let doubled = refused(&[
        ("app/kustomization.yaml", &format!("resources: [map.yaml]\nreplacements:\n{doubling}")),
        ("app/map.yaml", MAP),
    ]);
    assert!(doubled.contains("the object grows to"), "{doubled}");
    let path = ["a"; 50_000].join(".");
    let deep = format!(
        "resources: [map.yaml]\nreplacements:\n- sourceValue: x\n  targets: [{{select: {{kind: ConfigMap}}, \
                        options: {{create: true}}, fieldPaths: [{path}]}}]\n"
    );
    let deep = refused(&[("app/kustomization.yaml", &deep), ("app/map.yaml", MAP)]);
    assert!(deep.contains("more than 256 parts"), "{deep}");
}

#[test]
fn bases_nested_beyond_all_measure_are_refused() {
    let mut files = Tree::new();
    for at in 0..200 {
        files.insert(format!("d{at}/kustomization.yaml"), format!("resources: [../d{}]\n", at + 1).into_bytes());
    }
    let error = build(&files, "d0", &Options::default()).unwrap_err();
    assert!(error.to_string().contains("nested more than"), "{error}");
}

#[test]
fn remote_content_is_asked_for_once_and_found_where_the_caller_put_it() {
    let list = "resources:\n- https://example.com/map.yaml\n- github.com/org/repo//sub?ref=v1\n";
    let mut files = tree(&[
        ("app/kustomization.yaml", list),
        ("fetched/file", MAP),
        ("fetched/repo/sub/kustomization.yaml", "namePrefix: r-\nresources: [map.yaml]\n"),
        ("fetched/repo/sub/map.yaml", MAP),
    ]);
    let Err(Error::NeedsArtifact(wanted)) = build(&files, "app", &Options::default()) else {
        panic!("remote content was not asked for");
    };
    let names: Vec<String> = wanted.iter().map(Artifact::to_string).collect();
    assert_eq!(names, ["https://example.com/map.yaml", "https://github.com/org/repo at v1"]);
    let places = ["fetched/file".to_owned(), "fetched/repo".to_owned()];
    let options = Options { artifacts: wanted.into_iter().zip(places).collect(), ..Options::default() };
    let built = build(&files, "app", &options).unwrap();
    assert_eq!(built.objects.len(), 2);
    assert_eq!(built.objects[1].origin.repository, "https://github.com/org/repo");
    files.insert("fetched/repo/sub/kustomization.yaml".to_owned(), b"resources: [../../../app]\n".to_vec());
    let error = build(&files, "app", &options).unwrap_err().to_string();
    assert!(error.contains("outside of its repository"), "{error}");
}

#[test]
fn functions_and_charts_are_refused_by_name_or_given_to_the_caller() {
    let function = "transformers:\n- |-\n  apiVersion: example.com/v1\n  kind: Tool\n  metadata: {name: t}\n";
    let refusal = refused(&[("app/kustomization.yaml", function)]);
    assert!(refusal.contains("example.com/v1 Tool 't'") && refusal.contains("windlass.dev/component"), "{refusal}");
    let chart = tree(&[("app/kustomization.yaml", "namespace: ns\nhelmCharts: [{name: c, version: '1'}]\n")]);
    let refusal = build(&chart, "app", &Options::default()).unwrap_err();
    assert!(matches!(&refusal, Error::Unsupported(_)), "{refusal}");
    let render = |chart: &HelmChart| -> Result<Vec<u8>, InflateError> {
        assert_eq!((chart.name.as_str(), chart.namespace.as_str(), chart.directory.as_str()), ("c", "ns", "app"));
        Ok(MAP.as_bytes().to_vec())
    };
    let built = build(&chart, "app", &Options { helm: Some(&render), ..Options::default() }).unwrap();
    // The chart has set its namespaces itself.
    assert!(built.objects[0].body["metadata"]["namespace"].is_null());
}

#[test]
fn edits_change_the_top_kustomization_only() {
    let files = tree(&[
        ("app/kustomization.yaml", "resources: [web.yaml]\nnamePrefix: old-\nimages: [{name: nginx, newTag: '1'}]\n"),
        ("app/web.yaml", DEPLOYMENT),
    ]);
    let edits = Edits {
        name_prefix: Some("new-".to_owned()),
        namespace: Some("ns".to_owned()),
        images: Image::parse("web=registry/web:2").into_iter().collect(),
        replicas: vec![Replica { name: "web".to_owned(), count: 3 }],
        labels: LabelEdits {
            pairs: [("a".to_owned(), "b".to_owned())].into(),
            without_selector: true,
            ..LabelEdits::default()
        },
        components: vec!["missing".to_owned()],
        ignore_missing_components: true,
        ..Edits::default()
    };
    let built = build(&files, "app", &Options { edits, ..Options::default() }).unwrap();
    let body = &built.objects[0].body;
    let images = &body["spec"]["template"]["spec"]["containers"];
    assert_eq!((&body["metadata"]["name"], &body["metadata"]["namespace"]), (&"new-web".into(), &"ns".into()));
    assert_eq!((&images[0]["image"], &images[1]["image"]), (&"registry/web:2".into(), &"nginx:1".into()));
    assert_eq!((&body["spec"]["replicas"], &body["metadata"]["labels"]["a"]), (&3.into(), &"b".into()));
    assert!(body["spec"]["selector"].is_null());
}

#[test]
fn the_load_restriction_can_be_lifted() {
    let files = tree(&[("app/kustomization.yaml", "resources: [../map.yaml]\n"), ("map.yaml", MAP)]);
    assert!(build(&files, "app", &Options::default()).is_err());
    let options = Options { load_restriction: LoadRestriction::None, ..Options::default() };
    assert_eq!(build(&files, "app", &options).unwrap().objects.len(), 1);
}

#[test]
fn deprecated_fields_warn_in_the_words_of_kustomize() {
    let files =
        tree(&[("app/kustomization.yaml", "commonLabels: {a: b}\nresources: [map.yaml]\n"), ("app/map.yaml", MAP)]);
    let built = build(&files, "app", &Options::default()).unwrap();
    assert_eq!(
        built.warnings,
        [
            "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your \
          Kustomization automatically."
        ]
    );
}
