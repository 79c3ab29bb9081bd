//! `windlass app delete NAME`: finalizers first, which say what becomes of the objects, then the application.

use std::io::{BufRead as _, IsTerminal as _};

use serde_json::Value;
use windlass_model::names;

use super::{
    store::{Applications, Found},
    wait::{self, Goals},
};
use crate::{
    args::app::{Cascade, DeleteArgs},
    exit::{Exit, WrongUsage},
    output::{complain, tell},
};

pub async fn run(args: DeleteArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.app.place).await?;
    let name = &args.app.name;
    let found = applications.get(name).await?;
    if !args.yes && !is_confirmed(&found, args.cascade)? {
        return Ok(Exit::Different);
    }
    let marked = match found.app.is_deleting() {
        true => found,
        false => applications.change(name, |found| Ok(with_finalizers(&found.object, args.cascade))).await?,
    };
    applications.delete(&marked).await?;
    tell(&format!("application {name}: deletion requested"));
    if !args.patience.wait {
        return Ok(Exit::Done);
    }
    let goals = Goals { deleted: true, ..Goals::default() };
    let waited = wait::until(&applications, &[marked], goals, args.patience.timeout).await?;
    for (name, missing) in &waited.missing {
        complain(&format!("{name}: {missing} after {} s", args.patience.timeout.as_secs()));
    }
    Ok(if waited.missing.is_empty() { Exit::Done } else { Exit::Different })
}

/// Asks at a terminal; elsewhere nobody can answer.
fn is_confirmed(found: &Found, cascade: Cascade) -> Result<bool, WrongUsage> {
    let name = &found.app.metadata.name;
    if !std::io::stdin().is_terminal() {
        return Err(WrongUsage(format!("delete application {name}? There is nobody to ask: give --yes")));
    }
    let count = found.app.status.resources.len();
    let what = if cascade == Cascade::None { "and leave its resources" } else { "and its resources" };
    tell(&format!("Delete application {name} {what} ({count})? Type its name to go on:"));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && answer.trim() == name)
}

/// The application with the finalizer that stands for `cascade`, in place of others of its kind.
fn with_finalizers(object: &Value, cascade: Cascade) -> Value {
    let mut object = object.clone();
    let kept = object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let kept = kept.filter(|name| !name.starts_with(names::RESOURCES_FINALIZER));
    let ours = match cascade {
        Cascade::Foreground => Some(names::RESOURCES_FINALIZER),
        Cascade::Background => Some(names::BACKGROUND_FINALIZER),
        Cascade::None => None,
    };
    let finalizers: Vec<&str> = kept.chain(ours).collect();
    object["metadata"]["finalizers"] = finalizers.into();
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_finalizer_says_what_becomes_of_the_objects_and_others_stay() {
        let object = json!({"metadata": {"finalizers": [names::BACKGROUND_FINALIZER, "example.com/mine"]}});
        let check = |cascade: Cascade, expected: &[&str]| {
            assert_eq!(with_finalizers(&object, cascade)["metadata"]["finalizers"], json!(expected), "{cascade:?}");
        };
        check(Cascade::Foreground, &["example.com/mine", names::RESOURCES_FINALIZER]);
        check(Cascade::Background, &["example.com/mine", names::BACKGROUND_FINALIZER]);
        check(Cascade::None, &["example.com/mine"]);
    }
}
