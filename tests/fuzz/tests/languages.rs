//! The bodies of the fuzz targets under proptest: words of each language in random order, with noise between.

use proptest::prelude::*;
use windlass_tests_fuzz as fuzz;

/// Up to forty pieces: mostly words of the language, so that random joins get past the lexer.
fn pieces(words: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&str> = words.split('·').collect();
    let piece = prop_oneof![
        8 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

const TEMPLATE: &str = "{{·}}·{{- · -}}·if ·else·end·range ·with ·define ·template ·block ·\"x\"·`y`·.·.labels·.none·$·\
    $x·:=·=·,·|·(·)· ·\n·1·-2.5·1i·'c'·0x1p4·nil·true·printf ·\"%v\"·index ·slice ·eq ·len ·break·continue·/*·*/·\
    {{end}}·{{.hosts}}·until ·repeat ·list ·dict ·set ·toJson ·regexMatch ·splitList ·default ·ternary ·fromJson ";
const SET: &str = "a·b.c·[0]·[65536]·[-1]·[·]·=·,·{·}·\\·.·true·null·1·0x1·\"·:·{\"a\":1}·a=b·a[1].b=c· ";
const CONSTRAINT: &str = ">=·<·!=·~·^·=·1·1.2·1.2.3·x·*·-·-alpha.1·+meta·v· - ·||·,· ·\0·99999999999999999999·0";
const REGEXP: &str = "a·b·.·*·+·?·{2}·{2,}·{1,1000}·(·)·(?:·(?i)·(?P<n>·|·^·$·[·]·[^·a-z·\\d·\\pL·\\b·\\Q·\\E·\\x{10FFFF}·\
    [[:alpha:]]·\0·é·\n·\\";
const YAML: &str = "a: ·b·- ·\n·  ·{·}·[·]·,·: ·&x ·*x·<<: ·!!binary ·!!str ·|·>·|-\n·'·\"·\\x41·# c\n·---\n·...\n·? ·\
    0o17·0x1F·.inf·~·yes·1e3·2001-01-01·\t·%YAML 1.1\n·\u{feff}·null·null: ";
const KUSTOMIZATION: &str = "resources:\n·- web.yaml\n·- more.yaml\n·- ../app\n·namePrefix: ·nameSuffix: ·namespace: ·a-\n·\
    commonLabels: ·labels:\n·- pairs: ·  includeSelectors: true\n·{a: b}\n·patches:\n·- path: more.yaml\n·- patch: ·\
    images:\n·- name: web\n·  newTag: ·v1\n·replicas:\n·  count: 3\n·replacements:\n·- source: ·  targets: []\n·\
    configMapGenerator:\n·  literals: [a=b]\n·  behavior: merge\n·vars:\n·- name: A\n·  objref: {kind: Deployment, name: web}\n·\
    generatorOptions: {disableNameSuffixHash: true}\n·sortOptions: {order: legacy}\n·components: [.]\n·transformers: ·\
    |-\n·  ·[]\n·\n·null\n·kind: Component\n·openapi: {path: more.yaml}\n·configurations: [more.yaml]\n·crds: [more.yaml]\n";
const PATCH: &str = "apiVersion: apps/v1\n·kind: Deployment\n·metadata: {name: web}\n·spec:\n·  replicas: 2\n·  template:\n·\
    {spec: {containers: [·{name: web, ·$patch: delete·$patch: replace·$retainKeys: [a]·$setElementOrder/containers: ·\
    $deleteFromPrimitiveList/finalizers: [a]·env: ·null·[]·}·]}}\n·- op: add\n·- op: remove\n·- op: test\n·  path: /spec/replicas\n·\
    /spec/template/spec/containers/-·  value: 1\n·  from: /a\n·---\n·: ·\n·  ";
const FIELD_PATH: &str = "spec·metadata·template·containers·.·[name=web]·[·]·*·-·0·99999·\\.·annotations·a\\.b/c·image·ports·\
    containerPort·[containerPort=80]·=·\0·name·env·labels·kind";

/// A property for each language: any bytes come to an end. What must hold of an answer, the body asserts.
macro_rules! languages {
    ($($body:ident: $words:expr;)*) => {
        proptest! {
            $(#[test]
            fn $body(data in pieces($words)) {
                fuzz::$body(&data);
            })*
        }
    };
}

languages! {
    template: TEMPLATE;
    set: SET;
    constraint: CONSTRAINT;
    regexp: REGEXP;
    yaml: YAML;
    kustomization: KUSTOMIZATION;
    patch: PATCH;
    field_path: FIELD_PATH;
}
