//! The state, changed by hand: what is said, what is kept, what is refused.

use crate::calling::Scene;

const STATE: &str = include_str!("state_of_two.json");

fn scene() -> Scene {
    Scene::of(&[("terraform.tfstate", STATE)])
}

fn backups(scene: &Scene) -> usize {
    let names = std::fs::read_dir(scene.path()).expect("the folder can be read").flatten();
    names.filter(|entry| entry.file_name().to_string_lossy().ends_with(".backup")).count()
}

#[test]
fn objects_move_and_are_forgotten_and_what_was_there_is_kept() {
    let scene = scene();
    let lines = [
        "state mv terraform_data.a module.m[0].terraform_data.c",
        "state rm -dry-run module.m",
        "state rm terraform_data.b",
        "state list",
    ];
    insta::assert_snapshot!(lines.map(|line| scene.run(line)).join("\n"), @r#"
    Move "terraform_data.a" to "module.m[0].terraform_data.c"
    Successfully moved 1 object(s).
    exit 0
    Would remove module.m[0].terraform_data.c
    exit 0
    Removed terraform_data.b["x"]
    Successfully removed 1 resource instance(s).
    exit 0
    module.m[0].terraform_data.c
    exit 0
    "#);
    assert!(backups(&scene) >= 1);
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let scene = scene();
    let lines = [
        "state mv terraform_data.a terraform_data.b[\"x\"]",
        "state rm terraform_data.a terraform_data.none",
        "state mv terraform_data.a",
        "state show terraform_data.none",
        "taint terraform_data.none",
        "state replace-provider -auto-approve a/b/c/d x",
    ];
    insta::assert_snapshot!(lines.map(|line| scene.run(line)).join("\n"), @r#"
    error[AK0301]: Invalid target address
      Cannot move to terraform_data.b["x"]: there is already a resource instance at that address in the
      current state.
      help: `aksel state list` shows what there is.
    exit 1
    error[AK0301]: Invalid target address
      No matching objects found for terraform_data.none.
      help: `aksel state list` shows the instances that there are. Nothing was removed.
    exit 1
    Exactly two arguments expected.
    Usage: aksel [global options] state mv [options] [SOURCE DESTINATION]

      Moves an instance, a resource or a module to another address. Nothing remote
      is changed.

    Options:

      -lock=BOOL              Locks the state meanwhile.
      -lock-timeout=TIME      How long to wait for the lock of the state: `30s`,
                              `5m`.
      -state=PATH             The state file.
      -state-out=PATH         Where the new state is written.
      -backup=PATH            Where the old state is kept; `-` for nowhere.
      -dry-run                Says what would be done, and does nothing.
      -backup-out=PATH        Where the other state is kept as it was (`state mv`).
    exit 1
    error[AK0301]: No instance found for the given address!
      There is no instance terraform_data.none in the state.
      help: `aksel state list` shows the addresses that there are. An instance of a resource with
      `count` or `for_each` needs its key.
    exit 1
    error[AK0301]: No such resource instance
      There is no resource instance in the state with the address terraform_data.none.
      help: `aksel state list` shows what there is. If the resource has just been added, `aksel apply`
      creates its instances first.
    exit 1
    error[AK0901]: Invalid "from" provider "a/b/c/d"
      a provider's source address has the form [hostname/][namespace/]name.
    exit 1
    "#);
    let kept = std::fs::read_to_string(scene.path().join("terraform.tfstate")).expect("the state is there");
    assert_eq!(kept, STATE);
    assert_eq!(backups(&scene), 0);
}

#[test]
fn a_tainted_object_is_replaced_and_an_untainted_one_is_not() {
    let scene = Scene::of(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    scene.run("apply -auto-approve");
    assert_eq!(
        scene.run("taint terraform_data.a"),
        "Resource instance terraform_data.a has been marked as tainted.\nexit 0"
    );
    assert!(scene.run("plan -detailed-exitcode").ends_with("exit 2"));
    scene.run("untaint terraform_data.a");
    assert!(scene.run("plan -detailed-exitcode").ends_with("exit 0"));
}

#[test]
fn a_pushed_state_must_follow_on_the_one_that_is_there() {
    let scene = scene();
    let older = STATE.replace("\"serial\": 3", "\"serial\": 2");
    scene.write("older.json", &older);
    insta::assert_snapshot!(scene.run("state push older.json"), @r"
    error[AK0301]: Failed to write state
      cannot import state with serial 2 over newer state with serial 3.
      help: compare the two: `aksel state pull`; to replace the state all the same: `aksel state push
      -force`
    exit 1
    ");
    let other = STATE.replace("\"lineage\": \"5e2f", "\"lineage\": \"ffff");
    scene.write("other.json", &other);
    insta::assert_snapshot!(scene.run("state push other.json"), @r#"
    error[AK0301]: Failed to write state
      cannot import state with lineage "ffff3a0c-9b1d-4c57-8f6e-1a2b3c4d5e6f" over unrelated state with
      lineage "5e2f3a0c-9b1d-4c57-8f6e-1a2b3c4d5e6f".
      help: compare the two: `aksel state pull`; to replace the state all the same: `aksel state push
      -force`
    exit 1
    "#);
    assert!(scene.run("state pull").contains("\"lineage\": \"5e2f"));
    assert_eq!(scene.run("state push -force older.json"), "exit 0");
}

#[test]
fn an_object_is_imported_only_where_one_is_declared_and_none_is_known() {
    let scene = Scene::of(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    insta::assert_snapshot!(scene.run("import terraform_data.z my-id"), @r#"
    error[AK0203]: Resource address "terraform_data.z" does not exist in the configuration
      Before importing this resource, please create its configuration in the root module. For example:

      resource "terraform_data" "z" {
        # (resource arguments)
      }
    exit 1
    "#);
    insta::assert_snapshot!(scene.run("import terraform_data.a my-id"), @r#"
    terraform_data.a: Importing from ID "my-id"...
    terraform_data.a: Import prepared!
      Prepared terraform_data for import

    Import successful!

    The object is in state now. To see where it differs from the configuration: aksel plan
    exit 0
    "#);
    insta::assert_snapshot!(scene.run("import terraform_data.a my-id"), @r"
    error[AK0301]: Resource already managed
      A remote object is already managed as terraform_data.a. To import to this address you must first
      remove the existing object from the state.
      help: aksel state rm 'terraform_data.a'
    exit 1
    ");
    assert_eq!(scene.run("state list"), "terraform_data.a\nexit 0");
}
