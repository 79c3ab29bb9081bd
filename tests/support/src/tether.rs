//! Programs that never outlive the process that started them, in whatever way that ends.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Runs its arguments as a program and ends it as soon as its own standard input does; `$0` is removed then.
const SCRIPT: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ cat <&3; kill "$program"; } >/dev/null 2>&1 &
exec 3<&- </dev/null
wait "$program"; status=$?
[ "$0" = sh ] || rm -rf -- "$0"
exit "$status"
"#;

/// A command whose program ends when the `Child` is dropped or this process ends: a shell holds the other end
/// of its standard input. The folder `leaves` is removed after it.
pub fn tethered(program: &Path, leaves: Option<&Path>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]).arg(leaves.unwrap_or(Path::new("sh"))).arg(program).stdin(Stdio::piped());
    command
}
