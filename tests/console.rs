//! `aksel console`: what is typed and what comes back.

use crate::calling::Scene;

fn scene() -> Scene {
    let scene = Scene::of(&[(
        "main.tf",
        "variable \"s\" {\n  default   = \"x\"\n  sensitive = true\n}\n\nvariable \"open\" {}\n\nlocals {\n  m = { a = \"x\", \"b c\" = null }\n}\n\nresource \"terraform_data\" \"a\" {\n  count = 2\n  input = \"v${count.index}\"\n}\n",
    )]);
    scene.run("apply -auto-approve -var open=1");
    scene
}

#[test]
fn values_are_those_of_the_state() {
    let scene = scene();
    let answers = ["terraform_data.a[*].input", "local.m", "[var.s, var.open]", "type(local.m)", "toset([])"];
    let answers = answers.map(|typed| scene.fed("console", &format!("{typed}\n"))).join("\n");
    insta::assert_snapshot!(answers, @r#"
    [
      "v0",
      "v1",
    ]
    exit 0
    {
      "a" = "x"
      "b c" = null
    }
    exit 0
    [
      (sensitive value),
      (known after apply),
    ]
    exit 0
    object({
        a: string,
        b c: dynamic,
    })
    exit 0
    toset([])
    exit 0
    "#);
}

#[test]
fn the_last_line_counts_and_the_first_error_ends_it() {
    let scene = scene();
    assert_eq!(scene.fed("console -var open=2", "1\nvar.open\n"), "\"2\"\nexit 0");
    assert_eq!(scene.fed("console", "1\nexit\n2\n"), "exit 0");
    insta::assert_snapshot!(scene.fed("console", "local.n\n2\n"), @r#"
    error[AK0101]: Reference to undeclared local value
       ╭─[<console-input>:1:1]
     1 │ local.n
       · ───────
       ╰────
      A local value with the name "n" has not been declared. Did you mean "m"?
    exit 1
    "#);
}

#[test]
fn a_plan_says_what_would_be() {
    let scene = Scene::of(&[("main.tf", "resource \"terraform_data\" \"a\" {\n  input = 1\n}\n")]);
    insta::assert_snapshot!(scene.fed("console -plan", "terraform_data.a\n"), @r#"
    {
      "id" = (known after apply)
      "input" = 1
      "output" = (known after apply)
      "triggers_replace" = null
    }
    exit 0
    "#);
}
