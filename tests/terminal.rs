//! What a run looks like on a terminal: a pseudo-terminal that the tests read as a person would.
//!
//! Only ASCII is awaited here, since the reader of the pseudo-terminal knows no other; the pictures are tested with the area.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

/// Two objects, the second waiting for the first.
const CHAIN: &str = r#"
resource "time_sleep" "first" {
  create_duration = "400ms"
}

resource "time_sleep" "second" {
  create_duration = "200ms"
  depends_on      = [time_sleep.first]
}
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.tf"), CHAIN).unwrap();
    folder
}

fn on_terminal(folder: &tempfile::TempDir, arguments: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
    command.args(arguments).current_dir(folder.path()).env_clear();
    command.env("HOME", folder.path()).env("TERM", "xterm").env("NO_COLOR", "1");
    spawn_command(command, Some(60_000)).unwrap()
}

#[test]
fn an_apply_shows_what_is_in_flight_and_what_waits() {
    let folder = folder();
    let mut apply = on_terminal(&folder, &["apply"]);
    apply.exp_string("Enter a value:").unwrap();
    apply.send_line("yes").unwrap();
    apply.exp_string(" time_sleep.first   creating          0 s").unwrap();
    apply.exp_string(" 1 waiting for time_sleep.first").unwrap();
    apply.exp_string("] 0 of 2   Ctrl-C finishes what is in flight").unwrap();
    apply.exp_regex(" time_sleep.first  +[0-9.]+ s\r").unwrap();
    apply.exp_string(" time_sleep.second  creating          0 s").unwrap();
    apply.exp_string("] 1 of 2   a few seconds left   Ctrl-C").unwrap();
    apply.exp_regex(" time_sleep.second  +[0-9.]+ s\r").unwrap();
    apply.exp_string("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.").unwrap();
    apply.exp_eof().unwrap();

    let mut destroy = on_terminal(&folder, &["destroy", "-auto-approve"]);
    destroy.exp_string("Refreshing  2 objects").unwrap();
    destroy.exp_string("Destroy complete! Resources: 2 destroyed.").unwrap();
    destroy.exp_eof().unwrap();

    // How long it takes is known now.
    let mut again = on_terminal(&folder, &["apply", "-auto-approve"]);
    again.exp_string("0 of 2   a few seconds left   Ctrl-C finishes").unwrap();
    again.exp_string("Apply complete!").unwrap();
    again.exp_eof().unwrap();
}

#[test]
fn an_interrupt_at_the_question_changes_nothing() {
    let folder = folder();
    let mut apply = on_terminal(&folder, &["apply"]);
    apply.exp_string("Enter a value:").unwrap();
    apply.send_control('c').unwrap();
    apply.exp_string("Apply cancelled.").unwrap();
    apply.exp_eof().unwrap();
    assert!(!folder.path().join("terraform.tfstate").exists());
}

#[test]
fn an_interrupt_is_told_above_the_area() {
    let folder = folder();
    let mut apply = on_terminal(&folder, &["apply", "-auto-approve"]);
    apply.exp_string(" time_sleep.first   creating").unwrap();
    apply.send_control('c').unwrap();
    apply.exp_string("Interrupt received.").unwrap();
    apply.exp_string("Finishing what is in flight; Ctrl-C ends at once").unwrap();
    apply.exp_regex(" time_sleep.first  +[0-9.]+ s\r").unwrap();
    apply.exp_string("Not begun, because the run was told to end:").unwrap();
    apply.exp_string("time_sleep.second (create)").unwrap();
    apply.exp_string("To go on: aksel apply").unwrap();
    apply.exp_eof().unwrap();
}
