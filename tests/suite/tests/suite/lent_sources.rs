//! Sources that read one another's files, overrides next to the manifests, and what an administrator sets for generators.

use serde_json::{Value, json};
use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::Home;

const CHARTS: &str = "https://git.example.com/team/charts";
const VALUES: &str = "https://git.example.com/team/values";
const TEMPLATE: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {value: {{ .Values.colour | quote }}, note: {{ .Values.note | quote }}}
";

/// A chart in one repository, its values in another.
fn two_repositories() -> Home {
    let home = Home::new();
    home.write("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    home.write("charts/web/values.yaml", "colour: white\nnote: none\n");
    home.write("charts/web/templates/map.yaml", TEMPLATE);
    home.write("values/env/10-all.yaml", "colour: green\n");
    home.write("values/env/20-web.yaml", "colour: blue\n");
    let value_files = json!(["$values/env/*.yaml", "$values/none/$ARGOCD_APP_NAME.yaml"]);
    home.write("apps/web.yaml", application(&value_files).to_string());
    home
}

fn application(value_files: &Value) -> Value {
    let mut application = manifests::application("web", CHARTS, "web");
    let spec = application["spec"].as_object_mut().expect("an object");
    spec.remove("source");
    let helm = json!({"valueFiles": value_files, "ignoreMissingValueFiles": true});
    spec.insert(
        "sources".into(),
        json!([
            {"repoURL": CHARTS, "targetRevision": "HEAD", "path": "web", "helm": helm},
            {"repoURL": VALUES, "targetRevision": "HEAD", "ref": "values"},
        ]),
    );
    application
}

async fn start(home: Home) -> Up {
    let maps =
        [format!("{CHARTS}={}", home.path("charts").display()), format!("{VALUES}={}", home.path("values").display())];
    let folder = home.path("apps");
    Up::start(home, &folder, &["--map", &maps[0], "--map", &maps[1]]).await
}

fn data(name: &'static str, value: &'static str) -> impl Fn(&Value) -> bool {
    move |object| object["data"][name] == value
}

const MAP: &str = "/api/v1/namespaces/web/configmaps/web";

#[tokio::test]
async fn values_of_another_repository_are_laid_on_in_order_and_followed() {
    let up = start(two_repositories()).await;
    up.cluster().until(MAP, data("value", "blue")).await;
    let application = up.cluster().until_settled("web").await;
    assert_eq!(application["status"]["sourceTypes"], json!(["Helm", "Directory"]));
    up.home().write("values/env/20-web.yaml", "colour: red\n");
    up.cluster().until(MAP, data("value", "red")).await;
    up.home().write("values/none/web.yaml", "note: late\n");
    up.cluster().until(MAP, data("note", "late")).await;
}

#[tokio::test]
async fn the_file_next_to_the_chart_overrides_the_source() {
    let home = two_repositories();
    home.write("charts/web/.argocd-source.yaml", "path: elsewhere\nhelm: {parameters: [{name: note, value: all}]}\n");
    let up = start(home).await;
    up.cluster().until(MAP, data("note", "all")).await;
    up.home()
        .write("charts/web/.argocd-source-web.yaml", "helm: {parameters: [{name: note, value: $ARGOCD_APP_NAME}]}\n");
    up.cluster().until(MAP, data("note", "web")).await;
}
