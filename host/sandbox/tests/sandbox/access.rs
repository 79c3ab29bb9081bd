//! Who may do what, and in which words it is refused.

use serde_json::{Value, json};

use crate::asking::{Asking, started};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const PODS: &str = "/api/v1/namespaces/default/pods";

fn binding(role: &str, user: &str) -> Value {
    let group = "rbac.authorization.k8s.io";
    json!({
        "metadata": { "name": format!("{user}-{role}") },
        "roleRef": { "apiGroup": group, "kind": "ClusterRole", "name": role },
        "subjects": [{ "apiGroup": group, "kind": "User", "name": user }],
    })
}

#[tokio::test]
async fn nothing_is_allowed_until_a_binding_allows_it() {
    let sandbox = started().await;
    let (admin, jane) = (Asking::as_admin(&sandbox), Asking::as_user(&sandbox, "jane"));
    let message = jane.refused("GET", PODS, Value::Null, 403).await;
    let said = "User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"";
    assert_eq!(message, format!("pods is forbidden: {said}"));
    let within = format!("{RBAC}/namespaces/default/rolebindings");
    assert_eq!(admin.post(&within, binding("view", "jane")).await.0, 201);
    assert_eq!(jane.get(PODS).await.0, 200);
    assert_eq!(jane.get("/api/v1/namespaces/default/secrets").await.0, 403, "view shows no Secrets");
    assert_eq!(jane.get("/api/v1/pods").await.0, 403, "a RoleBinding ends with its namespace");
    assert_eq!(jane.make("a").await.0, 403);
    let path = format!("{within}/jane-view");
    assert_eq!(admin.ask("DELETE", &path, Value::Null).await.0, 200);
    assert_eq!(jane.get(PODS).await.0, 403);
}

#[tokio::test]
async fn a_role_reaches_the_names_and_subresources_that_it_lists() {
    let sandbox = started().await;
    let (admin, joe) = (Asking::as_admin(&sandbox), Asking::as_user(&sandbox, "joe"));
    let rules = json!([
        { "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["mine"], "verbs": ["get", "update"] },
        { "nonResourceURLs": ["/openapi/*"], "verbs": ["get"] },
    ]);
    let role = json!({ "metadata": { "name": "narrow" }, "rules": rules });
    assert_eq!(admin.post(&format!("{RBAC}/clusterroles"), role).await.0, 201);
    assert_eq!(admin.post(&format!("{RBAC}/clusterrolebindings"), binding("narrow", "joe")).await.0, 201);
    admin.make("mine").await;
    let config = |name: &str| format!("/api/v1/namespaces/default/configmaps/{name}");
    assert_eq!(joe.get(&config("mine")).await.0, 200);
    assert_eq!(joe.get(&config("other")).await.0, 403, "forbidden comes before not found");
    assert_eq!(joe.ask("DELETE", &config("mine"), Value::Null).await.0, 403);
    assert_eq!(joe.get("/openapi/v3").await.0, 200);
    let message = joe.refused("GET", "/metrics", Value::Null, 403).await;
    assert_eq!(message, "forbidden: User \"joe\" cannot get path \"/metrics\"");
}

#[tokio::test]
async fn aggregated_roles_hold_what_the_roles_hold_that_they_select() {
    let sandbox = started().await;
    let (admin, jane) = (Asking::as_admin(&sandbox), Asking::as_user(&sandbox, "jane"));
    let mut watch = admin.watch(&format!("{RBAC}/clusterroles?watch=1&fieldSelector=metadata.name%3Dview")).await;
    assert_eq!(watch.told().await.0, "ADDED");
    let labels = json!({ "rbac.authorization.k8s.io/aggregate-to-view": "true" });
    let rules = json!([{ "apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"] }]);
    let role = json!({ "metadata": { "name": "things", "labels": labels }, "rules": rules });
    assert_eq!(admin.post(&format!("{RBAC}/clusterroles"), role).await.0, 201);
    assert_eq!(watch.told().await.0, "MODIFIED");
    admin.post(&format!("{RBAC}/clusterrolebindings"), binding("view", "jane")).await;
    let path = "/apis/example.com/v1/namespaces/default/things/a";
    assert_eq!(jane.get(path).await.0, 404, "allowed, but there is no such kind");
}

#[tokio::test]
async fn nobody_gives_away_what_they_do_not_have() {
    let sandbox = started().await;
    let (admin, bob) = (Asking::as_admin(&sandbox), Asking::as_user(&sandbox, "bob"));
    let all = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
    let rules =
        json!([{ "apiGroups": ["rbac.authorization.k8s.io"], "resources": all, "verbs": ["create", "update"] }]);
    admin.post(&format!("{RBAC}/clusterroles"), json!({ "metadata": { "name": "maker" }, "rules": rules })).await;
    admin.post(&format!("{RBAC}/clusterrolebindings"), binding("maker", "bob")).await;
    let wish = json!([{ "apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"] }]);
    let role = json!({ "metadata": { "name": "bigger" }, "rules": wish });
    let message = bob.refused("POST", &format!("{RBAC}/clusterroles"), role, 403).await;
    assert_eq!(
        message,
        "clusterroles.rbac.authorization.k8s.io \"bigger\" is forbidden: user \"bob\" (groups=[\"system:authenticated\"]) \
         is attempting to grant RBAC permissions not currently held:\n\
         {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}\n\
         {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}"
    );
    let bindings = format!("{RBAC}/clusterrolebindings");
    assert!(bob.refused("POST", &bindings, binding("cluster-admin", "bob"), 403).await.contains("not currently held"));
    assert_eq!(bob.post(&bindings, binding("maker", "bert")).await.0, 201, "what bob has he may give");
}

#[tokio::test]
async fn strangers_see_health_and_version_and_wrong_tokens_nothing() {
    let sandbox = started().await;
    let stranger = Asking::as_admin(&sandbox).with("authorization", "Bearer nonsense");
    assert_eq!(stranger.refused("GET", "/version", Value::Null, 401).await, "Unauthorized");
    let nobody = Asking::as_user(&sandbox, "system:anonymous");
    assert_eq!(nobody.get("/version").await.0, 200);
    assert_eq!(nobody.get("/healthz").await.0, 200);
    let message = nobody.refused("GET", "/api", Value::Null, 403).await;
    assert_eq!(message, "forbidden: User \"system:anonymous\" cannot get path \"/api\"");
}

#[tokio::test]
async fn a_service_account_token_opens_what_its_account_may() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let account = "/api/v1/namespaces/default/serviceaccounts/default";
    let kind = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let (code, answer) = admin.post(&format!("{account}/token"), kind).await;
    assert_eq!(code, 201, "every namespace has its default account: {answer}");
    let token = answer["status"]["token"].as_str().expect("a token").to_owned();
    let robot = Asking::as_admin(&sandbox).with("authorization", &format!("Bearer {token}"));
    let message = robot.refused("GET", PODS, Value::Null, 403).await;
    assert!(message.contains("User \"system:serviceaccount:default:default\""), "{message}");
    let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": { "token": token } });
    let reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
    let (_, answer) = admin.post(reviews, review.clone()).await;
    assert_eq!(answer["status"]["user"]["username"], "system:serviceaccount:default:default");
    let groups = ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"];
    assert_eq!(answer["status"]["user"]["groups"], json!(groups));
    assert_eq!(admin.ask("DELETE", account, Value::Null).await.0, 200);
    let (_, answer) = admin.post(reviews, review).await;
    assert_eq!(answer["status"]["authenticated"], Value::Null, "a token dies with its account");
    assert_eq!(robot.get(PODS).await.0, 401);
}

#[tokio::test]
async fn acting_as_another_has_to_be_allowed() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let kind = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let (_, answer) = admin.post("/api/v1/namespaces/default/serviceaccounts/default/token", kind).await;
    let token = format!("Bearer {}", answer["status"]["token"].as_str().expect("a token"));
    let robot = || Asking::as_admin(&sandbox).with("authorization", &token).with("impersonate-user", "jane");
    let message = robot().refused("GET", PODS, Value::Null, 403).await;
    assert!(
        message.contains("cannot impersonate resource \"users\" in API group \"\" at the cluster scope"),
        "{message}"
    );
    let rules =
        json!([{ "apiGroups": [""], "resources": ["users"], "resourceNames": ["jane"], "verbs": ["impersonate"] }]);
    admin.post(&format!("{RBAC}/clusterroles"), json!({ "metadata": { "name": "actor" }, "rules": rules })).await;
    let mut actor = binding("actor", "system:serviceaccount:default:default");
    actor["metadata"]["name"] = "actor".into();
    assert_eq!(admin.post(&format!("{RBAC}/clusterrolebindings"), actor).await.0, 201);
    assert!(robot().refused("GET", PODS, Value::Null, 403).await.contains("User \"jane\" cannot list"));
    let grouped = robot().with("impersonate-group", "system:masters");
    assert!(grouped.refused("GET", PODS, Value::Null, 403).await.contains("resource \"groups\""));
}

#[tokio::test]
async fn reviews_answer_as_the_requests_themselves_would_fare() {
    let sandbox = started().await;
    let (admin, jane) = (Asking::as_admin(&sandbox), Asking::as_user(&sandbox, "jane"));
    admin.post(&format!("{RBAC}/namespaces/default/rolebindings"), binding("view", "jane")).await;
    let ask = |verb: &str| {
        json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": { "verb": verb, "resource": "pods", "namespace": "default" } },
        })
    };
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let (_, answer) = jane.post(path, ask("list")).await;
    let reason = "RBAC: allowed by RoleBinding \"jane-view/default\" of ClusterRole \"view\" to User \"jane\"";
    assert_eq!(answer["status"], json!({ "allowed": true, "reason": reason }));
    let (_, answer) = jane.post(path, ask("delete")).await;
    assert_eq!(answer["status"], json!({ "allowed": false }));
    let rules = json!({ "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": { "namespace": "default" } });
    let (_, answer) = jane.post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", rules).await;
    let listed = answer["status"]["resourceRules"].as_array().expect("rules");
    assert!(
        listed.iter().any(|rule| rule["resources"].as_array().is_some_and(|all| all.contains(&json!("configmaps"))))
    );
}

#[tokio::test]
async fn a_request_for_a_certificate_says_who_made_it_whatever_the_client_says() {
    let sandbox = started().await;
    let request = json!({
        "metadata": { "name": "mine" },
        "spec": { "request": "bm9uZQ==", "signerName": "example.com/signer", "usages": ["client auth"], "username": "root" },
    });
    let jane = Asking::as_user(&sandbox, "jane").with("impersonate-group", "system:masters");
    let (code, made) = jane.post("/apis/certificates.k8s.io/v1/certificatesigningrequests", request).await;
    assert_eq!((code, &made["spec"]["username"]), (201, &json!("jane")), "{made}");
    assert_eq!(made["spec"]["groups"], json!(["system:masters", "system:authenticated"]));
}
