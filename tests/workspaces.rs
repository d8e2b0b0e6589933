//! Workspaces: several states of one configuration.

use crate::calling::Scene;

fn scene() -> Scene {
    Scene::of(&[("main.tf", "output \"w\" {\n  value = terraform.workspace\n}\n")])
}

#[test]
fn each_workspace_has_a_state_of_its_own() {
    let scene = scene();
    scene.run("workspace new dev");
    scene.run("apply -auto-approve");
    assert_eq!(scene.run("output -raw w"), "devexit 0");
    assert_eq!(scene.run("workspace select default"), "Switched to workspace \"default\".\nexit 0");
    assert!(scene.run("output -raw w").ends_with("exit 1"));
    assert_eq!(scene.within(&[("TF_WORKSPACE", "dev")], "output -raw w"), "devexit 0");
    assert_eq!(scene.run("workspace list"), "* default\n  dev\n\nexit 0");
}

#[test]
fn what_cannot_be_done_says_why() {
    let scene = Scene::of(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    scene.run("workspace new dev");
    scene.run("apply -auto-approve");
    let lines = [
        "workspace new dev",
        "workspace new a/b",
        "workspace select none",
        "workspace delete dev",
        "workspace select default",
        "workspace delete dev",
        "workspace delete -force dev",
        "workspace select -or-create b",
    ];
    insta::assert_snapshot!(lines.map(|line| scene.run(line)).join("\n"), @r#"
    error[AK0901]: Workspace "dev" already exists
      help: aksel workspace select dev
    exit 1
    error[AK0901]: The workspace name "a/b" is not allowed
      The name must contain only URL safe characters, and no path separators.
      help: Letters, digits, hyphens and underscores always work.
    exit 1
    error[AK0901]: Workspace "none" doesn't exist
      `aksel workspace list` shows the workspaces that there are.
      help: Create it with the "new" subcommand, or include the "-or-create" flag with the "select"
      subcommand.
    exit 1
    error[AK0901]: Workspace "dev" is your active workspace
      You cannot delete the currently active workspace.
      help: Switch to another workspace and try again: aksel workspace select default
    exit 1
    Switched to workspace "default".
    exit 0
    error[AK0301]: Workspace is not empty
      Workspace "dev" is currently tracking the following resource instances:
        - terraform_data.a

      Deleting this workspace would cause aksel to lose track of them: they would have to be deleted by
      hand.
      help: Destroy them with `aksel destroy` in that workspace first, or forget them with -force.
    exit 1
    Deleted workspace "dev"!
    WARNING: "dev" was non-empty.
    The resources managed by the deleted workspace may still exist,
    but are no longer manageable by aksel since the state has
    been deleted.
    exit 0
    Created and switched to workspace "b"!

    You're now on a new, empty workspace. Workspaces isolate their state,
    so if you run "aksel plan" aksel will not see any existing state
    for this configuration.
    exit 0
    "#);
}
