//! `windlass plugin list|inspect`.

use anyhow::Context as _;
use windlass_runtime::{Kind, Limits, Plugin};

use crate::{args::PluginCommand, assemble, exit::Exit, output::print};

pub fn run(command: PluginCommand) -> anyhow::Result<Exit> {
    let runtime = assemble::runtime()?;
    match command {
        PluginCommand::List => {
            let mut text = format!("{:12} {:10} {:>9}  {}\n", "NAME", "KIND", "SIZE", "DIGEST");
            for component in windlass_components::all() {
                let plugin = assemble::open(&runtime, component)?;
                let size = format!("{} KiB", component.size.div_ceil(1024));
                text.push_str(&format!(
                    "{:12} {:10} {size:>9}  {}\n",
                    plugin.name().name,
                    plugin.kind().to_string(),
                    plugin.digest()
                ));
            }
            print(&text);
        }
        PluginCommand::Inspect { file } => {
            let wasm = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let plugin = runtime.open(&wasm).with_context(|| format!("{}", file.display()))?;
            print(&description(&plugin, wasm.len()));
        }
    }
    Ok(Exit::Done)
}

fn description(plugin: &Plugin, size: usize) -> String {
    let limits = Limits::of(plugin.kind());
    let capabilities: Vec<String> = plugin.capabilities().iter().map(ToString::to_string).collect();
    let mut text = format!(
        "name: {}\nkind: {}\ndigest: {}\nsize: {size} bytes\n",
        plugin.name().name,
        plugin.kind(),
        plugin.digest(),
    );
    if plugin.kind() == Kind::Transformer {
        text.push_str(&format!("functions name it: windlass.dev/component: NAME@{}\n", plugin.digest()));
    }
    text.push_str("asks for: ");
    text.push_str(if capabilities.is_empty() { "nothing" } else { "" });
    text.push_str(&format!("{}\nimports:\n", capabilities.join(", ")));
    text.extend(plugin.imports().iter().map(|import| format!("  {import}\n")));
    if let Some(manifest) = plugin.manifest() {
        if !manifest.handles.is_empty() {
            text.push_str("handles:\n");
        }
        text.extend(manifest.handles.iter().map(|handled| format!("  {}/{}\n", handled.group, handled.kind)));
        if !manifest.discovery.is_empty() {
            text.push_str(&format!("recognises: {}\n", manifest.discovery.join(", ")));
        }
    }
    text.push_str(&format!("limits: {limits:#?}\n"));
    text
}
