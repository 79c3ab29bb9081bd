//! Runs the server alone until it is interrupted: `serve [--listen ADDRESS] [--data DIR] [--faults SPEC]
//! [--write-kubeconfig FILE]`.

use std::error::Error;
use std::path::PathBuf;

use windlass_sandbox::{Options, Sandbox};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example tells what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut options, mut file) = (Options::default(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--listen" => options.listen = value.parse()?,
            "--data" => options.data = Some(PathBuf::from(value)),
            "--faults" => options.faults = Some(value.parse()?),
            "--write-kubeconfig" => file = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    let sandbox = Sandbox::start(options).await?;
    if let Some(file) = file {
        std::fs::write(&file, sandbox.kubeconfig())?;
        println!("export KUBECONFIG={}", file.display());
    }
    println!("{}", sandbox.url());
    tokio::signal::ctrl_c().await?;
    sandbox.shutdown().await;
    Ok(())
}
