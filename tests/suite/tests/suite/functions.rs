//! Functions of kustomizations: components that whoever runs Windlass has enabled and the source pins; and no others.

use std::{fs, path::Path};

use windlass_model::Digest;
use windlass_tests_guests::{TRANSFORMER, UNRULY};
use windlass_tests_suite::{Up, manifests, render};
use windlass_tests_support::Home;

/// What the example pins before anybody has built its component.
const UNBUILT: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

fn pin(component: &[u8]) -> String {
    Digest::of(component).to_string()
}

/// The kustomization of the example, which pins this digest, in a folder `app`.
fn example(home: &Home, digest: &str) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/transformer/app");
    for entry in fs::read_dir(example).unwrap() {
        let entry = entry.unwrap();
        let text = fs::read_to_string(entry.path()).unwrap().replace(UNBUILT, digest);
        home.write(&format!("app/{}", entry.file_name().to_str().unwrap()), text);
    }
}

/// The arguments that enable a component under a name.
fn enabled(home: &Home, name: &str, component: &[u8]) -> String {
    format!("--plugin={name}={}", home.write(&format!("{name}.wasm"), component).display())
}

#[test]
fn the_example_is_rendered_with_its_component_and_with_no_other() {
    let home = Home::new();
    example(&home, &pin(TRANSFORMER));
    let plugin = enabled(&home, "pull-policy", TRANSFORMER);
    let printed = render(&home, &[&plugin, "app"]).unwrap();
    assert!(printed.contains("        imagePullPolicy: IfNotPresent\n"), "{printed}");

    let told = |arguments: &[&str], parts: &[&str]| {
        let said = render(&home, arguments).unwrap_err();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    };
    let asker = ["app/kustomization.yaml transformers: PullPolicy 'policy' ", "component pull-policy"];
    told(&["app"], &[asker[0], asker[1], "is not enabled (none is)", "--plugin pull-policy=FILE"]);
    let other = enabled(&home, "pull-policy", UNRULY);
    told(&[&other, "app"], &[asker[0], asker[1], &pin(TRANSFORMER), &pin(UNRULY)]);
    let directory = windlass_components::find("directory").unwrap().wasm().unwrap();
    let generator = enabled(&home, "pull-policy", &directory);
    told(&[&generator, "app"], &["--plugin pull-policy: ", "is a generator; only a transformer can be enabled"]);
}

#[test]
fn a_component_that_misbehaves_is_told_with_file_function_and_component() {
    let home = Home::new();
    let plugin = enabled(&home, "unruly", UNRULY);
    home.write("app/kustomization.yaml", "resources: [map.yaml]\ntransformers: [function.yaml]\n");
    home.write("app/map.yaml", manifests::config_map("map", "1"));
    let run = |deed: &str| {
        let annotation = format!("windlass.dev/component: unruly@{}", pin(UNRULY));
        let head = "apiVersion: example.com/v1\nkind: Deed\n";
        let function = format!("{head}metadata: {{name: one, annotations: {{{annotation}}}}}\ndo: {deed}\n");
        home.write("app/function.yaml", function);
        render(&home, &[&plugin, "app"])
    };
    let who = "app/kustomization.yaml transformers: Deed 'one' (component unruly): plugin unruly@";
    for (deed, words) in [
        ("trap", "trapped: wasm trap: wasm `unreachable` instruction executed: "),
        ("flood", "overran its results limit of 10000"),
        ("complain", "too few replicas"),
        ("refuse", "not supported: this is not done here"),
        ("unheard-of", "/do: unknown variant `unheard-of`"),
    ] {
        let said = run(deed).unwrap_err();
        assert!(said.contains(who) && said.contains(words), "{deed}: {said}");
    }
    for (deed, words) in
        [("duplicate", "already registered id"), ("nameless", "Deed 'one' gave back: metadata.name: missing")]
    {
        let said = run(deed).unwrap_err();
        assert!(said.contains("app/kustomization.yaml") && said.contains(words), "{deed}: {said}");
    }
    assert!(run("rename").unwrap().contains("name: renamed"));
    assert!(run("warn").unwrap().contains("name: map"));
}

#[test]
fn what_a_component_generates_gets_a_hash_where_it_asks_for_one() {
    let home = Home::new();
    let plugin = enabled(&home, "unruly", UNRULY);
    let annotation = format!("windlass.dev/component: unruly@{}", pin(UNRULY));
    let head = "apiVersion: example.com/v1\nkind: Deed\n";
    home.write(
        "app/function.yaml",
        format!("{head}metadata: {{name: one, annotations: {{{annotation}}}}}\ndo: generate\n"),
    );
    home.write("app/kustomization.yaml", "namePrefix: p-\ngenerators: [function.yaml]\n");
    let printed = render(&home, &[&plugin, "app"]).unwrap();
    assert!(printed.contains("  name: p-made-"), "{printed}");
}

#[tokio::test]
async fn an_application_is_deployed_through_the_component_that_its_source_pins() {
    let home = Home::new();
    example(&home, &pin(TRANSFORMER));
    let (plugin, folder) = (enabled(&home, "pull-policy", TRANSFORMER), home.path("app"));
    let up = Up::start(home, &folder, &[&plugin]).await;
    let cluster = up.cluster();
    cluster.until_settled("app").await;
    let policy = |expected: &'static str| {
        move |object: &serde_json::Value| {
            object["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == expected
        }
    };
    let path = "/apis/apps/v1/namespaces/default/deployments/web";
    cluster.until(path, policy("IfNotPresent")).await;

    example(up.home(), UNBUILT);
    cluster.until_told("app", &["ComparisonError", "PullPolicy 'policy' pins the component pull-policy"]).await;
    example(up.home(), &pin(TRANSFORMER));
    let setting = fs::read_to_string(up.home().path("app/pull-policy.yaml")).unwrap();
    up.home().write("app/pull-policy.yaml", setting.replace("policy: IfNotPresent", "policy: Always"));
    cluster.until(path, policy("Always")).await;
}

#[test]
fn a_function_of_a_kustomization_is_refused_with_what_it_would_start() {
    let home = Home::new();
    let function = "apiVersion: example.com/v1\nkind: Sidecar\nmetadata:\n  name: logs\n  annotations:\n    \
                    config.kubernetes.io/function: |\n      container: {image: example.com/sidecar:1}\n";
    let file = home.write("app/kustomization.yaml", "transformers: [sidecar.yaml]\n");
    home.write("app/sidecar.yaml", function);
    let refused = render(&home, &[file.parent().unwrap().to_str().unwrap()]).unwrap_err();
    assert!(refused.contains("Sidecar 'logs'") && refused.contains("container example.com/sidecar:1"), "{refused}");
}
