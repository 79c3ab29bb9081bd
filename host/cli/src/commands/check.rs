//! `windlass check`: whether a cluster and the rights in it will do for a controller, and what a restore has left there.

mod restored;

use kube::{
    Api, Client,
    api::{DynamicObject, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::json;

use super::{
    connect,
    install::rights::{NEEDED, Right},
};
use crate::{args::CheckArgs, exit::Exit, output::print};

/// The oldest Kubernetes that serves all that is used: server-side apply with field removal, Leases, SelfSubject reviews.
const OLDEST_MINOR: u32 = 22;

/// How one question was answered.
enum Answer {
    Fine(String),
    /// It works with less.
    Poor(String),
    Wrong(String),
}

pub async fn run(args: CheckArgs) -> anyhow::Result<Exit> {
    let client = connect::client(&args.cluster).await?;
    let mut answers = vec![version(&client).await?];
    for right in NEEDED {
        answers.push(asked(&client, right, &args.namespace).await?);
    }
    if !args.pre {
        answers.extend(restored::check(&client).await?);
    }
    let is_wrong = answers.iter().any(|answer| matches!(answer, Answer::Wrong(_)));
    print(&answers.iter().map(line).collect::<String>());
    Ok(if is_wrong { Exit::Different } else { Exit::Done })
}

fn line(answer: &Answer) -> String {
    match answer {
        Answer::Fine(text) => format!("ok       {text}\n"),
        Answer::Poor(text) => format!("warning  {text}\n"),
        Answer::Wrong(text) => format!("fails    {text}\n"),
    }
}

async fn version(client: &Client) -> anyhow::Result<Answer> {
    let version = client.apiserver_version().await?;
    let digits: String = version.minor.chars().take_while(char::is_ascii_digit).collect();
    let is_enough = version.major != "1" || digits.parse::<u32>().is_ok_and(|minor| minor >= OLDEST_MINOR);
    let name = version.git_version;
    Ok(match is_enough {
        true => Answer::Fine(format!("Kubernetes {name}")),
        false => Answer::Wrong(format!("Kubernetes {name} is too old: 1.{OLDEST_MINOR} is the oldest that will do")),
    })
}

async fn asked(client: &Client, right: &Right, namespace: &str) -> anyhow::Result<Answer> {
    let kind = GroupVersionKind::gvk("authorization.k8s.io", "v1", "SelfSubjectAccessReview");
    let resource = ApiResource::from_gvk(&kind);
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    let mut review = DynamicObject::new("", &resource);
    review.metadata.name = None;
    review.data = json!({ "spec": { "resourceAttributes": {
        "group": right.group, "resource": right.resource, "verb": right.verb,
        "namespace": if right.in_namespace { namespace } else { "" },
    }}});
    let what = format!("{} {}", right.verb, full_resource(right));
    let allowed = match api.create(&PostParams::default(), &review).await {
        Ok(answer) => answer.data["status"]["allowed"].as_bool().unwrap_or(false),
        Err(kube::Error::Api(status)) if status.code == 404 => {
            return Ok(Answer::Poor(format!("{what}: this API server answers no questions about rights")));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match (allowed, right.in_namespace) {
        (true, _) => Answer::Fine(what),
        (false, true) => Answer::Wrong(format!("{what} in {namespace}: without it, {}", right.without)),
        (false, false) => Answer::Poor(format!("{what} in the whole cluster: without it, {}", right.without)),
    })
}

fn full_resource(right: &Right) -> String {
    match right.group {
        "" => right.resource.to_owned(),
        "*" => "everything".to_owned(),
        group => format!("{}.{group}", right.resource),
    }
}
