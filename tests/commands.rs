//! The built binary, called as people call it.
//!
//! Invariant: a test works in a folder of its own and sees nothing of the caller's environment.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]

mod folder;

use std::path::Path;
use std::process::{Command, Output};

use folder::folder as scene;

/// Calls aksel in a folder.
fn aksel(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aksel"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .output()
        .unwrap()
}

/// Exit code and both streams, as a reader of a terminal sees them.
fn screen(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}exit {}", text(&output.stderr), text(&output.stdout), output.status.code().unwrap_or(-1))
}

#[test]
fn all_mistakes_of_a_configuration_are_shown_in_one_run() {
    let broken = scene(&[
        ("main.tf", "locals {\n  a = 1 +\n}\n\nvariable \"x\" {\n  type = strin\n}\n"),
        ("other.tf", "output \"o\" {\n  valu = 1\n}\n"),
    ]);
    insta::assert_snapshot!(screen(&aksel(broken.path(), &["validate"])), @r#"
    error[AK0001]: Invalid expression
       ╭─[main.tf:2:10]
     1 │ locals {
     2 │   a = 1 +
       ·          ─
     3 │ }
     4 │
       ╰────
      An expression must stand here, and this begins none.

    error[AK0109]: Invalid type specification
       ╭─[main.tf:6:10]
     5 │ variable "x" {
     6 │   type = strin
       ·          ─────
     7 │ }
       ╰────
      The keyword "strin" is not a valid type specification.
      help: Did you mean "string"?

    error[AK0107]: Unsupported argument
       ╭─[other.tf:2:3]
     1 │ output "o" {
     2 │   valu = 1
       ·   ──┬─
       ·     ╰── not expected here
     3 │ }
       ╰────
      An argument named "valu" is not expected here.
      help: Did you mean "value"?

    error[AK0108]: Missing required argument
       ╭─[other.tf:1:1]
     1 │ output "o" {
       · ──────────
     2 │   valu = 1
       ╰────
      The argument "value" is required, but no definition was found.
    exit 1
    "#);
}

#[test]
fn a_valid_configuration_says_so() {
    let valid =
        scene(&[("main.tf", "variable \"x\" {\n  default = 1\n}\n\noutput \"o\" {\n  value = var.x\n}\n")]);
    let output = aksel(valid.path(), &["validate"]);
    assert_eq!(screen(&output), "Success! The configuration is valid.\nexit 0");
}

#[test]
fn a_folder_without_configuration_destroys_nothing() {
    let folder = scene(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    assert!(aksel(folder.path(), &["apply", "-auto-approve"]).status.success());
    std::fs::remove_file(folder.path().join("main.tf")).unwrap();
    for arguments in [["plan", "-no-color"], ["apply", "-auto-approve"]] {
        let told = screen(&aksel(folder.path(), &arguments));
        assert!(told.contains("No configuration files") && told.ends_with("exit 1"), "{told}");
    }
    let told = screen(&aksel(folder.path(), &["destroy", "-auto-approve"]));
    assert!(told.contains("1 destroyed"), "{told}");
}

/// A module that is right for some values of its variables, called with others.
const FOR_OTHERS: &str = r#"
variable "subnet" {
  type    = object({ id = string })
  default = null
}
variable "zones" {
  type = list(string)
}
data "terraform_remote_state" "none" {
  count   = var.subnet == null ? 0 : 1
  backend = "local"
  config  = { path = split("/", var.subnet.id)[10] }
}
resource "terraform_data" "zone" {
  count = length(var.zones)
  input = var.zones[2]
}
"#;

#[test]
fn a_module_is_valid_whatever_its_variables_are() {
    let call = "module \"m\" {\n  source = \"./m\"\n  zones  = []\n}\n";
    let folder = scene(&[("main.tf", call), ("m/main.tf", FOR_OTHERS)]);
    assert!(aksel(folder.path(), &["init"]).status.success());
    let told = screen(&aksel(folder.path(), &["validate"]));
    assert_eq!(told, "Success! The configuration is valid.\nexit 0");
    // Another mistake does not make these ones.
    std::fs::write(folder.path().join("more.tf"), "output \"o\" {\n  value = var.missing\n}\n").unwrap();
    let told = screen(&aksel(folder.path(), &["plan"]));
    assert_eq!(told.matches("error[").count(), 1, "{told}");
}

#[test]
fn outputs_and_addresses_are_read_from_state() {
    let state = include_str!("state_of_two.json");
    let place = scene(&[("terraform.tfstate", state)]);
    let shown = |arguments: &[&str]| screen(&aksel(place.path(), arguments));
    assert_eq!(shown(&["state", "list"]), "terraform_data.a\nterraform_data.b[\"x\"]\nexit 0");
    assert_eq!(shown(&["output"]), "port = 8080\nsecret = <sensitive>\nexit 0");
    assert_eq!(shown(&["output", "-raw", "secret"]), "hunter2exit 0");
    assert_eq!(shown(&["output", "-json", "port"]), "8080\nexit 0");
}

#[test]
fn the_state_as_people_read_it_hides_what_is_sensitive() {
    let place = scene(&[("terraform.tfstate", include_str!("state_of_two.json"))]);
    let text = screen(&aksel(place.path(), &["show"]));
    assert!(!text.contains("hunter2"), "{text}");
    insta::assert_snapshot!(text, @r#"
    # terraform_data.a:
    resource "terraform_data" "a" {
        id    = "0001"
        input = (sensitive value)
    }

    # terraform_data.b["x"]:
    resource "terraform_data" "b" {
        id = "0002"
    }


    Outputs:

    port = 8080
    secret = (sensitive value)
    exit 0
    "#);
}
