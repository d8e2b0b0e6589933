//! The command line: what is understood, what is refused and in which words.

mod calling;
mod configurations;
mod console;
mod constants;
mod folder;
mod importing;
mod keeping;
mod notices;
mod provider_instances;
mod refactoring;
mod reviewing;
mod state_surgery;
mod workspaces;

use calling::Scene;

fn scene() -> Scene {
    Scene::of(&[(
        "main.tf",
        "variable \"x\" {\n  default = \"d\"\n}\n\noutput \"o\" {\n  value = var.x\n}\n",
    )])
}

#[test]
fn what_is_not_understood_is_named() {
    let scene = scene();
    let lines = [
        "plan -nope",
        "plan extra",
        "plan -target",
        "plan -parallelism=x",
        "plan -json=maybe",
        "frobnicate",
        "plann",
        "-chdir=nowhere plan",
        "-chdir plan",
    ];
    insta::assert_snapshot!(lines.map(|line| scene.run(line)).join("\n"), @r#"
    error[AK0901]: Failed to parse command-line flags
      flag provided but not defined: -nope
      help: For more help on using this command, run:
        aksel plan -help
    exit 1
    error[AK0901]: Too many command line arguments
      To specify a working directory for the plan, use the global -chdir flag.
      help: For more help on using this command, run:
        aksel plan -help
    exit 1
    error[AK0901]: Failed to parse command-line flags
      flag needs an argument: -target
      help: For more help on using this command, run:
        aksel plan -help
    exit 1
    error[AK0901]: Failed to parse command-line flags
      invalid value "x" for flag -parallelism: parse error
      help: For more help on using this command, run:
        aksel plan -help
    exit 1
    error[AK0901]: Failed to parse command-line flags
      invalid boolean value "maybe" for -json: parse error
      help: For more help on using this command, run:
        aksel plan -help
    exit 1
    error[AK0901]: aksel has no command named "frobnicate".
      help: To see all of aksel's top-level commands, run:
        aksel -help
    exit 1
    error[AK0901]: aksel has no command named "plann".
      Did you mean "plan"?
      help: To see all of aksel's top-level commands, run:
        aksel -help
    exit 1
    error[AK0901]: Error handling -chdir option
      The folder nowhere cannot be entered: No such file or directory (os error 2).
    exit 1
    error[AK0901]: Invalid -chdir option
      It must include an equals sign followed by a directory path, like -chdir=example.
    exit 1
    "#);
}

#[test]
fn what_a_command_wants_is_said() {
    let scene = scene();
    let lines = ["output a b", "output -raw -json o", "taint", "graph -type=x", "test", "providers lock"];
    insta::assert_snapshot!(lines.map(|line| scene.run(line)).join("\n"), @r#"
    error[AK0901]: Unexpected argument
      The output command expects exactly one argument with the name of an output variable or no
      arguments to show all outputs.
      help: For more help on using this command, run:
        aksel output -help
    exit 1
    error[AK0901]: Invalid output format
      The -raw and -json options are mutually-exclusive.
      help: For more help on using this command, run:
        aksel output -help
    exit 1
    The taint command expects exactly one argument.
    Usage: aksel [global options] taint [options] [ADDRESS]

      Marks an object as not fully functional, so that the next apply replaces it.

    Options:

      -lock=BOOL              Locks the state meanwhile.
      -lock-timeout=TIME      How long to wait for the lock of the state: `30s`,
                              `5m`.
      -state=PATH             The state file.
      -state-out=PATH         Where the new state is written.
      -backup=PATH            Where the old state is kept; `-` for nowhere.
      -allow-missing          It is no error if there is no such object.
    exit 1
    error[AK0901]: Unsupported graph type
      There is no graph of type "x".
      help: The -type=... argument must be either "plan", "plan-refresh-only", "plan-destroy", or
      "apply".
    exit 1
    error[AK0901]: aksel has no `test`
      Files that end in .tftest.hcl are not run.
      help: Write `check` blocks and conditions, and run the configuration against the sandbox: aksel
      apply -sandbox.
    exit 1
    error[AK0901]: aksel has no `providers lock`
      All providers are in the binary itself, so there are no versions to lock.
      help: `aksel providers` lists what is required. A .terraform.lock.hcl for Terraform is left as it
      is.
    exit 1
    "#);
}

#[test]
fn switches_take_truth_values_and_a_later_option_wins() {
    let scene = scene();
    assert!(
        scene
            .run("plan -json=false -detailed-exitcode=T -refresh=0 -parallelism=2 --parallelism 3")
            .ends_with("exit 2")
    );
}

#[test]
fn the_environment_adds_options_split_as_a_shell_does() {
    let scene = scene();
    let shown = scene.within(&[("TF_CLI_ARGS_plan", "-var 'x=a b'")], "plan -no-color");
    assert!(shown.contains("+ o = \"a b\""), "{shown}");
    let both = [("TF_CLI_ARGS_plan", "-var x=own"), ("TF_CLI_ARGS", "-var x=all")];
    assert!(scene.within(&both, "plan").contains("+ o = \"all\""));
    assert!(scene.within(&both, "plan -var x=typed").contains("+ o = \"typed\""));
    insta::assert_snapshot!(scene.within(&[("TF_CLI_ARGS", "-var 'x")], "plan"), @r"
    error[AK0901]: Error parsing extra CLI args from TF_CLI_ARGS
      invalid command line string: a quote or a backslash does not end.
    exit 1
    ");
}

#[test]
fn help_is_there_for_each_command() {
    let scene = scene();
    insta::assert_snapshot!(scene.run("state mv -help"), @r"
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
    exit 0
    ");
    let none = scene.run("");
    assert!(none.starts_with("Usage: aksel [global options] <subcommand>"), "{none}");
    assert!(none.ends_with("exit 127"), "{none}");
    assert!(scene.run("state").ends_with("exit 1"));
}

#[test]
fn a_missing_value_is_asked_for_unless_that_is_refused() {
    let scene = Scene::of(&[(
        "main.tf",
        "variable \"n\" {\n  type        = number\n  description = \"How many.\"\n}\n\noutput \"o\" {\n  value = var.n\n}\n",
    )]);
    let asked = scene.fed("plan", "5\n");
    assert!(asked.contains("var.n\n  How many.\n\n  Enter a value: "), "{asked}");
    assert!(asked.contains("+ o = 5"), "{asked}");
    assert!(!scene.fed("plan -input=false", "5\n").contains("Enter a value"));
    assert!(scene.run("plan").contains("No value for required variable"));
}

#[test]
fn codes_are_explained() {
    let scene = scene();
    assert!(scene.run("explain ak0117").starts_with("AK0117\n\n"));
    insta::assert_snapshot!(scene.run("explain AK9999"), @r#"
    error[AK0901]: There is no code "AK9999"
      A code stands in brackets behind the word error or warning, such as AK0107.
      help: `aksel explain` lists all codes.
    exit 1
    "#);
    assert!(scene.run("explain").contains("AK0001  "));
}

#[test]
fn graphs_are_drawn_for_graphviz_and_for_markdown() {
    let scene = Scene::of(&[
        (
            "main.tf",
            "resource \"terraform_data\" \"a\" {}\n\nmodule \"m\" {\n  source = \"./m\"\n  x      = terraform_data.a.id\n}\n",
        ),
        ("m/main.tf", "variable \"x\" {}\n\nresource \"terraform_data\" \"i\" {\n  input = var.x\n}\n"),
    ]);
    scene.run("init");
    insta::assert_snapshot!(scene.run("graph"), @r#"
    digraph G {
      rankdir = "RL";
      node [shape = rect, fontname = "sans-serif"];
      "terraform_data.a" [label="terraform_data.a"];
      subgraph "cluster_module.m" {
        label = "module.m"
        fontname = "sans-serif"
        "module.m.terraform_data.i" [label="terraform_data.i"];
      }
      "module.m.terraform_data.i" -> "terraform_data.a";
    }
    exit 0
    "#);
    insta::assert_snapshot!(scene.run("graph -format=mermaid"), @r#"
    flowchart RL
      n0["terraform_data.a"]
      subgraph m1["module.m"]
        n1["terraform_data.i"]
      end
      n1 --> n0
    exit 0
    "#);
    let steps = scene.run("graph -type=plan");
    for line in [
        r#"		"[root] terraform_data.a (expand)" [label = "terraform_data.a", shape = "box"]"#,
        r#"		"[root] module.m.var.x (expand)" -> "[root] terraform_data.a (expand)""#,
        r#"		"[root] root" -> "[root] module.m (close)""#,
    ] {
        assert!(steps.lines().any(|found| found == line), "{line} is not in {steps}");
    }
}

#[test]
fn a_copy_of_a_module_fills_an_empty_folder_only() {
    let scene = Scene::of(&[
        ("it/main.tf", "module \"inner\" {\n  source = \"./inner\"\n}\n"),
        ("it/inner/main.tf", "output \"o\" {\n  value = 1\n}\n"),
        ("it/.git/config", ""),
        ("it/inner/.hidden", ""),
        ("copy/keep", ""),
    ]);
    let refused = scene.run("-chdir=copy init -no-color -from-module=../it");
    assert!(refused.contains("Can't populate non-empty directory"), "{refused}");
    std::fs::remove_file(scene.path().join("copy/keep")).expect("it was written");
    let copied = scene.run("-chdir=copy init -no-color -from-module=../it");
    assert!(copied.ends_with("exit 0"), "{copied}");
    let there = |name: &str| scene.path().join("copy").join(name).exists();
    assert!(there("main.tf") && there("inner/main.tf"));
    assert!(!there(".git") && !there("inner/.hidden") && !there(".terraform/modules/.from-module"));
    let around = scene.run("-chdir=copy/inner init -no-color -from-module=..");
    assert!(around.ends_with("exit 1"), "{around}");
}
