//! `windlass app set NAME`: changes fields of the spec.

use anyhow::Context as _;
use serde_json::Value;

use super::{spec, store::Applications};
use crate::{
    args::app::SetArgs,
    exit::{Exit, WrongUsage},
    output::tell,
};

pub async fn run(args: SetArgs) -> anyhow::Result<Exit> {
    let values = args
        .parameters
        .values_literal_file
        .as_deref()
        .map(|file| std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display())));
    let edits = spec::Edits { fields: args.fields, parameters: args.parameters, values: values.transpose()? };
    if edits.is_empty() {
        return Err(WrongUsage("nothing to set: name at least one field, as --revision main".into()).into());
    }
    let applications = Applications::connect(&args.app.place).await?;
    let name = &args.app.name;
    let before = applications.get(name).await?;
    let after = applications
        .change(name, |found| {
            let mut object = found.object.clone();
            spec::edit(&mut object["spec"], &edits).with_context(|| format!("application {name}"))?;
            Ok::<Value, anyhow::Error>(object)
        })
        .await?;
    let changed = before.object["spec"] != after.object["spec"];
    tell(&format!("application {name}: {}", if changed { "changed" } else { "unchanged" }));
    Ok(Exit::Done)
}
