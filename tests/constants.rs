//! Constants: sources of modules that are made of variables with `const = true`.

use insta::assert_snapshot;

use crate::calling::Scene;

/// A module that is chosen by a constant, and hands one on to a module of its own.
fn scene() -> Scene {
    Scene::of(&[
        (
            "main.tf",
            r#"
variable "size" {
  const = true
}
variable "plain" {
  default = "small"
}
locals {
  folder = "./sizes/${var.size}"
}
module "chosen" {
  source = local.folder
  leaf   = "leaf-of-${var.size}"
}
output "it" {
  value = module.chosen.it
}
"#,
        ),
        ("sizes/small/main.tf", "variable \"leaf\" {}\noutput \"it\" {\n  value = \"small\"\n}\n"),
        (
            "sizes/large/main.tf",
            r#"
variable "leaf" {
  const = true
}
module "leaf" {
  source = "./${var.leaf}"
}
output "it" {
  value = "large ${module.leaf.it}"
}
"#,
        ),
        ("sizes/large/leaf-of-large/main.tf", "output \"it\" {\n  value = \"leaf\"\n}\n"),
    ])
}

#[test]
fn a_constant_chooses_a_module_for_every_command() {
    let scene = scene();
    assert!(scene.run("init -no-color -var size=large").ends_with("exit 0"));
    assert!(scene.run("validate -no-color -var size=large").ends_with("exit 0"));
    assert!(scene.run("plan -no-color -var size=large -out=plan").ends_with("exit 0"));
    // The plan keeps the value.
    assert!(scene.run("apply -no-color plan").ends_with("exit 0"));
    assert_eq!(scene.run("output -raw it"), "large leafexit 0");
    assert!(scene.within(&[("TF_VAR_size", "small")], "get").ends_with("exit 0"));
    scene.write("terraform.tfvars", "size = \"small\"\n");
    assert!(scene.run("apply -no-color -auto-approve").ends_with("exit 0"));
    assert_eq!(scene.run("output -raw it"), "smallexit 0");
}

#[test]
fn another_value_wants_another_installation() {
    let scene = scene();
    assert!(scene.run("init -no-color -var size=large").ends_with("exit 0"));
    assert_snapshot!(scene.run("plan -no-color -var size=small"), @r#"
    error[AK0117]: Module source has changed
        ╭─[main.tf:12:12]
     11 │ module "chosen" {
     12 │   source = local.folder
        ·            ────────────
     13 │   leaf   = "leaf-of-${var.size}"
        ╰────
      The source address was changed since this module was installed. Run "aksel init" to install all
      modules required by this configuration.
    exit 1
    "#);
}

#[test]
fn a_constant_has_a_value_when_modules_are_installed() {
    assert_snapshot!(scene().within(&[("TF_INPUT", "0")], "get -no-color"), @r#"
    error[AK0116]: No value for required variable
       ╭─[main.tf:2:1]
     1 │
     2 │ variable "size" {
       · ───────────────
     3 │   const = true
       ╰────
      The root module input variable "size" is not set, and has no default value. Use a -var or
      -var-file command line argument to provide a value for this variable.
    exit 1
    "#);
}

#[test]
fn what_is_no_constant_chooses_no_module() {
    let scene = scene();
    scene.write("override.tf", "locals {\n  folder = \"./sizes/${var.plain}\"\n}\n");
    assert_snapshot!(scene.run("get -no-color -var size=small"), @r#"
    error[AK0103]: Variables not allowed
       ╭─[override.tf:2:23]
     1 │ locals {
     2 │   folder = "./sizes/${var.plain}"
       ·                       ─────────
     3 │ }
       ╰────
      main.tf:5:1 the variable
      main.tf:12:12 needed here before modules are installed
      Modules are installed before anything is evaluated, and var.plain is not a constant.
      help: Add `const = true` to the variable "plain", and give it its value with -var, a .tfvars file
      or TF_VAR_plain already when modules are installed.
    exit 1
    "#);
}

#[test]
fn a_secret_chooses_no_module() {
    let scene = scene();
    scene.write("override.tf", "variable \"size\" {\n  const     = true\n  sensitive = true\n}\n");
    assert_snapshot!(scene.run("get -no-color -var size=small"), @r#"
    error[AK0117]: Invalid module source
        ╭─[main.tf:12:12]
     11 │ module "chosen" {
     12 │   source = local.folder
        ·            ────────────
     13 │   leaf   = "leaf-of-${var.size}"
        ╰────
      The source of a module is written into the list of installed modules, and so cannot be made of a
      sensitive or ephemeral value.
    exit 1
    "#);
}
