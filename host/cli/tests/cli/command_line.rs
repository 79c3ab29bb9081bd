//! What the command line itself answers, before anything runs.

use std::process::Command;

/// Exit status, standard output, standard error.
fn windlass(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_windlass")).env_clear().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn each_shell_gets_a_completion_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let (status, out, err) = windlass(&["completion", shell]);
        assert_eq!((status, err.as_str()), (0, ""));
        for command in ["up", "render", "diff", "inspect"] {
            assert!(out.contains(command), "{shell} does not complete {command}");
        }
    }
}

#[test]
fn a_command_that_does_not_exist_ends_with_2() {
    for arguments in [&["frobnicate"][..], &["plugin"], &["completion", "tcsh"], &[]] {
        let (status, out, err) = windlass(arguments);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains("--help"), "{arguments:?}: {err}");
    }
}

#[test]
fn help_is_data_and_names_every_command() {
    let (status, out, _) = windlass(&["--help"]);
    assert_eq!(status, 0);
    for command in ["up", "render", "diff", "app", "controller", "sandbox", "plugin", "completion"] {
        assert!(out.contains(&format!("\n  {command} ")), "{command} is missing: {out}");
    }
}
