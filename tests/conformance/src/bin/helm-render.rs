//! `helm-render DIR [options]`: what `windlass render` would print for a chart directory.

use std::path::PathBuf;
use std::process::ExitCode;

use windlass_helm::{Chart, Host, RenderOptions, ValuesFile, render};
use windlass_keys::Seed;
use windlass_sprig::Environment;

use windlass_tests_conformance::directory::Directory;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is what the program is for")]
            {
                eprintln!("Error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut directory = None;
    let mut options = RenderOptions::default();
    while let Some(argument) = arguments.next() {
        if !argument.starts_with('-') {
            directory = Some(argument);
            continue;
        }
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--release-name" => options.release_name = value()?,
            "--namespace" | "-n" => options.namespace = value()?,
            "--kube-version" => options.kube_version = Some(value()?),
            "--api-versions" | "-a" => options.api_versions.extend(value()?.split(',').map(str::to_owned)),
            "--include-crds" => options.include_crds = true,
            "--is-upgrade" => options.is_upgrade = true,
            "--skip-tests" => options.skip_tests = true,
            "--no-hooks" => options.skip_hooks = true,
            "--skip-schema-validation" => options.skip_schema_validation = true,
            "--show-only" | "-s" => options.show_only.push(value()?),
            "--values" | "-f" => options.values.files.push(values_file(value()?)?),
            "--set" => options.values.set.push(value()?),
            "--set-string" => options.values.set_string.push(value()?),
            "--set-json" => options.values.set_json.push(value()?),
            "--set-file" => options.values.set_file.push(value()?),
            "--set-literal" => options.values.set_literal.push(value()?),
            other => return Err(format!("unknown flag: {other}")),
        }
    }
    print(&directory.ok_or("no chart named")?, &options)
}

fn values_file(name: String) -> Result<ValuesFile, String> {
    let data = std::fs::read(&name).map_err(|error| format!("open {name}: {error}"))?;
    Ok(ValuesFile { name, data })
}

fn print(directory: &str, options: &RenderOptions) -> Result<(), String> {
    let chart = if directory.ends_with(".tgz") {
        let archive = std::fs::read(directory).map_err(|error| format!("open {directory}: {error}"))?;
        Chart::from_archive(&archive)
    } else {
        Chart::from_directory(&Directory(directory.into()), "")
    };
    let chart = chart.map_err(|error| error.to_string())?;
    let files = Directory(PathBuf::from("."));
    let mut warnings = Vec::new();
    let host = Host {
        files: &files,
        environment: Environment::seeded(Seed::new(b"helm-render")),
        lookup: None,
        warnings: &mut warnings,
    };
    let rendered = render(chart, options, host);
    for warning in &warnings {
        #[expect(clippy::print_stderr, reason = "warnings are for whoever runs it")]
        {
            eprintln!("level=WARN msg={warning:?}");
        }
    }
    use std::io::Write;
    let rendered = rendered.map_err(|error| error.to_string())?;
    std::io::stdout().write_all(rendered.to_string().as_bytes()).map_err(|error| error.to_string())
}
