//! Refactoring through the binary: objects get other types, and blocks are generated for objects that exist.

use insta::assert_snapshot;

use crate::calling::Scene;

#[test]
fn a_null_resource_becomes_terraform_data() {
    let scene =
        Scene::of(&[("main.tf", "resource \"null_resource\" \"a\" {\n  triggers = { k = \"v\" }\n}\n")]);
    assert!(scene.run("apply -auto-approve").ends_with("exit 0"));
    scene.write(
        "main.tf",
        "resource \"terraform_data\" \"b\" {\n  triggers_replace = tomap({ k = \"v\" })\n}\n\nmoved {\n  from = null_resource.a\n  to   = terraform_data.b\n}\n",
    );
    let applied = scene.run("apply -auto-approve");
    assert!(applied.contains("null_resource.a has moved to terraform_data.b"), "{applied}");
    assert!(applied.contains("0 added, 0 changed, 0 destroyed"), "{applied}");
    assert_eq!(scene.run("state list"), "terraform_data.b\nexit 0");
}

#[test]
fn types_that_have_nothing_in_common_do_not_move() {
    let scene = Scene::of(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    assert!(scene.run("apply -auto-approve").ends_with("exit 0"));
    scene.write(
        "main.tf",
        "resource \"random_pet\" \"b\" {}\n\nmoved {\n  from = terraform_data.a\n  to   = random_pet.b\n}\n",
    );
    assert_snapshot!(scene.run("plan"), @r#"
    error[AK0203]: Unsupported `moved` across resource types
       ╭─[main.tf:1:1]
     1 │ resource "random_pet" "b" {}
       · ─────────────────────────
     2 │
       ╰────
      with random_pet.b
      The provider of "random_pet" cannot take over objects of the type "terraform_data", and so
      terraform_data.a cannot move to random_pet.b.
      help: Use a `removed` block for the old address and an `import` block for the new one.


    Nothing was changed.
    exit 1
    "#);
}

#[test]
fn what_is_imported_and_not_declared_gets_a_block() {
    let scene = Scene::of(&[("main.tf", "import {\n  to = random_string.a\n  id = \"abc\"\n}\n")]);
    let planned = scene.run("plan -generate-config-out=generated.tf -out=plan");
    assert!(planned.ends_with("exit 0"), "{planned}");
    let text = std::fs::read_to_string(scene.path().join("generated.tf")).expect("it was written");
    assert!(text.contains("resource \"random_string\" \"a\" {\n"), "{text}");
    assert!(text.contains("  length           = 3\n"), "{text}");
    assert!(!text.contains("number "), "what is deprecated is left out: {text}");
    assert!(scene.run("apply plan").contains("1 imported, 0 added"));
    assert!(scene.run("plan").contains("No changes"));
    assert!(scene.run("fmt -check").ends_with("exit 0"));
    let again = scene.run("plan -generate-config-out=generated.tf");
    assert!(again.contains("Target generated file already exists"), "{again}");
}

#[test]
fn warnings_are_listed() {
    let scene = Scene::of(&[(
        "main.tf",
        "resource \"terraform_data\" \"a\" {\n  lifecycle {\n    ignore_changes = [id]\n  }\n}\n",
    )]);
    let planned = scene.run("plan -compact-warnings");
    assert!(
        planned.starts_with("warning[AK0115]: Redundant ignore_changes element at main.tf:1:10\n\n"),
        "{planned}"
    );
}

#[test]
fn circles_are_drawn_where_that_is_asked_for() {
    let scene = Scene::of(&[("main.tf", "locals {\n  a = local.b\n  b = local.a\n}\n")]);
    assert!(scene.run("graph -type=plan").ends_with("exit 1"));
    let drawn = scene.run("graph -type=plan -draw-cycles");
    assert!(drawn.contains("[color = \"red\", penwidth = \"2.0\"]"), "{drawn}");
    assert!(drawn.ends_with("exit 0"), "{drawn}");
}
